#include "probes/meters/rtp_clock.h"

namespace outrider::probes {
namespace {

using namespace std::chrono_literals;

constexpr Instant kEarliest{std::chrono::sys_days{std::chrono::year{2000} / 1 / 1}};
constexpr Duration kFarthest = 24h;
constexpr Duration kOldest = 1h;  // timestamps of 90 kHz can be told apart for 6.6 hours; reports come every 5 s

}  // namespace

void RtpClock::on_packet(const RtpPacket& packet) {
    if (ssrc_ != packet.ssrc) {
        ssrc_ = packet.ssrc;
        newest_ = packet.timestamp;
    }
    if (static_cast<std::int32_t>(packet.timestamp - newest_) > 0) newest_ = packet.timestamp;
}

void RtpClock::on_report(const SenderReport& report, Instant arrival) {
    if (!report.ntp || *report.ntp < kEarliest || std::chrono::abs(arrival - *report.ntp) > kFarthest) return;
    if (ssrc_ && *ssrc_ != report.ssrc) return;
    report_ = Report{.said = report, .arrival = arrival};
}

std::optional<Duration> RtpClock::latency(Instant at) const {
    if (!ssrc_ || !report_ || report_->said.ssrc != *ssrc_ || at - report_->arrival > kOldest) return std::nullopt;
    const auto sampled = report_->said.wall_time(newest_, clock_rate_);
    if (!sampled) return std::nullopt;
    return at - *sampled;
}

}  // namespace outrider::probes
