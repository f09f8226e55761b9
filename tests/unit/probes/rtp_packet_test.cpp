#include "probes/meters/rtp_packet.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

using namespace outrider;
using namespace outrider::probes;
using namespace std::chrono_literals;

namespace {

std::vector<std::byte> bytes(std::initializer_list<int> values) {
    std::vector<std::byte> out;
    for (const int v : values) out.push_back(static_cast<std::byte>(v));
    return out;
}

RtpReject rejected(const std::vector<std::byte>& datagram) {
    const auto read = read_rtp(datagram);
    REQUIRE(std::holds_alternative<RtpReject>(read));
    return std::get<RtpReject>(read);
}

}  // namespace

TEST_CASE("rtp: the header with everything in it", "[probes][rtp]") {
    const auto datagram =
        bytes({0xB2, 0xA1, 0x12, 0x34, 1, 2, 3, 4, 0xDE, 0xAD, 0xBE, 0xEF,              // P, X, two CSRC; M, 33
               9,    9,    9,    9,    8, 8, 8, 8, 0xBE, 0xDE, 0,    1,    7, 7, 7, 7,  // CSRCs, extension
               0x47, 0x11, 0x22, 0,    0, 3});                                          // payload, padding of 3
    const auto read = read_rtp(datagram);
    REQUIRE(std::holds_alternative<RtpPacket>(read));
    const auto& rtp = std::get<RtpPacket>(read);
    CHECK(rtp.marker);
    CHECK(rtp.payload_type == kRtpMp2t);
    CHECK(rtp.sequence == 0x1234);
    CHECK(rtp.timestamp == 0x01020304);
    CHECK(rtp.ssrc == 0xDEADBEEF);
    REQUIRE(rtp.payload.size() == 3);
    CHECK(rtp.payload[0] == std::byte{0x47});
}

TEST_CASE("rtp: what is no RTP packet is refused with the reason", "[probes][rtp]") {
    const auto header = [](int first, int second, std::initializer_list<int> rest = {}) {
        auto out = bytes({first, second, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3});
        const auto more = bytes(rest);
        out.insert(out.end(), more.begin(), more.end());
        return out;
    };
    CHECK(rejected({}) == RtpReject::too_short);
    CHECK(rejected(bytes({0x80, 33, 0, 1, 0, 0, 0, 2, 0, 0, 0})) == RtpReject::too_short);
    CHECK(rejected(header(0x47, 0x40)) == RtpReject::version);  // a bare transport stream packet
    CHECK(rejected(header(0x80, 200)) == RtpReject::rtcp);
    CHECK(rejected(header(0x81, 33, {1, 2, 3})) == RtpReject::csrc);
    CHECK(rejected(header(0x90, 33, {1, 2, 0})) == RtpReject::extension);
    CHECK(rejected(header(0x90, 33, {1, 2, 0, 1, 5, 5, 5})) == RtpReject::extension);
    CHECK(rejected(header(0xA0, 33)) == RtpReject::padding);
    CHECK(rejected(header(0xA0, 33, {1, 0})) == RtpReject::padding);
    CHECK(rejected(header(0xA0, 33, {1, 3})) == RtpReject::padding);
    CHECK(std::holds_alternative<RtpPacket>(read_rtp(header(0x80, 33))));
    CHECK(to_string(RtpReject::padding) == "padding");
}

TEST_CASE("rtcp: a sender report ties the wall clock to the timestamps", "[probes][rtp]") {
    const auto report = bytes({0x80, 200,  0,    6,    0,    0, 0, 7,  // SSRC 7
                               0xE8, 0xFE, 0x5B, 0x80, 0x80, 0, 0, 0,  // 3908983680.5 s since 1900
                               0xFF, 0xFF, 0xFF, 0x00, 0,    0, 0, 9, 0, 0, 0x10, 0});
    auto compound = bytes({0x81, 201, 0, 1, 0, 0, 0, 1});  // a receiver report before it
    compound.insert(compound.end(), report.begin(), report.end());
    for (const auto& datagram : {report, compound}) {
        const auto read = read_sender_report(datagram);
        REQUIRE(read.has_value());
        CHECK(read->ssrc == 7);
        CHECK(read->ntp == Instant{std::chrono::seconds{3'908'983'680 - 2'208'988'800} + 500ms});
        CHECK(read->packets == 9);
        CHECK(read->octets == 4'096);
        CHECK(read->wall_time(0xFFFFFF00U, 90'000) == read->ntp);
        CHECK(read->wall_time(0xFFFFFF00U + 90'000, 90'000) == *read->ntp + 1s);  // across the wrap
        CHECK(read->wall_time(0xFFFFFF00U - 45'000, 90'000) == *read->ntp - 500ms);
    }
    auto clockless = report;
    std::fill_n(clockless.begin() + 8, 8, std::byte{0});
    REQUIRE(read_sender_report(clockless).has_value());
    CHECK_FALSE(read_sender_report(clockless)->ntp.has_value());
    auto later = report;  // an era of NTP begins in 2036
    std::fill_n(later.begin() + 8, 8, std::byte{0});
    later[11] = std::byte{1};
    CHECK(read_sender_report(later)->ntp == Instant{std::chrono::seconds{(std::int64_t{1} << 32) + 1 - 2'208'988'800}});

    CHECK_FALSE(read_sender_report({}).has_value());
    CHECK_FALSE(read_sender_report(std::span{report}.first(27)).has_value());
    CHECK_FALSE(read_sender_report(bytes({0x80, 203, 0, 1, 0, 0, 0, 7})).has_value());
}
