// Any bytes, cut anywhere: the TS meter must give the same units and counts as for the whole, and never more than the
// bytes hold. Packets that lie whole in what is fed are taken together where they only go on; most cuts are shorter
// than a packet, so that this is compared with packets one by one. The first byte says how to cut and how to configure;
// the rest is the stream.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "probes/meters/mpegts.h"
#include "probes/meters/stream_meter.h"

using namespace outrider;
using namespace outrider::probes;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::span bytes{reinterpret_cast<const std::byte*>(data) + 1, size - 1};
    const std::size_t step = data[0] % 251 + 1U;
    const Instant start{std::chrono::seconds{1'700'000'000}};
    TsMeter whole;
    MediaUnits units;
    const bool ok = whole.feed(bytes, start, units);
    whole.flush(units);
    const auto counts = whole.counts();
    require(counts.packets * kTsPacketSize + counts.skipped_bytes <= bytes.size());
    require(counts.lost <= counts.expected && counts.reordered <= counts.lost);
    require(counts.expected <= counts.packets * 16 && counts.duplicates <= counts.packets);
    require(units.size() <= bytes.size());

    TsMeter cut;
    MediaUnits pieces;
    bool cut_ok = true;
    for (std::size_t at = 0; at < bytes.size() && cut_ok; at += step)
        cut_ok = cut.feed(bytes.subspan(at, std::min(step, bytes.size() - at)), start, pieces);
    cut.flush(pieces);
    require(ok == cut_ok && pieces == units && cut.counts() == counts);
    require(cut.last_pcr() == whole.last_pcr() && cut.pcr_jitter() == whole.pcr_jitter());

    // Time goes on, pieces follow each other, and counters only grow.
    TsMeter live;
    MediaUnits again;
    auto arrival = start;
    TsCounts before;
    for (std::size_t at = 0; at < bytes.size(); at += 1316) {
        live.feed(bytes.subspan(at, std::min<std::size_t>(1316, bytes.size() - at)), arrival, again);
        if (at % 5 == 0) live.begin_piece(again);
        arrival += std::chrono::milliseconds{data[0]};
        live.advance(arrival);
        const auto now = live.counts();
        for (const auto& kind : kTsErrorKinds) require(now.*kind.count >= before.*kind.count);
        before = now;
    }

    // What the meters make of hostile timestamps: any arithmetic, no undefined one.
    StreamMeter meter{{{.name = "1s", .start = std::chrono::seconds{1}, .resume = std::chrono::seconds{1}}}, start};
    meter.connection_begins(start);
    arrival = start;
    for (auto unit : units) {
        arrival += std::chrono::milliseconds{40};
        unit.arrival = arrival;
        meter.on_unit(unit);
        for (const auto& reading : meter.readings(arrival))
            require(reading.value >= 0 || info(reading.metric).range == "any");
    }
    return 0;
}
