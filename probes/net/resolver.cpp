#include "probes/net/resolver.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <asio/ip/udp.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <cstring>
#include <mutex>
#include <optional>

#include "probes/net/worker_thread.h"

namespace outrider::probes {
namespace {

// glibc's resolver and its plug-ins keep answers of up to 64 KB on the stack.
constexpr std::size_t kStackBytes = 256 * 1024;

std::vector<asio::ip::address> look_up(const std::string& host) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_DGRAM;  // one entry an address
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* list = nullptr;
    if (getaddrinfo(host.c_str(), nullptr, &hints, &list) != 0) return {};
    std::vector<asio::ip::address> found;
    for (const auto* entry = list; entry != nullptr; entry = entry->ai_next) {
        asio::ip::udp::endpoint endpoint;
        if (entry->ai_addrlen > endpoint.capacity()) continue;
        std::memcpy(endpoint.data(), entry->ai_addr, entry->ai_addrlen);
        if (std::ranges::find(found, endpoint.address()) == found.end()) found.push_back(endpoint.address());
    }
    freeaddrinfo(list);
    return found;
}

}  // namespace

/// Shared with the thread that looks up, which may outlive the resolver and its io_context.
struct Resolver::Lookup {
    explicit Lookup(asio::io_context& io) : done(std::in_place, io, asio::steady_timer::time_point::max()) {}

    std::mutex mutex;                        // guards all below
    std::optional<asio::steady_timer> done;  // cancelled when answered; absent: nobody waits
    std::vector<asio::ip::address> found;
};

asio::awaitable<std::vector<asio::ip::address>> Resolver::resolve(const std::string& host) {
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    asio::error_code not_numeric;
    const auto numeric = asio::ip::make_address(bracketed ? host.substr(1, host.size() - 2) : host, not_numeric);
    if (!not_numeric) co_return std::vector{numeric};

    const auto lookup = std::make_shared<Lookup>(io_);
    lookup_ = lookup;
    // Also when the coroutine is destroyed instead of resumed: from then on the thread touches nothing of ours.
    struct Leave {
        std::shared_ptr<Lookup> lookup;
        explicit Leave(std::shared_ptr<Lookup> l) : lookup(std::move(l)) {}
        ~Leave() {
            const std::scoped_lock lock{lookup->mutex};
            lookup->done.reset();
        }
        Leave(const Leave&) = delete;
        Leave& operator=(const Leave&) = delete;
    } const leave{lookup};

    auto thread = WorkerThread::start("resolve", kStackBytes, [lookup, host, &io = io_] {
        auto found = look_up(host);
        const std::scoped_lock lock{lookup->mutex};
        lookup->found = std::move(found);
        if (!lookup->done) return;  // and `io` may be gone
        asio::post(io, [lookup] {
            const std::scoped_lock again{lookup->mutex};
            if (lookup->done) lookup->done->cancel();
        });
    });
    if (!thread) co_return std::vector<asio::ip::address>{};
    thread->detach();
    asio::error_code cancelled;
    co_await lookup->done->async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
    lookup_.reset();
    const std::scoped_lock lock{lookup->mutex};
    co_return std::move(lookup->found);
}

std::string address_text(const std::string& host, const std::vector<asio::ip::address>& addresses) {
    if (addresses.empty()) return host + " has no address";
    auto text = host + " is ";
    for (const auto& address : addresses) text.append(text.ends_with(' ') ? "" : ", ").append(address.to_string());
    return text;
}

void Resolver::cancel() {
    if (!lookup_) return;
    const std::scoped_lock lock{lookup_->mutex};
    if (lookup_->done) lookup_->done->cancel();
}

}  // namespace outrider::probes
