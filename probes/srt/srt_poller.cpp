#include "probes/srt/srt_poller.h"

#include <algorithm>
#include <array>
#include <asio/post.hpp>
#include <utility>

namespace outrider::probes {
namespace {

constexpr std::size_t kStackBytes = 128 * 1024;
// How soon the thread sees that it is to stop; events wake it at once.
constexpr std::int64_t kWaitMilliseconds = 200;

}  // namespace

asio::execution_context::id SrtPoller::id;

SrtPoller::SrtPoller(asio::io_context& io) : asio::execution_context::service(io), io_(io) {
    srt_startup();  // counted by libsrt: one srt_cleanup for each
    // What it says to stderr is of no use there: failures come to us as codes.
    srt_setloghandler(nullptr, [](void*, int, const char*, int, const char*, const char*) {});
    epoll_ = srt_epoll_create();
    srt_epoll_set(epoll_, SRT_EPOLL_ENABLE_EMPTY);
    thread_ = WorkerThread::start("srt", kStackBytes, [this] { wait_for_events(); });
}

SrtPoller::~SrtPoller() {
    shutdown();
    srt_epoll_release(epoll_);
    srt_cleanup();
}

void SrtPoller::shutdown() {
    stop_ = true;
    thread_.reset();
    watched_.clear();
}

bool SrtPoller::watch(SRTSOCKET socket, OnReady on_ready) {
    const int events = static_cast<int>(static_cast<unsigned>(SRT_EPOLL_IN | SRT_EPOLL_OUT | SRT_EPOLL_ERR) |
                                        static_cast<unsigned>(SRT_EPOLL_ET));
    if (!thread_ || srt_epoll_add_usock(epoll_, socket, &events) == SRT_ERROR) return false;
    watched_.insert_or_assign(socket, std::move(on_ready));
    return true;
}

void SrtPoller::unwatch(SRTSOCKET socket) {
    srt_epoll_remove_usock(epoll_, socket);
    watched_.erase(socket);
}

void SrtPoller::wait_for_events() {
    std::array<SRT_EPOLL_EVENT, 64> events{};
    while (!stop_) {
        const int count = srt_epoll_uwait(epoll_, events.data(), static_cast<int>(events.size()), kWaitMilliseconds);
        if (count <= 0) continue;
        const std::scoped_lock lock{mutex_};
        ready_.insert(ready_.end(), events.begin(), events.begin() + std::min(count, static_cast<int>(events.size())));
        if (std::exchange(told_, false)) asio::post(io_, [this] { tell(); });
    }
}

void SrtPoller::tell() {
    std::vector<SRT_EPOLL_EVENT> ready;
    {
        const std::scoped_lock lock{mutex_};
        ready.swap(ready_);
        told_ = true;
    }
    for (const auto& event : ready) {
        const auto found = watched_.find(event.fd);
        if (found == watched_.end()) continue;
        const auto on_ready = found->second;  // it may unwatch itself
        on_ready(event.events);
    }
}

}  // namespace outrider::probes
