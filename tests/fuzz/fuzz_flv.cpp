// Any bytes, cut anywhere: the FLV meter must give the same units as for the whole, and never more than the bytes hold.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "probes/meters/flv.h"
#include "probes/meters/stream_meter.h"

using namespace outrider;
using namespace outrider::probes;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span bytes{reinterpret_cast<const std::byte*>(data), size};
    const Instant start{std::chrono::seconds{1'700'000'000}};
    FlvMeter whole;
    MediaUnits units;
    const bool ok = whole.feed(bytes, start, units);
    if (units.size() * 13 > size) std::abort();

    FlvMeter cut;
    MediaUnits pieces;
    bool cut_ok = true;
    const std::size_t step = size > 0 ? data[0] % 37 + 1U : 1;
    for (std::size_t at = 0; at < size && cut_ok; at += step)
        cut_ok = cut.feed(bytes.subspan(at, std::min(step, size - at)), start, pieces);
    if (ok != cut_ok || pieces != units) std::abort();

    // What the meters make of hostile timestamps: any arithmetic, no undefined one.
    StreamMeter meter{{{.name = "1s", .start = std::chrono::seconds{1}, .resume = std::chrono::seconds{1}}}, start};
    meter.connection_begins(start);
    auto arrival = start;
    for (auto unit : units) {
        arrival += std::chrono::milliseconds{40};
        unit.arrival = arrival;
        meter.on_unit(unit);
        for (const auto& reading : meter.readings(arrival))
            if (reading.value < 0 && info(reading.metric).range != "any") std::abort();
    }
    return 0;
}
