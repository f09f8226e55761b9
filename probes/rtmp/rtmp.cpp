#include "probes/rtmp/rtmp.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "outrider/url_text.h"
#include "probes/meters/flv.h"
#include "probes/net/blocking_reader.h"
#include "probes/net/byte_batch.h"
#include "probes/net/resolver.h"
#include "probes/rtmp/rtmp_connection.h"
#include "probes/rtmp/rtmp_names.h"

namespace outrider::probes {
namespace {

// Of it 52 KB were touched, with RTMP as with RTMPS (2026-11-23, FFmpeg 5.1, smaps of 100 sessions).
constexpr std::size_t kStackBytes = 256 * 1024;

/// What is between "//" and the host, with its '@': the server may ask for it (RTMP "adobe" and "llnw" authentication).
std::string user_info(std::string_view url) {
    const auto begin = url.find("://") + 3;
    return std::string{url.substr(begin, url_detail::user_info_size(url.substr(begin)))};
}

class RtmpSession final : public Session {
public:
    RtmpSession(const ShardServices& services, Target target, std::uint64_t seed)
        : Session(services, std::move(target), seed),
          resolver_(services.io),
          reader_(services.io, [this](ByteBatch& b) { take(b); }) {}

protected:
    asio::awaitable<Outcome> play() override {
        const auto began = services().clock.uptime();
        flv_ = FlvMeter{};
        silent_ = false;
        const auto names = rtmp_names(target().url);
        const auto pop = target().connect_to.empty() ? std::nullopt : split_host_port(target().connect_to);
        if (!names || (!pop && !target().connect_to.empty())) {
            say("want rtmp://HOST/APP/STREAM, and a POP of HOST or HOST:PORT");
            co_return Outcome::local_failure;
        }
        const auto host = pop ? pop->host : names->host;
        const auto addresses = co_await resolver_.resolve(host);
        if (stopping()) co_return Outcome::stopped;
        trace(TraceKind::address, address_text(host, addresses));
        if (addresses.empty()) co_return Outcome::resolve_failed;
        meter().phase_done(Phase::resolve, services().clock.uptime() - began);

        const bool tls = names->scheme == "rtmps";
        RtmpConnection connection{.urls = {},
                                  .app = names->app,
                                  .playpath = names->playpath,
                                  .tc_url = names->tc_url,
                                  .tls_host = tls ? names->host : "",
                                  .page_url = target().request.referer,
                                  .insecure = target().request.insecure,
                                  .patience = services().limits.silence,
                                  .began = began};
        const auto where = ":" + std::to_string(pop ? pop->port.value_or(names->port) : names->port) + "/" +
                           names->app + "/" + names->playpath;
        const auto scheme = names->scheme + "://" + user_info(target().url);
        std::vector<std::string> hosts;
        if (tls) {  // by name, where there is one: libavformat sends no SNI to a number
            hosts.push_back(host);
        } else {
            for (const auto& address : addresses) hosts.push_back(address.to_string());
        }
        for (const auto& name : hosts) {
            const bool ipv6 = name.find(':') != std::string::npos;
            connection.urls.push_back(scheme);
            connection.urls.back().append(ipv6 ? "[" + name + "]" : name).append(where);
        }
        std::string words;  // the worker's, until it has ended
        const BlockingReader<ByteBatch>::Body body = [connection = std::move(connection), tracer = tracer(),
                                                      &words](auto& feed) {
            return play_rtmp(connection, tracer, feed, words);
        };
        playing_ = true;
        const auto outcome = co_await reader_.run("rtmp", kStackBytes, body);
        playing_ = false;
        if (stopping()) co_return Outcome::stopped;
        say(flv_.error().empty() ? words : flv_.error());
        if (!flv_.error().empty()) co_return Outcome::malformed;
        if (silent_) say("no media for as long as a player waits");
        co_return silent_ ? Outcome::timeout : outcome;
    }

    /// Takes first what came until now. Time does not go back on either side of it: a piece stamped just before a
    /// heartbeat may be handed over just after.
    Sample measure(Instant at) override {
        reader_.look();
        newest_ = std::max(newest_, at);
        // Bytes are not enough: a server that sends one a second never falls silent.
        if (playing_ && meter().silence(newest_) > services().limits.silence) {
            silent_ = true;
            reader_.stop();
        }
        return Session::measure(newest_);
    }

    void interrupt() override {
        resolver_.cancel();
        reader_.interrupt();
    }

private:
    void take(const ByteBatch& batch) {
        for (const auto& [phase, since_begin] : batch.phases) meter().phase_done(phase, since_begin);
        std::span<const std::byte> rest{batch.bytes};
        for (const auto& piece : batch.pieces) {
            meter().on_bytes(piece.size);
            units_.clear();
            newest_ = std::max(newest_, piece.arrival);
            const bool well_formed = flv_.feed(rest.first(piece.size), newest_, units_);
            rest = rest.subspan(piece.size);
            for (const auto& unit : units_) meter().on_unit(unit);
            if (!well_formed) {
                reader_.stop();
                return;
            }
        }
    }

    Resolver resolver_;
    BlockingReader<ByteBatch> reader_;
    FlvMeter flv_;
    MediaUnits units_;
    Instant newest_{};
    bool playing_ = false;
    bool silent_ = false;
};

}  // namespace

std::unique_ptr<Session> make_rtmp_session(const ShardServices& services, const Target& target, std::uint64_t seed) {
    return std::make_unique<RtmpSession>(services, target, seed);
}

}  // namespace outrider::probes
