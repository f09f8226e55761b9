#include "probes/udp/udp.h"

#include <algorithm>
#include <asio/posix/stream_descriptor.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "outrider/url_text.h"
#include "probes/meters/reorder_buffer.h"
#include "probes/meters/rtp.h"
#include "probes/meters/rtp_clock.h"
#include "probes/net/kernel_time.h"
#include "probes/net/resolver.h"
#include "probes/net/ts_stream.h"
#include "probes/udp/datagram_socket.h"
#include "probes/udp/udp_url.h"

namespace outrider::probes {
namespace {

// After silence of this length the socket is opened, and a group joined, anew: a router may have forgotten us.
constexpr Duration kPatience = std::chrono::seconds{10};

/// A numeric address; nullopt for an empty text, and for one that is none.
std::optional<asio::ip::address> numeric(const std::string& text) {
    asio::error_code error;
    const auto address = asio::ip::make_address(text, error);
    return error ? std::nullopt : std::optional{address};
}

class UdpSession final : public Session {
public:
    UdpSession(const ShardServices& services, Target target, std::uint64_t seed)
        : Session(services, std::move(target), seed),
          resolver_(services.io),
          readable_(services.io),
          silence_(services.io) {}

protected:
    asio::awaitable<Outcome> play() override {
        const auto url = parse_udp_url(target().url);
        if (!url) {
            say("want udp://HOST:PORT or rtp://HOST:PORT with options that are known");
            co_return Outcome::local_failure;
        }
        is_rtp_ = url->rtp;
        // The POP of a stream that is sent to us is its sender.
        const auto pop = split_host_port(target().connect_to);
        const auto& sender = pop ? pop->host : url->source;
        DatagramSocket::Where where{.address = {},
                                    .port = url->port,
                                    .source = numeric(sender),
                                    .local_interface = numeric(url->local_address),
                                    .receive_buffer = url->receive_buffer};
        const bool unreadable =
            (!sender.empty() && !where.source) || (!url->local_address.empty() && !where.local_interface);
        if (unreadable) {
            say("want the source and the local interface as addresses");
            co_return Outcome::local_failure;
        }
        const auto addresses = co_await resolver_.resolve(url->host);
        if (stopping()) co_return Outcome::stopped;
        trace(TraceKind::address, address_text(url->host, addresses));
        if (addresses.empty()) co_return Outcome::resolve_failed;
        where.address = addresses.front();
        drops_before_ += socket_.dropped();
        if (const auto failure = socket_.open(where); failure != Outcome::connecting) co_return failure;
        open_control(where);
        ts_.begin_connection(meter());
        began_ = last_data_ = services().clock.uptime();
        readable_.assign(socket_.descriptor());
        const auto outcome = co_await receive_until_silence();
        readable_.release();
        co_return stopping() ? Outcome::stopped : outcome;
    }

    void interrupt() override {
        resolver_.cancel();
        asio::error_code ignored;
        readable_.cancel(ignored);
    }

    Sample measure(Instant at) override {
        order_.release(at, [this](auto payload, Instant when) { feed(payload, when); });
        rtp_.advance(at);
        if (control_.descriptor() >= 0)
            control_.receive([this, at](auto datagram, auto) { take_control(datagram, at); });
        auto sample = Session::measure(at);
        const auto add = [&](Metric metric, std::string_view layer, std::uint64_t value) {
            sample.readings.push_back({metric, layer, static_cast<double>(value)});
        };
        const auto drops = drops_before_ + socket_.dropped();
        if (sample.outcome == Outcome::ok || drops > 0) add(Metric::local_drops_total, {}, drops);
        if (const auto& counts = rtp_.counts(); counts.expected > 0) {
            // What this host dropped is not the network's. A drop is seen before its gap is given up for lost.
            rtp_lost_ = std::max(rtp_lost_, counts.lost_for_good - std::min(counts.lost_for_good, drops));
            add(Metric::packets_expected_total, "rtp", counts.expected);
            add(Metric::packets_lost_total, "rtp", rtp_lost_);
            add(Metric::packets_reordered_total, "rtp", counts.reordered);
            add(Metric::packets_duplicated_total, "rtp", counts.duplicates);
            if (const auto jitter = rtp_.jitter())
                sample.readings.push_back({Metric::jitter_seconds, {}, seconds(*jitter)});
            if (const auto latency = clock_.latency(at))
                sample.readings.push_back({Metric::latency_seconds, "rtcp_sr", seconds(*latency)});
        }
        ts_.add_readings(at, drops, sample.readings);
        return sample;
    }

private:
    asio::awaitable<Outcome> receive_until_silence() {
        malformed_ = false;
        receiving_ = true;
        end_at_silence();
        auto outcome = Outcome::timeout;
        while (!stopping()) {
            asio::error_code ended;
            co_await readable_.async_wait(asio::posix::stream_descriptor::wait_read,
                                          asio::redirect_error(asio::use_awaitable, ended));
            if (ended) break;
            socket_.receive([this](auto bytes, auto stamp) { take(bytes, stamp); });
            if (malformed_) break;
        }
        receiving_ = false;
        silence_.cancel();
        const bool of_another_kind = is_rtp_ && rtp_.counts().received == 0 && rtp_.counts().other_types > 0;
        if (malformed_ || of_another_kind) outcome = Outcome::malformed;
        co_return outcome;
    }

