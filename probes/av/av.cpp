#include "probes/av/av.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "outrider/url_text.h"
#include "probes/av/av_connection.h"
#include "probes/net/blocking_reader.h"
#include "probes/net/resolver.h"

namespace outrider::probes {
namespace {

// Demuxers that probe what they open (DASH) run decoders' parsers on it.
constexpr std::size_t kStackBytes = 1024 * 1024;

std::string in_url(const HostPort& where, std::optional<std::uint16_t> port) {
    auto text = where.host.find(':') == std::string::npos ? where.host : "[" + where.host + "]";
    if (where.port) port = where.port;
    if (port) text += ":" + std::to_string(*port);
    return text;
}

/// The URL with another authority, user information kept; nullopt when either cannot be read.
std::optional<std::string> pinned(const std::string& url, const std::string& connect_to) {
    const auto parts = split_url(url);
    if (!parts) return std::nullopt;
    if (connect_to.empty()) return url;
    const auto pop = split_host_port(connect_to);
    if (!pop) return std::nullopt;
    const auto begin = url.find("://") + 3;
    const auto user = url_detail::user_info_size(std::string_view{url}.substr(begin));
    const auto end = std::min(url.find_first_of("/?#", begin + user), url.size());
    return url.substr(0, begin + user) + in_url(*pop, parts->port) + url.substr(end);
}

class AvSession final : public Session {
public:
    AvSession(const ShardServices& services, Target target, std::uint64_t seed)
        : Session(services, std::move(target), seed),
          resolver_(services.io),
          reader_(services.io, [this](UnitBatch& batch) { take(batch); }) {}

protected:
    asio::awaitable<Outcome> play() override {
        const auto began = services().clock.uptime();
        const auto url = pinned(target().url, target().connect_to);
        const auto parts = url ? split_url(*url) : std::nullopt;
        if (!parts) co_return Outcome::local_failure;
        // libavformat looks the name up itself, by the system's cache at once; here it cannot be interrupted by us.
        const auto addresses = co_await resolver_.resolve(parts->host);
        if (stopping()) co_return Outcome::stopped;
        if (addresses.empty()) co_return Outcome::resolve_failed;
        meter().phase_done(Phase::resolve, services().clock.uptime() - began);
        const BlockingReader<UnitBatch>::Body body = [url = *url, began, &clock = services().clock](auto& feed) {
            return play_av(url, began, clock, feed);
        };
        const auto outcome = co_await reader_.run("av", kStackBytes, body);
        co_return stopping() ? Outcome::stopped : outcome;
    }

    /// Takes first what came until now. Time does not go back on either side of it: a piece stamped just before a
    /// heartbeat may be handed over just after.
    Sample measure(Instant at) override {
        reader_.look();
        newest_ = std::max(newest_, at);
        return Session::measure(newest_);
    }

    void interrupt() override {
        resolver_.cancel();
        reader_.interrupt();
    }

private:
    void take(UnitBatch& batch) {
        for (const auto& [phase, since_begin] : batch.phases) meter().phase_done(phase, since_begin);
        meter().on_bytes(batch.bytes);
        for (auto& unit : batch.units) {
            unit.arrival = newest_ = std::max(newest_, unit.arrival);
            meter().on_unit(unit);
        }
    }

    Resolver resolver_;
    BlockingReader<UnitBatch> reader_;
    Instant newest_{};
};

}  // namespace

std::unique_ptr<Session> make_av_session(const ShardServices& services, const Target& target, std::uint64_t seed) {
    return std::make_unique<AvSession>(services, target, seed);
}

}  // namespace outrider::probes
