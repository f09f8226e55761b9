#include "probes/meters/stream_meter.h"

#include <algorithm>

namespace outrider::probes {

namespace {

// A longer step between two units is missing media, a shorter one a low or rounded frame rate.
constexpr Duration kHole = std::chrono::seconds{1};
constexpr std::size_t kMaxSightings = 16;
// Above those of each viewer, and those that sessions add: room for all, so that they need not move.
constexpr std::size_t kMostReadings = 48;

}  // namespace

std::string_view to_string(Phase phase) noexcept {
    constexpr std::array<std::string_view, kPhases> names{"resolve",    "connect",     "tls",
                                                          "first_byte", "first_media", "first_keyframe"};
    return names[static_cast<std::size_t>(phase)];
}

StreamMeter::StreamMeter(const std::vector<ViewerSpec>& viewers, Instant joined) {
    viewers_.reserve(viewers.size());
    for (const auto& spec : viewers) viewers_.emplace_back(spec, joined);
}

void StreamMeter::connection_begins(Instant at) {
    ++connections_;
    connection_began_ = at;
    phases_ = {};
    burst_.begin();
    if (connections_ > 1) lag_.reconnected();
    if (outcome_ == Outcome::ok) outcome_ = Outcome::connecting;
}

void StreamMeter::phase_done(Phase phase, Duration since_begin) {
    auto& slot = phases_[static_cast<std::size_t>(phase)];
    if (!slot) slot = since_begin;
}

void StreamMeter::on_unit(const MediaUnit& unit) {
    outcome_ = Outcome::ok;
    phase_done(Phase::first_media, unit.arrival - connection_began_);
    if (unit.kind == TrackKind::video && unit.keyframe)
        phase_done(Phase::first_keyframe, unit.arrival - connection_began_);
    last_media_ = unit.arrival;
    const auto before = lag_.newest_end();
    const auto placed = lag_.place(unit);
    const bool live = burst_.over(unit.arrival, placed);
    if (unit.fingerprint != 0 && live && sightings_.size() < kMaxSightings)
        sightings_.push_back({unit.fingerprint, unit.arrival});
    cadence_.on_unit(unit);
    latency_.on_unit(unit, placed);
    skew_.on_unit(unit, placed);
    if (auto& format = formats_[static_cast<std::size_t>(unit.kind)]; unit.format != 0 && unit.format != format.now) {
        if (format.now != 0) ++format.changes;
        format.now = unit.format;
    }
    if (!placed.newest) return;
    // Media that the server left out to catch up was never received: no viewer can play it.
    const bool hole = placed.begin - before > kHole;
    const auto received = placed.end - (hole ? placed.begin : before);
    for (auto& viewer : viewers_) viewer.on_media(media_, media_ + received, unit.arrival);
    media_ += received;
}

void StreamMeter::connection_ends(Outcome reason) {
    outcome_ = reason;
    ++ends_[static_cast<std::size_t>(reason)];
}

std::vector<Reading> StreamMeter::readings(Instant at) {
    std::vector<Reading> out;
    out.reserve(kMostReadings + viewers_.size() * 5);
    const auto add = [&out](Metric metric, double value, ExtraLabel extra = {}) {
        out.push_back({metric, extra, value});
    };
    const auto count = [](std::uint64_t n) { return static_cast<double>(n); };

    add(Metric::up, outcome_ == Outcome::ok ? 1 : 0);
    add(Metric::connections_total, count(connections_));
    for (std::size_t i = 0; i < ends_.size(); ++i)
        if (ends_[i] > 0) add(Metric::connection_ends_total, count(ends_[i]), kOutcomes[i].name);
    add(Metric::received_bytes_total, count(bytes_));
    for (std::size_t i = 0; i < kPhases; ++i)
        if (phases_[i]) add(Metric::startup_phase_seconds, seconds(*phases_[i]), to_string(static_cast<Phase>(i)));

    const auto lag = lag_.lag(at);
    if (!lag) return out;  // no media yet: nothing else can be known
    add(Metric::lag_seconds, seconds(*lag));
    add(Metric::media_seconds_total, seconds(media_));
    add(Metric::last_media_timestamp_seconds, unix_seconds(*last_media_));
    add(Metric::timeline_restarts_total, count(lag_.restarts()));
    delivery_.note(at, seconds(media_));
    if (const auto ratio = delivery_.per_second()) add(Metric::delivery_ratio, *ratio);
    if (const auto gap = cadence_.take_gap(at)) {
        add(Metric::video_frame_gap_seconds, seconds(*gap));
        frame_rate_.note(at, count(cadence_.frames()));
        if (const auto rate = frame_rate_.per_second()) add(Metric::video_frame_rate, *rate);
    }
    if (const auto interval = cadence_.keyframe_interval())
        add(Metric::video_keyframe_interval_seconds, seconds(*interval));

    for (std::size_t i = 0; i < kClockMethodNames.size(); ++i)
        if (const auto latency = latency_.latency(static_cast<ClockMethod>(i), at))
            add(Metric::latency_seconds, seconds(*latency), kClockMethodNames[i]);
    if (const auto skew = skew_.skew()) add(Metric::av_skew_seconds, seconds(*skew));
    for (const auto kind : {TrackKind::video, TrackKind::audio})
        if (const auto& format = formats_[static_cast<std::size_t>(kind)]; format.now != 0)
            add(Metric::codec_changes_total, count(format.changes), kind == TrackKind::video ? "video" : "audio");

    for (auto& viewer : viewers_) {
        viewer.advance(at);
        const ExtraLabel name{viewer.spec().name};
        if (const auto buffer = viewer.buffer()) add(Metric::viewer_buffer_seconds, seconds(*buffer), name);
        if (!viewer.startup()) continue;
        add(Metric::viewer_startup_seconds, seconds(*viewer.startup()), name);
        add(Metric::viewer_stalls_total, count(viewer.stalls()), name);
        add(Metric::viewer_stall_seconds_total, seconds(viewer.stalled()), name);
        add(Metric::viewer_watched_seconds_total, seconds(viewer.watched()), name);
    }
    return out;
}

}  // namespace outrider::probes
