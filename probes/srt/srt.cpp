#include "probes/srt/srt.h"

#include <array>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "outrider/url_text.h"
#include "probes/net/resolver.h"
#include "probes/net/secret_file.h"
#include "probes/net/ts_stream.h"
#include "probes/srt/srt_poller.h"
#include "probes/srt/srt_socket.h"

namespace outrider::probes {
namespace {

// Silence of this length is what a player gives up after.
constexpr Duration kPatience = std::chrono::seconds{10};
// libsrt's SRTO_PEERIDLETIMEO: it ends a connection from which nothing comes, keep-alives included, for this long.
constexpr Duration kPeerIdle = std::chrono::seconds{5};
constexpr std::size_t kLargestMessage = 1456;  // SRTO_PAYLOADSIZE can be no more

class SrtSession final : public Session {
public:
    SrtSession(const ShardServices& services, Target target, std::uint64_t seed)
        : Session(services, std::move(target), seed), resolver_(services.io), ended_timer_(services.io) {}

protected:
    asio::awaitable<Outcome> play() override {
        began_ = services().clock.uptime();
        auto url = parse_srt_url(target().url);
        const auto pop = target().connect_to.empty() ? std::nullopt : split_host_port(target().connect_to);
        if (!url || (!pop && !target().connect_to.empty())) {
            say("want srt://HOST:PORT with options that libsrt takes, and a POP of HOST or HOST:PORT");
            co_return Outcome::local_failure;
        }
        if (const auto read = read_passphrase(*url); !read) {
            say(read.error().text);
            co_return Outcome::local_failure;
        }
        const auto host = pop ? pop->host : url->host;
        const auto port = pop ? pop->port.value_or(url->port) : url->port;
        const auto addresses = co_await resolver_.resolve(host);
        if (stopping()) co_return Outcome::stopped;
        trace(TraceKind::address, address_text(host, addresses));
        if (addresses.empty()) co_return Outcome::resolve_failed;
        meter().phase_done(Phase::resolve, services().clock.uptime() - began_);
        auto outcome = Outcome::unreachable;
        for (const auto& address : addresses) {
            outcome = co_await play_at(*url, address, port);
            if (connected_ || stopping()) break;
        }
        co_return stopping() ? Outcome::stopped : outcome;
    }

    void interrupt() override {
        resolver_.cancel();
        end(Outcome::stopped);
    }

    Sample measure(Instant at) override {
        auto sample = Session::measure(at);
        auto total = before_;
        if (socket_ && connected_) {
            if (const auto now = socket_->counts()) total += *now;
            if (const auto rtt = socket_->round_trip())
                sample.readings.push_back({Metric::path_rtt_seconds, {}, seconds(*rtt)});
        }
        const auto add = [&](Metric metric, std::string_view layer, std::uint64_t value) {
            sample.readings.push_back({metric, layer, static_cast<double>(value)});
        };
        if (total.expected > 0) {
            add(Metric::packets_expected_total, "srt", total.expected);
            add(Metric::packets_lost_total, "srt", total.dropped);
            add(Metric::packets_expected_total, "srt_wire", total.expected);
            add(Metric::packets_lost_total, "srt_wire", total.missed);
        }
        ts_.add_readings(at, 0, sample.readings);
        return sample;
    }

private:
    /// From the file, if there is one.
    [[nodiscard]] Status read_passphrase(SrtUrl& url) const {
        const auto& file = target().request.passphrase_file;
        if (file.empty()) return Done{};
        auto read = read_secret_file(file, "an SRT passphrase");
        if (!read) return read.error();
        if (!is_srt_passphrase(*read))
            return Error{file + ": want an SRT passphrase of 10 to 79 bytes, got " + std::to_string(read->size())};
        url.passphrase = std::move(*read);
        return Done{};
    }

    /// One connection, to one of the POP's addresses. By value where it could dangle: this is a coroutine.
    asio::awaitable<Outcome> play_at(const SrtUrl& url, asio::ip::address address, std::uint16_t port) {
        auto& poller = asio::use_service<SrtPoller>(services().io);
        connected_ = false;
        address_ = address;
        ended_.reset();
        ts_.begin_connection(meter());
        socket_.emplace(url);
        last_data_ = services().clock.uptime();
        if (socket_->is_open() && poller.watch(socket_->handle(), [this](int events) { on_ready(events); })) {
            if (!socket_->connect(address, port)) end(Outcome::unreachable);
            co_await until_ended();
            poller.unwatch(socket_->handle());
            if (const auto counts = socket_->counts(); counts && connected_) before_ += *counts;
        } else {
            say("libsrt refuses the options, or has no socket left");
            ended_ = Outcome::local_failure;
        }
        socket_.reset();
        co_return *ended_;
    }

    asio::awaitable<void> until_ended() {
        while (!ended_) {
            const auto silent = services().clock.uptime() - last_data_;
            if (silent >= kPatience) ended_ = Outcome::timeout;
            ended_timer_.expires_after(kPatience - silent);
            asio::error_code cancelled;
            if (!ended_) co_await ended_timer_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
        }
    }

    void end(Outcome outcome) {
        if (!ended_) ended_ = outcome;
        ended_timer_.cancel();
    }

    void on_ready(int events) {
        const auto now = services().clock.uptime();
        if (!connected_ && socket_->connected()) {
            connected_ = true;
            meter().phase_done(Phase::connect, now - began_);
            trace(TraceKind::address, address_.to_string() + " answered");
        }
        if (!connected_) {
            if ((events & static_cast<int>(SRT_EPOLL_ERR)) == 0) return;
            say(socket_->rejection_words());
            end(socket_->rejection());
            return;
        }
        std::array<std::byte, kLargestMessage> message;  // NOLINT: written before it is read
        for (;;) {
            const auto got = socket_->receive(message);
            if (got.size > 0) {
                const auto bytes = std::span<const std::byte>{message}.first(got.size);
                const auto arrival = services().clock.now();
                last_data_ = now;
                meter().phase_done(Phase::first_byte, now - began_);
                if (!ts_.feed(bytes, arrival, meter())) return end(Outcome::malformed);
                continue;
            }
            if (!got.closed) return;
            return end(now - last_data_ >= kPeerIdle ? Outcome::timeout : Outcome::ended);
        }
    }

    Resolver resolver_;
    asio::steady_timer ended_timer_;
    std::optional<SrtSocket> socket_;
    std::optional<Outcome> ended_;  // of the connection under way
    asio::ip::address address_;     // of the connection under way
    bool connected_ = false;
    Duration began_{};
    Duration last_data_{};
    SrtCounts before_;  // of the connections that ended
    TsStream ts_;
};

}  // namespace

std::unique_ptr<Session> make_srt_session(const ShardServices& services, const Target& target, std::uint64_t seed) {
    return std::make_unique<SrtSession>(services, target, seed);
}

}  // namespace outrider::probes