    /// Datagrams of another kind are silence too: what counts is when ours last came.
    void end_at_silence() {
        const auto silent = services().clock.uptime() - last_data_;
        asio::error_code ignored;
        if (silent >= kPatience) {
            readable_.cancel(ignored);
            return;
        }
        silence_.expires_after(kPatience - silent);
        silence_.async_wait([this](const asio::error_code& cancelled) {
            if (!cancelled && receiving_) end_at_silence();  // it may have expired before it was cancelled
        });
    }

    /// Sender reports come on the next port (RFC 3550 11), or among the media (RFC 5761). They are seldom, so looking
    /// for them once a heartbeat will do; without them there is no latency, and nothing else is missing.
    void open_control(DatagramSocket::Where where) {
        control_.close();
        if (!is_rtp_ || where.port == 65'535) return;
        ++where.port;
        where.receive_buffer = 64 * 1024;
        if (control_.open(where) != Outcome::connecting) control_.close();
    }

    void take_control(std::span<const std::byte> datagram, Instant arrival) {
        if (const auto report = read_sender_report(datagram)) clock_.on_report(*report, arrival);
    }

    void take(std::span<const std::byte> datagram, std::optional<Instant> stamp) {
        const auto read = services().clock.now();
        const auto arrival = stamp ? kernel_time_.arrival(*stamp, read) : read;
        if (!is_rtp_) {
            feed(datagram, arrival);
            return;
        }
        const auto packet = read_rtp(datagram);
        if (!std::holds_alternative<RtpPacket>(packet)) {
            if (std::get<RtpReject>(packet) == RtpReject::rtcp) take_control(datagram, arrival);
            return;
        }
        const auto& rtp = std::get<RtpPacket>(packet);
        const auto reception = rtp_.on_packet(rtp, arrival);
        const auto pass = [this](auto payload, Instant at) { feed(payload, at); };
        const bool media = reception.verdict == RtpVerdict::started || reception.verdict == RtpVerdict::in_order;
        if (media) clock_.on_packet(rtp);
        switch (reception.verdict) {
            case RtpVerdict::started: order_.flush(arrival, pass); [[fallthrough]];
            case RtpVerdict::in_order:
            case RtpVerdict::reordered: order_.push(reception.index, rtp.payload, arrival, pass); return;
            case RtpVerdict::duplicate:
            case RtpVerdict::waiting:
            case RtpVerdict::other_type: return;
        }
    }

    void feed(std::span<const std::byte> bytes, Instant arrival) {
        last_data_ = services().clock.uptime();
        meter().phase_done(Phase::first_byte, last_data_ - began_);
        newest_ = std::max(newest_, arrival);  // what was held back may have been passed on later than this came
        if (!ts_.feed(bytes, newest_, meter())) malformed_ = true;
    }

    Resolver resolver_;
    DatagramSocket socket_;
    DatagramSocket control_;
    asio::posix::stream_descriptor readable_;  // the socket's number, which is not its own to close
    asio::steady_timer silence_;
    bool is_rtp_ = false;
    bool malformed_ = false;
    bool receiving_ = false;
    Duration began_{};
    Duration last_data_{};
    Instant newest_{};
    KernelTime kernel_time_;
    RtpMeter rtp_;
    RtpClock clock_;
    ReorderBuffer order_;
    TsStream ts_;
    std::uint64_t drops_before_ = 0;  // of sockets closed since
    std::uint64_t rtp_lost_ = 0;
};

}  // namespace

std::unique_ptr<Session> make_udp_session(const ShardServices& services, const Target& target, std::uint64_t seed) {
    return std::make_unique<UdpSession>(services, target, seed);
}

}  // namespace outrider::probes
