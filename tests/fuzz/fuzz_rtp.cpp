// Any datagrams: parsed or refused, counted without contradiction, and put in order within the buffer's bounds. The
// input is a row of datagrams: two bytes of length, one of milliseconds before it, then the datagram.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "probes/meters/reorder_buffer.h"
#include "probes/meters/rtp.h"
#include "probes/meters/rtp_clock.h"

using namespace outrider;
using namespace outrider::probes;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::span bytes{reinterpret_cast<const std::byte*>(data), size};
    auto at = Instant{std::chrono::seconds{1'700'000'000}};
    constexpr ReorderLimits limits{.packets = 8, .bytes = 4'096, .wait = std::chrono::milliseconds{50}};
    RtpMeter meter{{.payload_type = std::nullopt, .clock_rate = 90'000}};
    RtpClock clock;
    ReorderBuffer buffer{limits};
    std::size_t in_bytes = 0;
    std::size_t out_bytes = 0;
    Instant last_out = at;
    const auto deliver = [&](std::span<const std::byte> payload, Instant when) {
        require(when >= last_out);
        last_out = when;
        out_bytes += payload.size();
    };
    RtpCounts before;
    std::uint64_t last_index = 0;
    while (bytes.size() >= 3) {
        const auto octet = [&bytes](std::size_t i) { return std::to_integer<std::size_t>(bytes[i]); };
        const auto length = std::min((octet(0) << 8) | octet(1), bytes.size() - 3);
        at += std::chrono::milliseconds{octet(2)};
        const auto datagram = bytes.subspan(3, length);
        bytes = bytes.subspan(3 + length);

        if (const auto report = read_sender_report(datagram)) {
            require(datagram.size() >= 28);
            if (report->ntp) (void)report->wall_time(before.received == 0 ? 0U : 0xFFFFFFFFU, 90'000);
            clock.on_report(*report, at);
        }
        const auto read = read_rtp(datagram);
        if (const auto* reason = std::get_if<RtpReject>(&read)) {
            require(!to_string(*reason).empty());
            continue;
        }
        const auto& packet = std::get<RtpPacket>(read);
        require(packet.payload.size() + 12 <= datagram.size());
        const auto reception = meter.on_packet(packet, at);
        clock.on_packet(packet);
        if (const auto latency = clock.latency(at)) require(std::chrono::abs(*latency) < std::chrono::days{60});
        const auto& counts = meter.counts();
        require(counts.received <= counts.expected && counts.expected >= before.expected);
        require(counts.lost_for_good >= before.lost_for_good && counts.lost_for_good <= counts.expected);
        require(counts.late <= counts.reordered && counts.reordered <= counts.received);
        require(counts.lost() <= counts.lost_for_good + 128);
        require(meter.jitter().value_or(Duration{}) >= Duration{});
        switch (reception.verdict) {
            case RtpVerdict::started: buffer.flush(at, deliver); [[fallthrough]];
            case RtpVerdict::in_order:
                require(reception.index > last_index);
                last_index = reception.index;
                [[fallthrough]];
            case RtpVerdict::reordered:
                require(reception.index <= last_index);
                in_bytes += packet.payload.size();
                buffer.push(reception.index, packet.payload, at, deliver);
                break;
            case RtpVerdict::duplicate:
            case RtpVerdict::waiting:
            case RtpVerdict::other_type: break;
        }
        require(buffer.held() <= limits.packets && buffer.held_bytes() <= limits.bytes);
        before = counts;
    }
    buffer.flush(at, deliver);
    require(out_bytes <= in_bytes);
    meter.advance(at + std::chrono::hours{1});
    require(meter.counts().lost_for_good == meter.counts().lost() + meter.counts().late);
    return 0;
}
