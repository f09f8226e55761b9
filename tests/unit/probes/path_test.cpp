#include <catch2/catch.hpp>
#include <cstring>
#include <vector>

#include "probes/path/echo_ledger.h"
#include "probes/path/icmp_echo.h"

using namespace outrider;
using namespace outrider::probes;
using namespace std::chrono_literals;

namespace {

const Instant kStart{1'700'000'000s};

}  // namespace

//   request   answered after    counts
//   0         30 ms             answered
//   1         never             lost after 2 s
//   2         2.5 s             lost, and stays so
//   3         40 ms, twice      answered once
TEST_CASE("echo ledger: each request is answered or lost, once", "[probes][path]") {
    EchoLedger ledger;
    for (std::uint16_t i = 0; i < 4; ++i) CHECK(ledger.send(kStart + i * 200ms) == i);
    CHECK(ledger.settled() == 0);
    CHECK(ledger.answer(0, kStart + 30ms) == 30ms);
    CHECK(ledger.answer(3, kStart + 640ms) == 40ms);
    CHECK_FALSE(ledger.answer(3, kStart + 650ms));
    CHECK_FALSE(ledger.answer(99, kStart + 650ms));
    ledger.advance(kStart + 2'199ms);
    CHECK(ledger.settled() == 2);
    ledger.advance(kStart + 2'400ms);
    CHECK(ledger.settled() == 4);
    CHECK_FALSE(ledger.answer(2, kStart + 2'900ms));
    CHECK(ledger.lost() == 2);
    CHECK(ledger.round_trip() == 40ms);
    CHECK(ledger.last_answer() == kStart + 640ms);
}

TEST_CASE("echo ledger: numbers go round", "[probes][path]") {
    EchoLedger ledger;
    for (int i = 0; i < 70'000; ++i) {
        const auto sent = kStart + i * 200ms;
        const auto number = ledger.send(sent);
        if (i % 10 != 0) ledger.answer(number, sent + 20ms);
        ledger.advance(sent + 30ms);
    }
    ledger.advance(kStart + 70'000 * 200ms + 10s);
    CHECK(ledger.settled() == 70'000);
    CHECK(ledger.lost() == 7'000);
}

TEST_CASE("echo ledger: a failure is a loss at once", "[probes][path]") {
    EchoLedger ledger;
    const auto number = ledger.send(kStart);
    ledger.fail(number);
    ledger.fail(number);
    CHECK(ledger.lost() == 1);
    CHECK_FALSE(ledger.answer(number, kStart + 1ms));
}

TEST_CASE("icmp: requests are what RFC 792 wants", "[probes][path]") {
    const auto request = echo_request(false, 0x1234, 0x0102);
    CHECK(request[0] == std::byte{8});
    CHECK(request[4] == std::byte{0x12});
    CHECK(request[7] == std::byte{0x02});
    unsigned sum = 0;  // of all 16-bit words, checksum included: all ones
    for (std::size_t i = 0; i < request.size(); i += 2)
        sum += std::to_integer<unsigned>(request[i]) << 8U | std::to_integer<unsigned>(request[i + 1]);
    while (sum > 0xFFFF) sum = (sum & 0xFFFFU) + (sum >> 16U);
    CHECK(sum == 0xFFFF);
    CHECK(echo_request(true, 1, 2)[0] == std::byte{128});
}

TEST_CASE("icmp: replies are recognised, and nothing else", "[probes][path]") {
    auto bytes = echo_request(false, 0x1234, 0x0102);
    CHECK_FALSE(read_echo_reply(false, false, bytes));  // our own request, as loopback shows it
    bytes[0] = std::byte{0};
    CHECK(read_echo_reply(false, false, bytes) == EchoReply{0x1234, 0x0102});
    CHECK_FALSE(read_echo_reply(true, false, bytes));

    std::vector<std::byte> with_header(24, std::byte{0});  // a header of six words
    with_header[0] = std::byte{0x46};
    with_header.insert(with_header.end(), bytes.begin(), bytes.end());
    CHECK(read_echo_reply(false, true, with_header) == EchoReply{0x1234, 0x0102});
    for (std::size_t size = 0; size < 32; ++size)
        CHECK_FALSE(read_echo_reply(false, true, std::span{with_header}.first(size)));
}
