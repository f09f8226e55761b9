// The one table of everything measured: a metric is one line here and has the same name in the engine, in a rule, on
// /metrics and in the docs. Base units; a counter ends in _total; a missing value is absent, never 0 and never -1.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace outrider {

// X(name, type, unit, range, extra label or "", help, source)
// Every name gets the prefix outrider_; every series carries stream, pop and protocol beside the extra label.
#define OUTRIDER_METRICS(X)                                                                                            \
    X(up, gauge, "ratio", "0 or 1", "", "1 while media flows on the session's connection.", "session state")           \
    X(lag_seconds, gauge, "seconds", ">= 0", "",                                                                       \
      "How late the newest media is against the best delivery of the last 10 minutes; grows while nothing arrives.",   \
      "media timestamps against arrival times")                                                                        \
    X(media_seconds_total, counter, "seconds", ">= 0", "", "Media received, on the stream's own timeline.",            \
      "media timestamps")                                                                                              \
    X(received_bytes_total, counter, "bytes", ">= 0", "", "Bytes of the stream received, transport headers excluded.", \
      "transport")                                                                                                     \
    X(last_media_timestamp_seconds, gauge, "seconds", "UTC seconds", "", "When media last arrived.", "arrival times")  \
    X(delivery_ratio, gauge, "ratio", ">= 0", "", "Media seconds received per wall second over the last 5 seconds.",   \
      "media timestamps against arrival times")                                                                        \
    X(timeline_restarts_total, counter, "count", ">= 0", "",                                                           \
      "Times that the stream's timestamps jumped, went back or began anew.", "media timestamps")                       \
    X(pop_delay_seconds, gauge, "seconds", ">= 0", "reference",                                                        \
      "How much later than at the reference the same coded frame came; reference earliest: the first of our POPs.",    \
      "keyframes recognised by their payload")                                                                         \
    X(video_frame_rate, gauge, "frames per second", ">= 0", "", "Video frames per second over the last 5 seconds.",    \
      "media units")                                                                                                   \
    X(video_frame_gap_seconds, gauge, "seconds", ">= 0", "",                                                           \
      "Longest wait for video since the last heartbeat, a wait still going on included.", "arrival times")             \
    X(video_keyframe_interval_seconds, gauge, "seconds", "> 0", "", "Media time between the last two keyframes.",      \
      "media timestamps")                                                                                              \
    X(av_skew_seconds, gauge, "seconds", "any", "",                                                                    \
      "How far the newest audio runs ahead of the newest video on the stream's timeline; negative: video is ahead.",   \
      "media timestamps")                                                                                              \
    X(codec_changes_total, counter, "count", ">= 0", "track",                                                          \
      "Times that the codec of video or audio, its resolution or another of its parameters became another.",           \
      "codec configuration in the stream")                                                                             \
    X(viewer_buffer_seconds, gauge, "seconds", ">= 0", "viewer", "Media a viewer still has to play.", "playout model") \
    X(viewer_stalls_total, counter, "count", ">= 0", "viewer", "Times playback stopped for want of media.",            \
      "playout model")                                                                                                 \
    X(viewer_stall_seconds_total, counter, "seconds", ">= 0", "viewer", "Time spent stalled.", "playout model")        \
    X(viewer_watched_seconds_total, counter, "seconds", ">= 0", "viewer",                                              \
      "Time spent playing or stalled; the wait before the first picture is not in it.", "playout model")               \
    X(viewer_startup_seconds, gauge, "seconds", ">= 0", "viewer", "From joining to the start of playback.",            \
      "playout model")                                                                                                 \
    X(startup_phase_seconds, gauge, "seconds", ">= 0", "phase",                                                        \
      "Time from the start of the newest connection to the end of a phase of its start.", "transport and media units") \
    X(latency_seconds, gauge, "seconds", "any", "method",                                                              \
      "Age of the newest received media by a clock that the stream carries; the method names whose clock it is.",      \
      "EXT-X-PROGRAM-DATE-TIME, prft, SEI messages, onFI, RTCP sender reports")                                        \
    X(edge_age_seconds, gauge, "seconds", ">= 0", "",                                                                  \
      "Time since the newest media that the playlist announces was first seen in it.", "playlist")                     \
    X(playlist_age_ratio, gauge, "ratio", ">= 0", "", "Time since the playlist last changed, in target durations.",    \
      "playlist")                                                                                                      \
    X(playlist_steps_back_total, counter, "count", ">= 0", "",                                                         \
      "Times that the playlist was older than the one before: stale caches, or a packager that began anew.",           \
      "playlist")                                                                                                      \
    X(discontinuities_total, counter, "count", ">= 0", "",                                                             \
      "Timestamp changes that the playlist announced; they are no timeline restarts.", "playlist")                     \
    X(segments_total, counter, "count", ">= 0", "result",                                                              \
      "Segments by what became of them: ok, opaque (received, but encrypted or without timestamps), gap, failed, "     \
      "missed. What is fetched in parts counts in parts_total.",                                                       \
      "playlist and transport")                                                                                        \
    X(parts_total, counter, "count", ">= 0", "result",                                                                 \
      "Parts of segments that a low-latency viewer fetched, by what became of them, as in segments_total.",            \
      "playlist and transport")                                                                                        \
    X(segment_download_ratio, gauge, "ratio", ">= 0", "",                                                              \
      "Time that the newest segment or part took to come, from its announcement if asked for ahead, over what it "     \
      "plays.",                                                                                                        \
      "transport")                                                                                                     \
    X(http_responses_total, counter, "count", ">= 0", "class", "HTTP answers by class of status: 2xx, 3xx, 4xx, 5xx.", \
      "transport")                                                                                                     \
    X(connections_total, counter, "count", ">= 0", "", "Connections begun.", "session state")                          \
    X(connection_ends_total, counter, "count", ">= 0", "reason", "Connections that ended, or never came to be.",       \
      "session state")                                                                                                 \
    X(packets_expected_total, counter, "packets", ">= 0", "layer",                                                     \
      "Packets sent to us, or that we should have had an answer to, by the layer that numbers them.",                  \
      "sequence numbers, libsrt, echo requests")                                                                       \
    X(packets_lost_total, counter, "packets", ">= 0", "layer",                                                         \
      "Packets of those that did not come. Layer srt: not even by a resend in time; srt_wire: mended ones too.",       \
      "sequence numbers, libsrt, echo requests")                                                                       \
    X(packets_reordered_total, counter, "packets", ">= 0", "layer", "Packets that came behind a successor.",           \
      "sequence numbers")                                                                                              \
    X(packets_duplicated_total, counter, "packets", ">= 0", "layer", "Packets that came again.", "sequence numbers")   \
    X(jitter_seconds, gauge, "seconds", ">= 0", "", "Smoothed variation of packets' transit (RFC 3550 6.4.1).",        \
      "RTP timestamps against arrival times")                                                                          \
    X(ts_errors_total, counter, "count", ">= 0", "kind",                                                               \
      "Errors of a transport stream, by the line of ETSI TR 101 290 that they break, first and second priority.",      \
      "transport stream packets")                                                                                      \
    X(pcr_jitter_seconds, gauge, "seconds", ">= 0", "",                                                                \
      "Smoothed deviation of program clock references' arrival from their values.", "transport stream packets")        \
    X(local_drops_total, counter, "packets", ">= 0", "",                                                               \
      "Datagrams that this host dropped before we read them: no fault of the network, and not in its losses.",         \
      "SO_RXQ_OVFL")                                                                                                   \
    X(tcp_rtt_seconds, gauge, "seconds", "> 0", "",                                                                    \
      "Smoothed round-trip time of the newest TCP connection, by what we sent on it: handshake and requests.",         \
      "TCP_INFO")                                                                                                      \
    X(tcp_out_of_order_segments_total, counter, "segments", ">= 0", "",                                                \
      "TCP segments that came after a later one, over all connections; no count of packets lost.",                     \
      "TCP_INFO, Linux 5.4")                                                                                           \
    X(path_rtt_seconds, gauge, "seconds", "> 0", "", "Round-trip time to the POP, the newest measured.",               \
      "ICMP echo, TCP connect, or SRT's own measurement")

