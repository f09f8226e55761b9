// The boxes of a fragment: which samples there are, when they play, where their bytes lie.
#include <algorithm>
#include <bit>
#include <string>

#include "probes/meters/fmp4.h"
#include "probes/meters/fmp4_bytes.h"

namespace outrider::probes {
namespace {

// tfhd flags, 14496-12 8.8.7.
constexpr std::uint32_t kBaseDataOffset = 0x1;
constexpr std::uint32_t kDescriptionIndex = 0x2;
constexpr std::uint32_t kDefaultDuration = 0x8;
constexpr std::uint32_t kDefaultSize = 0x10;
constexpr std::uint32_t kDefaultFlags = 0x20;
constexpr std::uint32_t kBaseIsMoof = 0x20000;
// trun flags, 8.8.8.
constexpr std::uint32_t kDataOffset = 0x1;
constexpr std::uint32_t kFirstFlags = 0x4;
constexpr std::uint32_t kDuration = 0x100;
constexpr std::uint32_t kSize = 0x200;
constexpr std::uint32_t kFlags = 0x400;
constexpr std::uint32_t kComposition = 0x800;
// Sample flags, 8.8.3.1: not a sync sample, or depends on others. libavformat takes both as "no keyframe".
constexpr std::uint32_t kNoKeyframe = 0x10000 | 0x1000000;

constexpr std::int64_t kMaxTicks = std::int64_t{1} << 61;
constexpr std::uint64_t kMaxPosition = std::uint64_t{1} << 61;
// Media times are below a century, so that meters can add them without overflow. A Unix time fits.
constexpr std::int64_t kMaxSeconds = 100LL * 365 * 86'400;

bool in_reach(std::int64_t ticks, std::uint32_t timescale) {
    const auto seconds = ticks / static_cast<std::int64_t>(timescale);
    return seconds < kMaxSeconds && seconds > -kMaxSeconds;
}

}  // namespace

bool Fmp4Meter::on_tfhd(std::span<const std::uint8_t> bytes) {
    FieldReader in{bytes};
    in.skip(1);
    const auto flags = in.u24();
    auto* track = tracks_.find(in.u32());
    fragment_ = {.track = track != nullptr && tracks_.is_played(*track) ? track : nullptr,
                 .defaults = track != nullptr ? track->defaults : SampleDefaults{},
                 .base = (flags & kBaseIsMoof) != 0 ? moof_begin_ : data_end_,
                 .next_data = 0};
    if ((flags & kBaseDataOffset) != 0) fragment_.base = in.u64();
    if ((flags & kDescriptionIndex) != 0) in.skip(4);
    if ((flags & kDefaultDuration) != 0) fragment_.defaults.duration = in.u32();
    if ((flags & kDefaultSize) != 0) fragment_.defaults.size = in.u32();
    if ((flags & kDefaultFlags) != 0) fragment_.defaults.flags = in.u32();
    if (in.ran_out()) return fail("want more bytes");
    if (fragment_.base > kMaxPosition) return fail("want a base offset within a file");
    fragment_.next_data = fragment_.base;
    return true;
}

bool Fmp4Meter::on_tfdt(std::span<const std::uint8_t> bytes) {
    FieldReader in{bytes};
    const auto version = in.u8();
    in.skip(3);
    const auto time = in.u32_or_64(version);
    if (in.ran_out()) return fail("want more bytes");
    if (time > static_cast<std::uint64_t>(kMaxTicks)) return fail("want a decode time of less than 100 years");
    if (fragment_.track != nullptr) fragment_.track->next_dts = static_cast<std::int64_t>(time);
    return true;
}

/// First with the eight bytes that every trun has, then again with those that its flags promise.
bool Fmp4Meter::on_run(std::span<const std::uint8_t> bytes) {
    if (fragment_.track == nullptr) return skip_rest();
    FieldReader in{bytes};
    in.skip(1);
    run_.flags = in.u24();
    run_.left = in.u32();
    if (in.ran_out()) return fail("want more bytes");
    const auto head = 8U + ((run_.flags & kDataOffset) != 0 ? 4U : 0U) + ((run_.flags & kFirstFlags) != 0 ? 4U : 0U);
    if (bytes.size() < head) {
        if (box_.end - position_ < head - bytes.size()) return fail("want more bytes");
        want_ = head;
        return true;
    }
    if ((run_.flags & kDataOffset) != 0) {
        const auto offset = static_cast<std::int32_t>(in.u32());
        const auto at = static_cast<std::int64_t>(fragment_.base) + offset;
        if (at < 0) return fail("want a data offset within the file, got " + std::to_string(offset));
        fragment_.next_data = static_cast<std::uint64_t>(at);
    }
    run_.first_flags.reset();
    if ((run_.flags & kFirstFlags) != 0) run_.first_flags = in.u32();

    const auto entry =
        4 * static_cast<std::size_t>(std::popcount(run_.flags & (kDuration | kSize | kFlags | kComposition)));
    if (entry > 0 && run_.left > (box_.end - position_) / entry)
        return fail("want room for " + std::to_string(run_.left) + " samples");
    expect(State::run_entry, entry);
    if (entry > 0) return run_.left > 0 || skip_rest();
    if (run_.left > PendingSamples::kMax) return fail("want 16384 samples at most, got " + std::to_string(run_.left));
    while (run_.left > 0)
        if (!on_run_entry({})) return false;
    return skip_rest();
}

bool Fmp4Meter::on_run_entry(std::span<const std::uint8_t> bytes) {
    FieldReader in{bytes};
    const auto& defaults = fragment_.defaults;
    const auto duration = (run_.flags & kDuration) != 0 ? in.u32() : defaults.duration;
    const auto size = (run_.flags & kSize) != 0 ? in.u32() : defaults.size;
    auto flags = (run_.flags & kFlags) != 0 ? in.u32() : defaults.flags;
    if (run_.first_flags) flags = *run_.first_flags;
    run_.first_flags.reset();
    // Unsigned in version 0, but the values that need the top bit are negative ones of muxers that took no heed.
    const auto composition = (run_.flags & kComposition) != 0 ? static_cast<std::int32_t>(in.u32()) : 0;
    if (!add_sample(duration, size, flags, composition)) return false;
    --run_.left;
    have_ = 0;
    if (want_ == 0 || run_.left > 0) return true;
    return skip_rest();
}

bool Fmp4Meter::add_sample(std::uint32_t duration, std::uint32_t size, std::uint32_t flags, std::int64_t composition) {
    auto& track = *fragment_.track;
    const auto kind = *track.kind();
    const auto dts = track.next_dts - track.edit_offset;
    const auto pts = dts + composition;
    track.next_dts += duration;
    if (!in_reach(dts, track.timescale) || !in_reach(pts, track.timescale) || !in_reach(duration, track.timescale) ||
        track.next_dts > kMaxTicks)
        return fail("want media times of less than 100 years");
    const auto end = fragment_.next_data + size;
    if (end > kMaxPosition) return fail("want samples within the file");
    fragment_.next_data = data_end_ = end;
    if (size == 0) return true;  // nothing that could arrive
    if (end <= position_) return fail("want samples after their description");
    if (samples_.full()) return fail("want 16384 samples at most that wait for their data");
    if (kind == TrackKind::video) video_nals_ = track.nals;
    samples_.add(end,
                 {.kind = kind,
                  .dts = ticks_to_time(dts, track.timescale),
                  .pts = ticks_to_time(pts, track.timescale),
                  .duration = duration > 0 ? std::optional{ticks_to_time(duration, track.timescale)} : std::nullopt,
                  .keyframe = kind == TrackKind::audio || (flags & kNoKeyframe) == 0,
                  .size = size,
                  .arrival = {},
                  .fingerprint = 0,
                  .format = track.format,
                  .clock = {}});
    return true;
}

bool Fmp4Meter::on_prft(std::span<const std::uint8_t> bytes) {
    constexpr std::int64_t ntp_to_unix = 2'208'988'800;  // 1900 to 1970
    FieldReader in{bytes};
    const auto version = in.u8();
    in.skip(3);
    auto* track = tracks_.find(in.u32());
    auto seconds = std::int64_t{in.u32()} - ntp_to_unix;
    const auto fraction = std::uint64_t{in.u32()};
    const auto media = in.u32_or_64(version);
    if (in.ran_out()) return fail("want more bytes");
    if (track == nullptr || !tracks_.is_played(*track) || media > static_cast<std::uint64_t>(kMaxTicks)) return true;
    if (seconds < 0) seconds += std::int64_t{1} << 32;  // NTP's second era begins in 2036
    const auto ticks = static_cast<std::int64_t>(media) - track->edit_offset;
    if (!in_reach(ticks, track->timescale)) return true;
    producer_time_ = ProducerTime{.wall = Instant{std::chrono::seconds{seconds}} +
                                          Duration{static_cast<std::int64_t>((fraction * 1'000'000'000ULL) >> 32)},
                                  .media = ticks_to_time(ticks, track->timescale),
                                  .kind = *track->kind()};
    return true;
}

void Fmp4Meter::on_emsg(std::span<const std::uint8_t> bytes) {
    FieldReader in{bytes};
    const auto version = in.u8();
    in.skip(version == 0 ? 3 : 23);  // version 1 has its numbers first: timescale, time, duration, id
    const auto text = in.rest();
    const auto end = std::ranges::find(text.first(std::min<std::size_t>(text.size(), 64)), std::uint8_t{0});
    ++events_;
    event_scheme_.assign(text.begin(), end);
}

}  // namespace outrider::probes
