// What an HLS session counts beside its media, and how all of it is read out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "outrider/sample.h"
#include "probes/hls/reload.h"
#include "probes/meters/fmp4.h"
#include "probes/meters/segment_lag.h"

namespace outrider::probes {

/// What became of a segment or part.
enum class SegmentResult : std::uint8_t { ok, opaque, gap, failed, missed };
inline constexpr std::array kSegmentResultNames{std::string_view{"ok"}, std::string_view{"opaque"},
                                                std::string_view{"gap"}, std::string_view{"failed"},
                                                std::string_view{"missed"}};

class HlsReport {
public:
    void on_segment(SegmentResult result, std::uint64_t count = 1) {
        segments_[static_cast<std::size_t>(result)] += count;
    }
    /// The same of what was to be fetched next, a segment or a part of one.
    void on_piece(SegmentResult result, bool is_part) {
        ++(is_part ? parts_ : segments_)[static_cast<std::size_t>(result)];
    }
    /// 0, no answer, is not counted.
    void on_response(long status);
    void on_discontinuity() { ++discontinuities_; }
    /// A whole segment or part of `media`, fetched in `took`, with `frames` of video; `date`: the end of its media by
    /// EXT-X-PROGRAM-DATE-TIME.
    void on_fetched(Duration took, Duration media, std::uint64_t frames, std::optional<Instant> date);
    /// `newest`: end of the received media on the timeline of `producer`; either may be missing.
    void on_producer_time(const std::optional<ProducerTime>& producer, std::optional<Duration> newest);

    /// Makes the readings of a stream that comes in bursts out of those of one that flows: lag from its schedule, frame
    /// rate of the newest segment; gaps and rates by arrival go, as they would only show the segments. Then its own.
    void complete(std::vector<Reading>& readings, const ReloadPlan& plan, const SegmentLag& lag, Instant at) const;

private:
    std::array<std::uint64_t, kSegmentResultNames.size()> segments_{};
    std::array<std::uint64_t, kSegmentResultNames.size()> parts_{};
    std::array<std::uint64_t, 4> responses_{};  // 2xx to 5xx
    std::uint64_t discontinuities_ = 0;
    std::optional<double> download_ratio_;
    std::optional<double> frame_rate_;
    std::optional<Instant> date_;           // of the newest received media, by its packager
    std::optional<Instant> producer_date_;  // the same by its producer
};

}  // namespace outrider::probes
