// The link model and the TCP reset, without a network: times are arguments, chances are seeded.
//
//   offered          settings                    expected
//   one packet       delay 20 ms                 out at +20 ms
//   10 x 1250 B      1 Mbit/s                    out every 10 ms
//   500 x 1250 B     1 Mbit/s, default queue     26 accepted (32 KiB), the rest refused
//   100,000          loss 2 % / Gilbert–Elliott  share lost, mean length of a burst

#include "link_model.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "tcp_flows.h"

namespace outrider::lab {
namespace {

using namespace std::chrono_literals;

Packet packet(std::size_t size, std::uint32_t tag = 0) {
    return {.bytes = std::vector<std::uint8_t>(size), .route = tag, .stage = 0};
}

struct Arrival {
    Nanos at;
    std::uint32_t tag;
};

/// Lets time pass from event to event until the link is empty.
std::vector<Arrival> drain(LinkModel& link) {
    std::vector<Arrival> arrivals;
    std::vector<Packet> out;
    while (const auto at = link.next_at()) {
        link.deliver(*at, out);
        for (const Packet& p : out) arrivals.push_back({*at, p.route});
        out.clear();
    }
    return arrivals;
}

struct Losses {
    double share;       // of all packets
    double mean_burst;  // packets lost in a row
};

Losses measure_losses(const Impairment& impairment, int packets) {
    LinkModel link(7);
    link.set(0s, impairment);
    int lost = 0, bursts = 0;
    bool was_lost = false;
    for (int i = 0; i < packets; ++i) {
        const bool is_lost = link.offer(Nanos(i), packet(100)) != Fate::accepted;
        lost += is_lost ? 1 : 0;
        bursts += is_lost && !was_lost ? 1 : 0;
        was_lost = is_lost;
    }
    return {static_cast<double>(lost) / packets, bursts == 0 ? 0 : static_cast<double>(lost) / bursts};
}

TEST_CASE("link: delay holds a packet for exactly that long", "[lab][link]") {
    LinkModel link(1);
    link.set(0s, {.delay = 20ms});
    CHECK(link.offer(5ms, packet(1000)) == Fate::accepted);
    const auto arrivals = drain(link);
    REQUIRE(arrivals.size() == 1);
    CHECK(arrivals[0].at == 25ms);
}

TEST_CASE("link: a rate spaces packets, also when the owner comes late", "[lab][link]") {
    LinkModel link(1);
    link.set(0s, {.rate_bps = 1e6});
    for (std::uint32_t i = 0; i < 10; ++i) link.offer(0s, packet(1250, i));
    SECTION("visited at each event") {
        const auto arrivals = drain(link);
        REQUIRE(arrivals.size() == 10);
        for (std::size_t i = 0; i < 10; ++i) CHECK(arrivals[i].at == static_cast<std::int64_t>(i + 1) * 10ms);
    }
    SECTION("visited once, at 55 ms") {
        std::vector<Packet> out;
        link.deliver(55ms, out);
        CHECK(out.size() == 5);
        CHECK(link.next_at() == Nanos(60ms));
    }
}

TEST_CASE("link: a new rate applies to what is queued and half sent", "[lab][link]") {
    LinkModel link(1);
    link.set(0s, {.rate_bps = 1e6});
    link.offer(0s, packet(1250));  // 10 ms
    link.offer(0s, packet(1250));
    link.set(5ms, {.rate_bps = 2e6});  // 5 ms of the first are left: 2.5 ms now, then 5 ms for the second
    const auto arrivals = drain(link);
    REQUIRE(arrivals.size() == 2);
    CHECK(arrivals[0].at == 7500us);
    CHECK(arrivals[1].at == 12500us);
}

TEST_CASE("link: the queue is bounded, by default at 200 ms or 32 KiB", "[lab][link]") {
    const auto accepted = [](const Impairment& impairment) {
        LinkModel link(1);
        link.set(0s, impairment);
        int count = 0;
        for (int i = 0; i < 500; ++i) count += link.offer(0s, packet(1250)) == Fate::accepted ? 1 : 0;
        return count;
    };
    CHECK(accepted({.rate_bps = 1e6}) == 26);    // 32,768 B
    CHECK(accepted({.rate_bps = 10e6}) == 200);  // 250,000 B
    CHECK(accepted({.rate_bps = 1e6, .queue_bytes = 12500}) == 10);
    CHECK(accepted({.rate_bps = 1e6, .queue_time = Nanos(50ms)}) == 5);
    CHECK(accepted({.rate_bps = 1e6, .queue_bytes = 10}) == 1);  // never closed altogether
    CHECK(accepted({}) == 500);                                  // without a rate nothing queues
}

TEST_CASE("link: jitter has the deviation asked for and keeps the order unless told", "[lab][link]") {
    const bool reorder = GENERATE(false, true);
    LinkModel link(3);
    link.set(0s, {.delay = 50ms, .jitter = 5ms, .reorder = reorder});
    std::vector<Arrival> arrivals;
    std::vector<Packet> out;
    constexpr std::uint32_t kPackets = 20000;
    for (std::uint32_t i = 0; i < kPackets; ++i) {
        link.offer(i * 5ms, packet(100, i));
        while (link.next_at() && *link.next_at() <= i * 5ms) {
            const Nanos at = *link.next_at();
            link.deliver(at, out);
            for (const Packet& p : out) arrivals.push_back({at, p.route});
            out.clear();
        }
    }
    for (const Arrival& late : drain(link)) arrivals.push_back(late);
    REQUIRE(arrivals.size() == kPackets);

    double sum = 0, squares = 0;
    bool in_order = true;
    for (std::size_t i = 0; i < arrivals.size(); ++i) {
        const double delay = std::chrono::duration<double>(arrivals[i].at - arrivals[i].tag * 5ms).count();
        sum += delay;
        squares += delay * delay;
        in_order = in_order && arrivals[i].tag == i;
    }
    const double mean = sum / kPackets;
    CHECK(mean == Approx(0.050).margin(0.0015));
    CHECK(std::sqrt(squares / kPackets - mean * mean) == Approx(0.005).margin(0.0007));
    CHECK(in_order == !reorder);
}

TEST_CASE("link: random loss agrees with its probability", "[lab][link]") {
    const auto losses = measure_losses({.loss = 0.02}, 100000);
    CHECK(losses.share == Approx(0.02).margin(0.002));
    CHECK(losses.mean_burst == Approx(1.02).margin(0.02));
}

TEST_CASE("link: Gilbert–Elliott loses p/(p+r) in bursts of 1/r", "[lab][link]") {
    const auto losses = measure_losses({.ge_p = 0.01, .ge_r = 0.25}, 200000);
    CHECK(losses.share == Approx(0.01 / 0.26).margin(0.003));
    CHECK(losses.mean_burst == Approx(4).margin(0.2));
}

TEST_CASE("link: a black hole swallows what is inside as well", "[lab][link]") {
    LinkModel link(1);
    link.set(0s, {.delay = 20ms});
    link.offer(0s, packet(100));
    link.set(10ms, {.delay = 20ms, .blackhole = true});
    CHECK(link.offer(11ms, packet(100)) == Fate::blackholed);
    CHECK(drain(link).empty());
    CHECK(link.counters().blackholed == 2);
    CHECK(link.counters().out == 0);
}

TEST_CASE("link: the same seed loses the same packets", "[lab][link]") {
    LinkModel a(5), b(5), other(6);
    for (LinkModel* link : {&a, &b, &other}) link->set(0s, {.loss = 0.5});
    int differs = 0;
    for (int i = 0; i < 100; ++i) {
        const Fate fate = a.offer(Nanos(i), packet(10));
        CHECK(fate == b.offer(Nanos(i), packet(10)));
        differs += fate != other.offer(Nanos(i), packet(10)) ? 1 : 0;
    }
    CHECK(differs > 20);
}

TEST_CASE("link: discard forgets chosen packets in queue and flight", "[lab][link]") {
    LinkModel link(1);
    link.set(0s, {.delay = 1s, .rate_bps = 1e6});
    for (std::uint32_t i = 0; i < 6; ++i) link.offer(0s, packet(1250, i));
    std::vector<Packet> none;
    link.deliver(25ms, none);  // two are in flight, the third is being sent
    link.discard([](const Packet& p) { return p.route % 2 == 1; });
    std::vector<std::uint32_t> tags;
    for (const Arrival& a : drain(link)) tags.push_back(a.tag);
    CHECK(tags == std::vector<std::uint32_t>{0, 2, 4});
}

// ---- TCP ----

const Endpoint kViewer{0xC6120080, 40000}, kEdge{0xC6120010, 8080};

/// A segment with only the ACK flag: an RST with other flags and an acknowledgement.
std::vector<std::uint8_t> segment(Endpoint from, Endpoint to, std::uint32_t ack, std::uint8_t flags = 0x10) {
    auto bytes = make_rst(from, to, 1);
    bytes[33] = flags;
    for (std::size_t i = 0; i < 4; ++i) bytes[28 + i] = static_cast<std::uint8_t>(ack >> (24 - 8 * i));
    return bytes;
}

std::uint32_t sequence_of(const std::vector<std::uint8_t>& p) {
    return static_cast<std::uint32_t>(p[24]) << 24 | static_cast<std::uint32_t>(p[25]) << 16 |
           static_cast<std::uint32_t>(p[26]) << 8 | p[27];
}

TEST_CASE("reset: each end gets an RST with the number it waits for", "[lab][tcp]") {
    TcpFlows flows;
    CHECK_FALSE(flows.observe(segment(kViewer, kEdge, 1000)));
    CHECK_FALSE(flows.observe(segment(kEdge, kViewer, 77)));
    const auto rsts = flows.reset_all();
    REQUIRE(rsts.size() == 2);
    for (const auto& rst : rsts) {
        const auto view = view_tcp(rst);
        REQUIRE(view);
        CHECK(view->rst);
        CHECK(sequence_of(rst) == (view->to == kViewer ? 1000U : 77U));
    }
}

TEST_CASE("reset: an end that had received more is answered until it gives up", "[lab][tcp]") {
    TcpFlows flows;
    (void)flows.observe(segment(kViewer, kEdge, 1000));
    (void)flows.reset_all();
    CHECK(flows.is_doomed(segment(kEdge, kViewer, 5)));
    const auto answer = flows.observe(segment(kViewer, kEdge, 2448));  // its delayed ACK
    REQUIRE(answer);
    CHECK(view_tcp(answer->rst)->to == kViewer);
    CHECK(sequence_of(answer->rst) == 2448);
}

TEST_CASE("reset: the same ports may connect again", "[lab][tcp]") {
    TcpFlows flows;
    (void)flows.observe(segment(kViewer, kEdge, 1000));
    (void)flows.reset_all();
    CHECK_FALSE(flows.observe(segment(kViewer, kEdge, 0, 0x02)));  // SYN
    CHECK_FALSE(flows.is_doomed(segment(kEdge, kViewer, 1)));
}

TEST_CASE("reset: packets that are not TCP are left alone", "[lab][tcp]") {
    auto udp = segment(kViewer, kEdge, 1);
    udp[9] = 17;
    CHECK_FALSE(view_tcp(udp));
    CHECK_FALSE(view_tcp({}));
    CHECK_FALSE(view_tcp(std::vector<std::uint8_t>(20, 0x45)));
}

}  // namespace
}  // namespace outrider::lab
