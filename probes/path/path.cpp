#include "probes/path/path.h"

#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "outrider/url_text.h"
#include "probes/net/resolver.h"
#include "probes/path/echo_ledger.h"
#include "probes/path/pinger.h"

namespace outrider::probes {
namespace {

constexpr Duration kInterval = std::chrono::milliseconds{200};
// The path counts as up for this long after an answer: five requests have gone unanswered by then.
constexpr Duration kFresh = std::chrono::seconds{1};
// After silence of this length the name is looked up anew: the POP may have moved.
constexpr Duration kPatience = std::chrono::seconds{30};
constexpr std::uint16_t kUsualPort = 443;

class PathSession final : public Session {
public:
    PathSession(const ShardServices& services, Target target, std::uint64_t seed)
        : Session(services, std::move(target), seed), resolver_(services.io), next_(services.io) {}

protected:
    asio::awaitable<Outcome> play() override {
        const auto url = split_url(target().url);
        const auto pop = target().connect_to.empty() ? std::nullopt : split_host_port(target().connect_to);
        if (!url || (!pop && !target().connect_to.empty())) co_return failed(Outcome::local_failure);
        const auto host = pop ? pop->host : url->host;
        const auto addresses = co_await resolver_.resolve(host);
        if (stopping()) co_return Outcome::stopped;
        if (addresses.empty()) co_return failed(Outcome::resolve_failed);
        const auto port = (pop && pop->port ? pop->port : url->port).value_or(kUsualPort);
        const Pinger::Listener listener{
            .answered = [this](std::uint16_t number, Instant at) { ledger_.answer(number, at); },
            .failed =
                [this](std::uint16_t number) {
                    ledger_.fail(number);
                    silence_ = Outcome::unreachable;
                }};
        if (url->scheme == "icmp") pinger_ = make_icmp_pinger(services().io, services().clock, addresses[0], listener);
        if (!pinger_) pinger_ = make_tcp_pinger(services().io, services().clock, addresses[0], port, listener);
        layer_ = pinger_->layer();
        co_await ping_until_silence();
        pinger_.reset();
        co_return stopping() ? Outcome::stopped : silence_;
    }

    void interrupt() override {
        resolver_.cancel();
        next_.cancel();
    }

    /// A path has no media: of the usual readings it has `up` alone.
    Sample measure(Instant at) override {
        ledger_.advance(at);
        Sample sample{.target = target().id, .at = at, .outcome = outcome(at), .readings = {}};
        const auto add = [&](Metric metric, std::string_view layer, double value) {
            sample.readings.push_back({metric, layer, value});
        };
        add(Metric::up, {}, sample.outcome == Outcome::ok ? 1 : 0);
        if (sample.outcome == Outcome::ok) add(Metric::path_rtt_seconds, {}, seconds(*ledger_.round_trip()));
        if (ledger_.settled() > 0) {
            add(Metric::packets_expected_total, layer_, static_cast<double>(ledger_.settled()));
            add(Metric::packets_lost_total, layer_, static_cast<double>(ledger_.lost()));
        }
        return sample;
    }

private:
    asio::awaitable<void> ping_until_silence() {
        const auto began = services().clock.now();
        auto planned = services().clock.uptime();
        silence_ = Outcome::timeout;
        while (!stopping()) {
            const auto now = services().clock.now();
            if (now - ledger_.last_answer().value_or(began) >= kPatience && now - began >= kPatience) break;
            pinger_->send(ledger_.send(now));
            planned += kInterval;
            const auto uptime = services().clock.uptime();
            if (planned < uptime) planned = uptime + kInterval;  // after a pause of the process no burst
            next_.expires_after(planned - uptime);
            asio::error_code cancelled;
            co_await next_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
        }
    }

    [[nodiscard]] Outcome outcome(Instant at) const {
        if (const auto last = ledger_.last_answer(); last && at - *last <= kFresh) return Outcome::ok;
        return ledger_.lost() > 0 || silence_ != Outcome::timeout ? silence_ : Outcome::connecting;
    }

    Outcome failed(Outcome why) {
        silence_ = why;
        return why;
    }

    Resolver resolver_;
    asio::steady_timer next_;
    EchoLedger ledger_;
    std::unique_ptr<Pinger> pinger_;
    std::string_view layer_ = "icmp";
    Outcome silence_ = Outcome::timeout;  // what it means that no answers come
};

}  // namespace

std::unique_ptr<Session> make_path_session(const ShardServices& services, const Target& target, std::uint64_t seed) {
    return std::make_unique<PathSession>(services, target, seed);
}

}  // namespace outrider::probes
