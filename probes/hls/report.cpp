#include "probes/hls/report.h"

#include <algorithm>

namespace outrider::probes {
namespace {

constexpr std::array kClasses{std::string_view{"2xx"}, std::string_view{"3xx"}, std::string_view{"4xx"},
                              std::string_view{"5xx"}};

}  // namespace

void HlsReport::on_response(long status) {
    if (status >= 200 && status < 600) ++responses_[static_cast<std::size_t>(status / 100 - 2)];
}

void HlsReport::on_fetched(Duration took, Duration media, std::uint64_t frames, std::optional<Instant> date) {
    date_ = date;
    if (media <= Duration{0}) return;
    download_ratio_ = seconds(took) / seconds(media);
    frame_rate_.reset();
    if (frames > 0) frame_rate_ = static_cast<double>(frames) / seconds(media);
}

void HlsReport::on_producer_time(const std::optional<ProducerTime>& producer, std::optional<Duration> newest) {
    producer_date_.reset();
    if (producer && newest) producer_date_ = producer->wall + (*newest - producer->media);
}

void HlsReport::complete(std::vector<Reading>& readings, const ReloadPlan& plan, const SegmentLag& lag,
                         Instant at) const {
    const auto now = lag.lag(at);
    std::erase_if(readings, [&](Reading& reading) {
        switch (reading.metric) {
            case Metric::lag_seconds:
                if (now) reading.value = seconds(*now);
                return !now;
            case Metric::video_frame_rate:
            case Metric::video_frame_gap_seconds:
            case Metric::delivery_ratio: return true;
            default: return false;
        }
    });
    const auto add = [&readings](Metric metric, double value, ExtraLabel extra = {}) {
        readings.push_back({metric, extra, value});
    };
    if (frame_rate_) add(Metric::video_frame_rate, *frame_rate_);
    if (download_ratio_) add(Metric::segment_download_ratio, *download_ratio_);
    if (const auto age = plan.edge_age(at)) add(Metric::edge_age_seconds, seconds(*age));
    if (const auto age = plan.age(at)) add(Metric::playlist_age_ratio, *age);
    add(Metric::playlist_steps_back_total, static_cast<double>(plan.steps_back()));
    add(Metric::discontinuities_total, static_cast<double>(discontinuities_));
    for (std::size_t i = 0; i < segments_.size(); ++i)
        if (segments_[i] > 0) add(Metric::segments_total, static_cast<double>(segments_[i]), kSegmentResultNames[i]);
    for (std::size_t i = 0; i < parts_.size(); ++i)
        if (parts_[i] > 0) add(Metric::parts_total, static_cast<double>(parts_[i]), kSegmentResultNames[i]);
    for (std::size_t i = 0; i < responses_.size(); ++i)
        if (responses_[i] > 0) add(Metric::http_responses_total, static_cast<double>(responses_[i]), kClasses[i]);
    if (date_) add(Metric::latency_seconds, seconds(at - *date_), "program_date_time");
    if (producer_date_) add(Metric::latency_seconds, seconds(at - *producer_date_), "prft");
}

}  // namespace outrider::probes
