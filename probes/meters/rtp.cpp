#include "probes/meters/rtp.h"

namespace outrider::probes {
namespace {

constexpr std::uint16_t kMaxDropout = 3'000;             // A.1
constexpr std::uint16_t kMaxMisorder = 100;              // A.1
constexpr Duration kPatience = std::chrono::seconds{1};  // beyond any reordering that networks do

}  // namespace

RtpReception RtpMeter::on_packet(const RtpPacket& packet, Instant arrival) {
    if (!options_.payload_type) options_.payload_type = packet.payload_type;
    if (packet.payload_type != *options_.payload_type) {
        ++counts_.other_types;
        return {.verdict = RtpVerdict::other_type, .index = 0};
    }
    settle(arrival);
    if (ssrc_ != packet.ssrc) return on_candidate(packet, arrival);
    const auto ahead = static_cast<std::uint16_t>(packet.sequence - highest_sequence_);
    if (ahead > 0 && ahead < kMaxDropout) {
        candidate_.reset();
        measure_jitter(packet, arrival);
        highest_sequence_ = packet.sequence;
        return go_on(highest_ + ahead, arrival);
    }
    const auto behind = static_cast<std::uint16_t>(highest_sequence_ - packet.sequence);
    if (behind >= kMaxMisorder) return on_candidate(packet, arrival);
    const auto reception = go_back(highest_ - behind);
    if (reception.verdict == RtpVerdict::reordered) measure_jitter(packet, arrival);
    return reception;
}

/// A source is heard, and a jump believed, once two packets came in sequence with none of the present sequence between.
RtpReception RtpMeter::on_candidate(const RtpPacket& packet, Instant arrival) {
    const bool confirmed = candidate_ && candidate_->ssrc == packet.ssrc &&
                           packet.sequence == static_cast<std::uint16_t>(candidate_->sequence + 1);
    if (confirmed) return start(packet, arrival);
    if (ssrc_) ++counts_.stray;
    candidate_ = packet;
    candidate_->payload = {};
    return {.verdict = RtpVerdict::waiting, .index = 0};
}

RtpReception RtpMeter::start(const RtpPacket& packet, Instant arrival) {
    if (ssrc_ == packet.ssrc) ++counts_.restarts;
    if (ssrc_ && ssrc_ != packet.ssrc) ++counts_.new_sources;
    for (auto& place : window_) {
        if (place.slot == Slot::missing) give_up(place);
        place = {};
    }
    ssrc_ = packet.ssrc;
    highest_sequence_ = packet.sequence;
    candidate_.reset();
    last_timestamp_.reset();
    measure_jitter(packet, arrival);
    // An index of its own beyond the window: nothing before it can be taken for a late packet of this sequence.
    highest_ += kWindow;
    auto reception = go_on(highest_ + 1, arrival);
    reception.verdict = RtpVerdict::started;
    return reception;
}

RtpReception RtpMeter::go_on(std::uint64_t index, Instant arrival) {
    const auto first = index - highest_ > kWindow ? index - kWindow + 1 : highest_ + 1;
    counts_.expected += index - highest_;
    counts_.lost_for_good += first - highest_ - 1;  // missing, and out of the window at once
    for (auto at = first; at <= index; ++at) {
        auto& place = window_[at % kWindow];
        if (place.slot == Slot::missing) give_up(place);
        place = {.slot = at < index ? Slot::missing : Slot::received, .passed = arrival};
        if (at < index) ++missing_;
    }
    ++counts_.received;
    highest_ = index;
    return {.verdict = RtpVerdict::in_order, .index = index};
}

RtpReception RtpMeter::go_back(std::uint64_t index) {
    auto& place = window_[index % kWindow];
    if (place.slot == Slot::outside) {  // before the base of this sequence
        ++counts_.stray;
        return {.verdict = RtpVerdict::waiting, .index = 0};
    }
    if (place.slot == Slot::received) {
        ++counts_.duplicates;
        return {.verdict = RtpVerdict::duplicate, .index = 0};
    }
    if (place.slot == Slot::missing) --missing_;
    if (place.slot == Slot::given_up) ++counts_.late;
    place.slot = Slot::received;
    ++counts_.reordered;
    ++counts_.received;
    return {.verdict = RtpVerdict::reordered, .index = index};
}

/// In order of arrival, which need not be that of the sequence (6.4.1). Unlike A.8 it keeps nanoseconds.
void RtpMeter::measure_jitter(const RtpPacket& packet, Instant arrival) {
    if (last_timestamp_) {
        const auto ticks = std::int64_t{static_cast<std::int32_t>(packet.timestamp - *last_timestamp_)};
        const auto d =
            std::chrono::abs((arrival - last_arrival_) - Duration{ticks * 1'000'000'000 / options_.clock_rate});
        const auto j = jitter_.value_or(Duration{});
        jitter_ = j + (d - j) / 16;  // J += (|D| - J) / 16, RFC 3550 6.4.1
    }
    last_timestamp_ = packet.timestamp;
    last_arrival_ = arrival;
}

void RtpMeter::advance(Instant at) { settle(at); }

void RtpMeter::settle(Instant at) {
    if (missing_ == 0) return;
    for (auto& place : window_)
        if (place.slot == Slot::missing && at - place.passed > kPatience) give_up(place);
}

void RtpMeter::give_up(Place& place) {
    place.slot = Slot::given_up;
    --missing_;
    ++counts_.lost_for_good;
}

}  // namespace outrider::probes
