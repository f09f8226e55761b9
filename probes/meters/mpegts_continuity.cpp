#include "probes/meters/mpegts_continuity.h"

#include <cstring>
#include <initializer_list>

namespace outrider::probes {
namespace {

/// Tells payloads apart (a duplicate's PCR may differ, its payload may not): its size and three of its words. All of it
/// hashed was a fifth of an HLS stream's CPU, and only a loss of exactly 15 packets makes the difference.
std::uint64_t print_of(std::span<const std::uint8_t> payload) {
    constexpr auto kWord = sizeof(std::uint64_t);
    constexpr std::uint64_t kSpread = 0x9E3779B97F4A7C15U;  // 2^64 / golden ratio: spreads every bit upwards
    std::uint64_t print = payload.size();
    if (payload.size() < kWord) {
        for (const auto byte : payload) print = (print ^ byte) * kSpread;
        return print;
    }
    const auto last = payload.size() - kWord;
    for (const auto at : {std::size_t{0}, last / 2, last}) {
        std::uint64_t word = 0;
        std::memcpy(&word, &payload[at], kWord);
        print = (print ^ word) * kSpread;
        print ^= print >> 29;
    }
    return print;
}

constexpr std::uint8_t next_counter(std::uint8_t counter, unsigned step = 1) {
    return static_cast<std::uint8_t>((counter + step) & 0x0F);
}

}  // namespace

ContinuityFinding ContinuityTrack::check(const TsPacket& packet) {
    if (packet.discontinuity || !known_) {
        if (!packet.has_payload && !packet.discontinuity) return {};
        restart(packet, print_of(packet.payload));
        return {.kind = Continuity::first, .lost = 0};
    }
    if (!packet.has_payload) return {};

    const auto print = print_of(packet.payload);
    const auto step = static_cast<unsigned>((packet.continuity - last_) & 0x0F);
    if (step == 1) {
        if (hole_size_ > 0 && packet.continuity == hole_) hole_size_ = 0;  // its numbers are in use again
        last_ = packet.continuity;
        print_ = print;
        repeated_ = false;
        return {};
    }
    if (step == 0 && print == print_) {
        if (repeated_) return {.kind = Continuity::repeated, .lost = 0};
        repeated_ = true;
        return {.kind = Continuity::duplicate, .lost = 0};
    }
    if (hole_size_ > 0 && packet.continuity == hole_) {
        hole_ = next_counter(hole_);
        --hole_size_;
        return {.kind = Continuity::late, .lost = 0};
    }
    const unsigned lost = step == 0 ? 15 : step - 1;
    const auto first_missing = next_counter(last_);
    restart(packet, print);
    hole_ = first_missing;
    hole_size_ = static_cast<std::uint8_t>(lost == 15 ? 0 : lost);
    return {.kind = Continuity::gap, .lost = lost};
}

std::size_t ContinuityTrack::check_run(std::uint16_t pid, TsPackets packets) {
    if (!known_ || hole_size_ > 0) return 0;
    const auto high = static_cast<std::uint8_t>(pid >> 8);
    const auto low = static_cast<std::uint8_t>(pid & 0xFF);
    auto counter = next_counter(last_);
    std::size_t end = 0;
    for (; end < packets.size(); end += kTsPacketSize) {
        const auto* header = &packets[end];
        // All but transport_priority: no error, no start; not scrambled, payload only.
        if ((header[1] & 0xDF) != high || header[2] != low || header[3] != (0x10 | counter)) break;
        counter = next_counter(counter);
    }
    if (end == 0) return 0;
    last_ = next_counter(counter, 15);
    repeated_ = false;
    print_ = print_of(packets.first(end).last(kTsPacketSize - kTsHeaderSize));  // nothing was compared with the others
    return end / kTsPacketSize;
}

void ContinuityTrack::restart(const TsPacket& packet, std::uint64_t print) {
    known_ = true;
    repeated_ = false;
    last_ = packet.continuity;
    hole_size_ = 0;
    print_ = print;
}

}  // namespace outrider::probes
