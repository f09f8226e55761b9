#include "probes/net/ts_stream.h"

#include <algorithm>

namespace outrider::probes {

void TsStream::begin_connection(StreamMeter& meter) {
    if (!ts_.error().empty()) ts_ = TsMeter{};
    ts_.begin_piece(units_);
    pass_on(meter);
}

bool TsStream::feed(std::span<const std::byte> bytes, Instant arrival, StreamMeter& meter) {
    ++feeds_;
    meter.on_bytes(bytes.size());
    const bool well_formed = ts_.feed(bytes, arrival, units_);
    pass_on(meter);
    return well_formed;
}

void TsStream::add_readings(Instant at, std::uint64_t local_drops, std::vector<Reading>& readings) {
    ts_.advance(at);
    const auto counts = ts_.counts();
    if (counts.packets == 0) return;
    const auto ours = std::min(counts.lost, local_drops * counts.packets / feeds_);
    lost_ = std::max(lost_, counts.lost - ours);
    readings.push_back({Metric::packets_expected_total, "ts", static_cast<double>(counts.expected)});
    readings.push_back({Metric::packets_lost_total, "ts", static_cast<double>(lost_)});
    for (const auto& kind : kTsErrorKinds)
        readings.push_back({Metric::ts_errors_total, kind.name, static_cast<double>(counts.*kind.count)});
    if (const auto jitter = ts_.pcr_jitter()) readings.push_back({Metric::pcr_jitter_seconds, {}, seconds(*jitter)});
}

void TsStream::pass_on(StreamMeter& meter) {
    for (const auto& unit : units_) meter.on_unit(unit);
    units_.clear();
}

}  // namespace outrider::probes
