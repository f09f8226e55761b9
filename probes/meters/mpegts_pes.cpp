#include "probes/meters/mpegts_pes.h"

#include <algorithm>
#include <limits>

namespace outrider::probes {
namespace {

constexpr std::uint64_t kWrap = std::uint64_t{1} << 33;
constexpr std::size_t kFixedHeader = 9;  // start code 3, stream id 1, length 2, flags 2, header length 1
constexpr std::size_t kTimestamp = 5;

/// The value congruent to `raw` that is nearest to `reference`.
std::int64_t nearest(std::uint64_t raw, std::int64_t reference) {
    auto step = (raw - static_cast<std::uint64_t>(reference)) % kWrap;
    const bool back = step >= kWrap / 2;
    return reference + static_cast<std::int64_t>(step) - (back ? static_cast<std::int64_t>(kWrap) : 0);
}

/// 90 kHz; |ticks| < 2^46 keeps the product within 64 bits.
constexpr Duration from_ticks(std::int64_t ticks) { return Duration{ticks * 100'000 / 9}; }

/// 4 bits of prefix, then 3 + 15 + 15 bits, each followed by a marker bit.
constexpr std::uint64_t timestamp_at(const std::uint8_t* at) {
    return (std::uint64_t{at[0]} >> 1 & 0x07) << 30 | std::uint64_t{at[1]} << 22 | (std::uint64_t{at[2]} >> 1) << 15 |
           std::uint64_t{at[3]} << 7 | std::uint64_t{at[4]} >> 1;
}

constexpr VideoCoding coding_of(TsCodec codec) {
    return codec == TsCodec::h264 ? VideoCoding::h264 : codec == TsCodec::hevc ? VideoCoding::hevc : VideoCoding::other;
}

constexpr std::uint32_t format_of(TsCodec codec, std::uint32_t parameters) {
    FormatHash hash;
    hash.add(static_cast<std::uint8_t>(codec));
    for (int shift = 0; shift < 32; shift += 8) hash.add(static_cast<std::uint8_t>(parameters >> shift));
    return hash.value();
}

/// Streams whose PES packets have no optional header, table 2-21: maps, padding, private 2, ECM, EMM, DSM-CC, ….
constexpr bool has_optional_header(std::uint8_t stream_id) {
    constexpr std::array<std::uint8_t, 8> bare{0xBC, 0xBE, 0xBF, 0xF0, 0xF1, 0xF2, 0xF8, 0xFF};
    return stream_id >= 0xBC && std::ranges::find(bare, stream_id) == bare.end();
}

}  // namespace

TsTimeline::Times TsTimeline::place(std::uint64_t dts, std::uint64_t pts) {
    constexpr std::int64_t kFar = std::int64_t{1} << 46;  // 24 years: only a hostile stream gets there, and starts anew
    auto ticks = last_ticks_ ? nearest(dts, *last_ticks_) : static_cast<std::int64_t>(dts);
    if (ticks > kFar || ticks < -kFar) ticks = static_cast<std::int64_t>(dts);
    last_ticks_ = ticks;
    return {.dts = from_ticks(ticks), .pts = from_ticks(nearest(pts, ticks))};
}

PesReader::PesReader(TsCodec codec) : codec_(codec), scan_(codec) {
    if (AudioSplitter::splits(codec)) splitter_.emplace(codec);
}

void PesReader::feed(const TsPacket& packet, bool damaged, Instant arrival, TsTimeline& timeline, MediaUnits& units) {
    if (damaged && splitter_) splitter_->damaged();
    if (damaged) unit_damaged_ = true;  // the one in hand, whose rest is missing
    if (packet.starts) {
        state_ = State::header;
        have_ = 0;
        want_ = kFixedHeader;
        random_access_ = packet.random_access;
    } else if (damaged && state_ != State::payload) {
        state_ = State::idle;
    }
    on_payload(packet.payload, arrival, timeline, units);
}

void PesReader::feed_run(TsPackets packets, Instant arrival, TsTimeline& timeline, MediaUnits& units) {
    constexpr auto kPayload = kTsPacketSize - kTsHeaderSize;
    if (pass_over(packets.size() / kTsPacketSize * kPayload, arrival)) return;
    for (; !packets.empty(); packets = packets.subspan(kTsPacketSize))
        on_payload(packets.subspan(kTsHeaderSize, kPayload), arrival, timeline, units);
}

/// True: that many bytes of payload are taken, and none of them had to be looked at.
bool PesReader::pass_over(std::size_t payload, Instant arrival) {
    if (state_ == State::idle) return true;
    if (state_ != State::payload || splitter_) return false;
    if (stated_left_ && *stated_left_ <= payload) return false;
    const bool looks = coding_of(codec_) == VideoCoding::other ? !scan_.done() : !picture_.done();
    if (unit_ && looks) return false;
    if (unit_) grow_unit(payload, arrival);
    if (stated_left_) *stated_left_ -= static_cast<std::uint32_t>(payload);
    return true;
}

void PesReader::grow_unit(std::size_t payload, Instant arrival) {
    constexpr auto kMost = std::numeric_limits<std::uint32_t>::max();
    unit_->size += static_cast<std::uint32_t>(std::min<std::size_t>(payload, kMost - unit_->size));
    unit_->arrival = arrival;
}

void PesReader::on_payload(Bytes bytes, Instant arrival, TsTimeline& timeline, MediaUnits& units) {
    if (state_ == State::header || state_ == State::optional_header) bytes = read_header(bytes, timeline, units);
    if (state_ == State::payload) take_payload(bytes, arrival, units);
}

void PesReader::flush(MediaUnits& units) {
    finish_unit(units);
    state_ = State::idle;
}

/// Consumes header bytes; what it leaves is payload, when the state then says so.
PesReader::Bytes PesReader::read_header(Bytes bytes, TsTimeline& timeline, MediaUnits& units) {
    while (!bytes.empty() || have_ == want_) {
        if (have_ < want_) {
            const auto n = std::min(want_ - have_, bytes.size());
            std::copy_n(bytes.begin(), n, header_.begin() + static_cast<std::ptrdiff_t>(have_));
            have_ += n;
            bytes = bytes.subspan(n);
        } else if (state_ == State::header) {
            if (!on_fixed_header()) {
                finish_unit(units);
                state_ = State::idle;
                return {};
            }
        } else if (skip_ > 0) {
            if (bytes.empty()) return {};
            const auto n = std::min(skip_, bytes.size());
            skip_ -= n;
            bytes = bytes.subspan(n);
        } else {
            on_header(bytes, timeline, units);
            return bytes;
        }
    }
    return {};
}

/// False: not a PES packet with timestamps, or scrambled.
bool PesReader::on_fixed_header() {
    const bool start_code = header_[0] == 0 && header_[1] == 0 && header_[2] == 1;
    if (!start_code || !has_optional_header(header_[3]) || (header_[6] & 0xC0) != 0x80) return false;
    const std::size_t stated = static_cast<std::size_t>((header_[4] << 8) | header_[5]);
    const std::size_t rest = header_[8];
    const std::size_t behind_length = kFixedHeader - 6 + rest;
    if (stated != 0 && stated < behind_length) return false;
    stated_left_.reset();
    if (stated != 0) stated_left_ = static_cast<std::uint32_t>(stated - behind_length);
    const std::size_t flagged = (header_[7] & 0x80) == 0 ? 0 : (header_[7] & 0x40) == 0 ? kTimestamp : 2 * kTimestamp;
    if (flagged > rest) return false;
    want_ = kFixedHeader + flagged;
    skip_ = rest - flagged;
    state_ = State::optional_header;
    return true;
}

void PesReader::on_header(Bytes payload, TsTimeline& timeline, MediaUnits& units) {
    state_ = State::payload;
    std::optional<TsTimeline::Times> times;
    if (want_ > kFixedHeader) {
        const auto pts = timestamp_at(&header_[kFixedHeader]);
        const auto dts = want_ > kFixedHeader + kTimestamp ? timestamp_at(&header_[kFixedHeader + kTimestamp]) : pts;
        times = timeline.place(dts, pts);
    }
    if (splitter_) {
        splitter_->pes_begins(times ? std::optional{times->pts} : std::nullopt);
        return;
    }
    if (!times && !begins_access_unit(codec_, payload)) return;  // goes on with the unit in hand
    finish_unit(units);
    if (!times && last_dts_) times = {.dts = *last_dts_ + last_step_, .pts = *last_dts_ + last_step_};
    if (times) open_unit(*times);
}

void PesReader::open_unit(const TsTimeline::Times& times) {
    constexpr Duration kLongestStep = std::chrono::seconds{10};  // beyond it is a jump, and no guide to the next
    if (last_dts_) last_step_ = std::clamp(times.dts - *last_dts_, Duration{}, kLongestStep);
    last_dts_ = times.dts;
    scan_.begin();
    picture_.begin({.coding = coding_of(codec_), .length_size = 0}, random_access_);
    unit_damaged_ = false;
    unit_ = MediaUnit{.kind = is_video(codec_) ? TrackKind::video : TrackKind::audio,
                      .dts = times.dts,
                      .pts = times.pts,
                      .duration = std::nullopt,
                      .keyframe = random_access_ || !is_video(codec_),
                      .size = 0,
                      .arrival = {}};
}

void PesReader::take_payload(Bytes bytes, Instant arrival, MediaUnits& units) {
    if (stated_left_) bytes = bytes.first(std::min<std::size_t>(*stated_left_, bytes.size()));
    if (splitter_) {
        const auto before = units.size();
        splitter_->feed(bytes, arrival, units);
        for (auto i = before; i < units.size(); ++i) units[i].format = format_of(codec_, 0);
    } else if (unit_ && !bytes.empty()) {
        if (coding_of(codec_) == VideoCoding::other) {
            scan_.feed(bytes);
        } else {
            picture_.feed(bytes);
        }
        grow_unit(bytes.size(), arrival);
    }
    if (!stated_left_) return;
    *stated_left_ -= static_cast<std::uint32_t>(bytes.size());
    if (*stated_left_ > 0) return;
    finish_unit(units);
    state_ = State::idle;
}

void PesReader::finish_unit(MediaUnits& units) {
    if (!unit_) return;
    if (coding_of(codec_) == VideoCoding::other) {
        unit_->keyframe = unit_->keyframe || scan_.keyframe();
        unit_->format = format_of(codec_, 0);
    } else {
        unit_->keyframe = picture_.keyframe();
        if (picture_.clock()) unit_->clock = *picture_.clock();
        if (!unit_damaged_) unit_->fingerprint = picture_.fingerprint();
        if (!unit_damaged_ && picture_.parameters() != 0) unit_->format = format_of(codec_, picture_.parameters());
    }
    if (unit_->size > 0) units.push_back(*unit_);
    unit_.reset();
}

}  // namespace outrider::probes
