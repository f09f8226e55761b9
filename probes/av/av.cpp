#include "probes/av/av.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "outrider/url_text.h"
#include "probes/av/av_connection.h"
#include "probes/net/blocking_reader.h"
#include "probes/net/http_identity.h"
#include "probes/net/resolver.h"
#include "probes/net/url_query.h"

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
        if (!parts) {
            say("want a URL with a host, and a POP of HOST or HOST:PORT");
            co_return Outcome::local_failure;
        }
        auto connection = connect_as(*url, began);
        if (!connection) {
            say(connection.error().text);
            co_return Outcome::local_failure;
        }
        // libavformat looks the name up itself, by the system's cache at once; here it cannot be interrupted by us.
        const auto addresses = co_await resolver_.resolve(parts->host);
        if (stopping()) co_return Outcome::stopped;
        trace(TraceKind::address, address_text(parts->host, addresses));
        if (addresses.empty()) co_return Outcome::resolve_failed;
        meter().phase_done(Phase::resolve, services().clock.uptime() - began);
        std::string words;  // the worker's, until it has ended
        const BlockingReader<UnitBatch>::Body body = [connection = std::move(*connection), tracer = tracer(),
                                                      &words](auto& feed) {
            return play_av(connection, tracer, feed, words);
        };
        const auto outcome = co_await reader_.run("av", kStackBytes, body);
        say(words);
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
    /// The error names the file that cannot be read, or the header that is none.
    [[nodiscard]] Result<AvConnection> connect_as(const std::string& url, Duration began) const {
        const auto& request = target().request;
        const auto original = split_url(target().url);
        const auto host = original ? original->host : "";
        AvConnection connection{.url = url,
                                .headers = {},
                                .user_agent = user_agent_of(request),
                                .referer = request.referer,
                                .tls_host = host,
                                .insecure = request.insecure,
                                .patience = services().limits.silence,
                                .began = began};
        const auto authorization = authorization_of(request);
        if (!authorization) return authorization.error();
        auto headers = request.headers;
        const auto begin = url.find("://") + 3;
        const auto password = password_of(request);
        if (!password) return password.error();
        if (request.basic_auth && url_detail::user_info_size(std::string_view{url}.substr(begin)) == 0) {
            const auto user = escaped(request.basic_auth->username) + ":" + escaped(*password) + "@";
            connection.url.insert(begin, user);
        } else if (!authorization->empty())
            headers.emplace_back("Authorization", *authorization);
        if (original && !target().connect_to.empty() && original->scheme.starts_with("http"))
            headers.emplace_back("Host", in_url({.host = host, .port = std::nullopt}, original->port));
        for (const auto& [name, value] : headers) {
            if (name.empty() || !is_one_line(name) || !is_one_line(value))
                return Error{"headers: want a name and a value of one line each"};
            connection.headers.append(name).append(": ").append(value).append("\r\n");
        }
        return connection;
    }

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