enum class MetricType { counter, gauge };

enum class Metric : std::uint16_t {
#define OUTRIDER_X(name, ...) name,
    OUTRIDER_METRICS(OUTRIDER_X)
#undef OUTRIDER_X
};

struct MetricInfo {
    std::string_view name;  ///< with prefix
    MetricType type;
    std::string_view unit;
    std::string_view range;
    std::string_view extra_label;  ///< name of the one label beside the target's; empty when there is none
    std::string_view help;
    std::string_view source;
};

inline constexpr std::array kMetrics{
#define OUTRIDER_X(name, type, unit, range, label, help, source) \
    MetricInfo{"outrider_" #name, MetricType::type, unit, range, label, help, source},
    OUTRIDER_METRICS(OUTRIDER_X)
#undef OUTRIDER_X
};

[[nodiscard]] constexpr const MetricInfo& info(Metric metric) noexcept {
    return kMetrics[static_cast<std::size_t>(metric)];
}

/// The metric of that full name; nullopt when there is none.
[[nodiscard]] constexpr std::optional<Metric> metric_named(std::string_view name) noexcept {
    for (std::size_t i = 0; i < kMetrics.size(); ++i)
        if (kMetrics[i].name == name) return static_cast<Metric>(i);
    return std::nullopt;
}

}  // namespace outrider
