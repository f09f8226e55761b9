#include "probes/net/ts_stream.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "unit/probes/ts_builder.h"

using namespace outrider;
using namespace outrider::probes;
using namespace outrider::probes::test;
using namespace std::chrono_literals;

namespace {

std::map<std::string, double> readings_of(TsStream& stream, Instant at) {
    std::vector<Reading> readings;
    stream.add_readings(at, 0, readings);
    std::map<std::string, double> out;
    for (const auto& reading : readings)
        out[std::string{info(reading.metric).name} + "/" + std::string{reading.extra.view()}] = reading.value;
    return out;
}

}  // namespace

// packet   1      2      3 lost   4      5 lost   6
// counter  0      1      2        3      4        5     two gaps of one packet each
TEST_CASE("ts stream: a sample holds every error kind, from zero, and silence goes on counting", "[probes][mpegts]") {
    TsStream stream;
    StreamMeter meter{{}, {}};
    CHECK(readings_of(stream, {}).empty());

    TsBuilder whole;
    whole.pat().pmt();
    for (int i = 0; i < 6; ++i) whole.packet(kVideoPid, false, Octets(100, 0x55));
    auto packets = whole.packets();
    packets.erase(packets.end() - 2);
    packets.erase(packets.end() - 3);
    stream.begin_connection(meter);
    REQUIRE(stream.feed(TsBuilder::joined(packets), Instant{}, meter));

    const auto readings = readings_of(stream, Instant{});
    CHECK(readings.at("outrider_packets_lost_total/ts") == 2);
    CHECK(readings.at("outrider_ts_errors_total/continuity_count_error") == 2);
    CHECK(readings.at("outrider_ts_errors_total/pcr_discontinuity_error") == 0);
    for (const auto& kind : kTsErrorKinds)
        CHECK(readings.contains("outrider_ts_errors_total/" + std::string{kind.name}));

    CHECK(readings_of(stream, Instant{} + 600ms).at("outrider_ts_errors_total/pat_error") == 1);  // silence is one
}
