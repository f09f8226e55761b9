#include "probes/av/av_connection.h"

extern "C" {
#include <libavformat/avformat.h>
#include <libavutil/opt.h>
}

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string_view>

#include "probes/av/libxml_guard.h"
#include "probes/net/libav_listener.h"
#include "probes/net/libav_support.h"

namespace outrider::probes {
namespace {

// No file, pipe or data: a playlist from the network must not read what is on this host.
constexpr auto kProtocols = "http,https,httpproxy,tcp,tls,udp,rtp,srtp,rtsp,rtsps,rist,crypto";

using Packet = std::unique_ptr<AVPacket, decltype([](AVPacket* packet) { av_packet_free(&packet); })>;
using Input = std::unique_ptr<AVFormatContext, decltype([](AVFormatContext* input) { avformat_close_input(&input); })>;

std::optional<Duration> time_of(std::int64_t ticks, AVRational base) {
    if (ticks == AV_NOPTS_VALUE) return std::nullopt;
    return Duration{av_rescale_q(ticks, base, AVRational{1, 1'000'000'000})};
}

/// Of the streams that a file or playlist offers, the ones a viewer would see and hear; the others are not fetched.
class Tracks {
public:
    /// FFmpeg 5.1 reads live DASH segments again, and again, while the next is not out. What was received on this
    /// connection does not count again; a timeline that goes further back than a manifest reaches began anew.
    explicit Tracks(bool may_repeat) : may_repeat_(may_repeat) {}

    /// Streams may appear while the input is read.
    void choose(const AVFormatContext& input) {
        for (; known_ < input.nb_streams; ++known_) {
            auto& stream = *input.streams[known_];
            auto* track = track_of(stream.codecpar->codec_type);
            if (track == nullptr || track->stream) {
                stream.discard = AVDISCARD_ALL;
            } else {
                track->stream = stream.index;
            }
        }
    }

    /// nullopt for a packet of another stream, one that came before, or without any time.
    std::optional<MediaUnit> unit_of(const AVPacket& packet, const AVStream& stream, Instant arrival) {
        auto* track = track_of(stream.codecpar->codec_type);
        if (track == nullptr || track->stream != stream.index) return std::nullopt;
        const auto pts = time_of(packet.pts, stream.time_base);
        auto dts = time_of(packet.dts, stream.time_base);
        // RTP has presentation times alone. With frames out of order, decode time is the latest of them so far.
        if (!dts && pts) dts = std::max(*pts, track->last_dts.value_or(*pts));
        if (!dts) return std::nullopt;
        const bool repeated = track->last_dts && *dts <= *track->last_dts && *track->last_dts - *dts < kRepeats;
        if (may_repeat_ && repeated) return std::nullopt;
        track->last_dts = dts;
        const bool video = track == &video_;
        MediaUnit unit;
        unit.kind = video ? TrackKind::video : TrackKind::audio;
        unit.dts = *dts;
        unit.pts = pts.value_or(*dts);
        if (packet.duration > 0) unit.duration = time_of(packet.duration, stream.time_base);
        unit.keyframe = !video || (packet.flags & AV_PKT_FLAG_KEY) != 0;
        unit.size = static_cast<std::uint32_t>(std::max(packet.size, 0));
        unit.arrival = arrival;
        return unit;
    }

private:
    struct Track {
        std::optional<int> stream;
        std::optional<Duration> last_dts;
    };

    Track* track_of(AVMediaType type) {
        if (type == AVMEDIA_TYPE_VIDEO) return &video_;
        return type == AVMEDIA_TYPE_AUDIO ? &audio_ : nullptr;
    }

    static constexpr Duration kRepeats = std::chrono::minutes{1};

    bool may_repeat_;
    unsigned known_ = 0;
    Track video_;
    Track audio_;
};

/// Takes the headers off the first connection once it is open. A demuxer (DASH) would read them from there and send
/// them along to any host that a manifest names, on a way that no callback is on.
class HeadersOnce {
public:
    explicit HeadersOnce(AVFormatContext& context) : open_(context.io_open) {
        context.opaque = this;
        context.io_open = &HeadersOnce::open;
    }
    HeadersOnce(const HeadersOnce&) = delete;
    HeadersOnce& operator=(const HeadersOnce&) = delete;

private:
    static int open(AVFormatContext* context, AVIOContext** out, const char* url, int flags, AVDictionary** options) {
        const auto& self = *static_cast<const HeadersOnce*>(context->opaque);
        const int error = self.open_(context, out, url, flags, options);
        if (error >= 0 && *out != nullptr) av_opt_set(*out, "headers", "", AV_OPT_SEARCH_CHILDREN);
        return error;
    }

    decltype(AVFormatContext::io_open) open_;
};

void set_options(LibavOptions& options, const AvConnection& connection) {
    options.set("protocol_whitelist", kProtocols);
    options.set("user_agent", connection.user_agent);
    if (!connection.referer.empty()) options.set("referer", connection.referer);
    if (!connection.headers.empty()) {
        options.set("headers", connection.headers);
        options.set("max_redirects", "0");  // libavformat would send them along to any host
    }
    options.set("auth_type", "basic");  // what the URL's user information says, without being asked
    options.set("tls_verify", connection.insecure ? "0" : "1");
    options.set("verifyhost", connection.tls_host);
}

}  // namespace

Outcome play_av(const AvConnection& connection, const Tracer& tracer, BlockingReader<UnitBatch>::Feed& feed,
                std::string& words) {
    const auto& clock = tracer.clock();
    LibavPatience patience{clock, connection.patience, [&feed] { return feed.stopping(); }};
    const LibavListener listener{clock};
    const auto why = [&](int error) {
        if (feed.stopping()) return Outcome::stopped;
        words = patience.exhausted() ? "silent for as long as a player waits" : listener.words(error);
        return patience.exhausted() ? Outcome::timeout : listener.cause(error);
    };

    guard_libxml();
    auto* context = avformat_alloc_context();
    if (context == nullptr) return Outcome::local_failure;
    context->interrupt_callback = patience.callback();
    context->flags |= AVFMT_FLAG_NOBUFFER;
    const HeadersOnce headers_once{*context};
    LibavOptions options;
    set_options(options, connection);
    // Frees the context when it fails.
    const int error = avformat_open_input(&context, connection.url.c_str(), nullptr, &options.entries);
    if (!listener.answered().empty()) tracer.note(TraceKind::address, listener.answered() + " answered");
    feed.add([&](UnitBatch& batch) {
        if (const auto at = listener.connected()) batch.phases.emplace_back(Phase::connect, *at - connection.began);
    });
    if (error < 0) return why(error);
    const Input input{context};

    Tracks tracks{std::string_view{input->iformat->name} == "dash"};
    const Packet packet{av_packet_alloc()};
    if (!packet) return Outcome::local_failure;
    for (;;) {
        tracks.choose(*input);
        patience.renew();
        const int result = av_read_frame(input.get(), packet.get());
        const auto arrival = clock.now();
        if (result == AVERROR(EAGAIN) && !feed.stopping()) continue;
        if (result < 0) return why(result);
        tracks.choose(*input);
        const auto unit = tracks.unit_of(*packet, *input->streams[packet->stream_index], arrival);
        const auto bytes = static_cast<std::uint64_t>(std::max(packet->size, 0));
        av_packet_unref(packet.get());
        const bool taken = feed.add([&](UnitBatch& batch) {
            batch.bytes += bytes;
            if (unit) batch.units.push_back(*unit);
        });
        if (!taken) return Outcome::stopped;
    }
}

}  // namespace outrider::probes
