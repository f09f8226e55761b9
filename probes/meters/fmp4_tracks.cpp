#include "probes/meters/fmp4_tracks.h"

#include <algorithm>
#include <cmath>

#include "probes/meters/fmp4_bytes.h"

namespace outrider::probes {
namespace {

// More than any stream has; bounds the memory that a hostile one can take.
constexpr std::size_t kMaxTracks = 32;
constexpr std::string_view kLonger = "more bytes";

/// Of a sample entry, given from its own size on, as far as it was kept: 14496-12 12.1.3 (a VisualSampleEntry has 78
/// bytes behind its header), 14496-15 5.3.4 and 8.4.1 (the configuration, whose byte 4 or 21 says it).
std::uint8_t length_size_of(std::span<const std::uint8_t> entry) {
    constexpr std::size_t kHeader = 8;
    constexpr std::size_t kVisual = 78;
    constexpr std::uint8_t kUsual = 4;
    auto boxes = entry.subspan(std::min(entry.size(), kHeader + kVisual));
    while (boxes.size() >= kHeader) {
        FieldReader in{boxes};
        const auto size = in.u32();
        const auto type = in.u32();
        const std::size_t at = kHeader + (type == box_type("hvcC") ? 21 : 4);
        if (type == box_type("avcC") || type == box_type("hvcC"))
            return at < boxes.size() ? static_cast<std::uint8_t>((boxes[at] & 0x03) + 1) : kUsual;
        if (size < kHeader || size > boxes.size()) break;
        boxes = boxes.subspan(size);
    }
    return kUsual;
}

VideoCoding coding_of(std::uint32_t codec) {
    if (codec == box_type("avc1") || codec == box_type("avc3")) return VideoCoding::h264;
    if (codec == box_type("hvc1") || codec == box_type("hev1")) return VideoCoding::hevc;
    return VideoCoding::other;
}
// Edit lists shift by delays of coding and padding; beyond this they are nonsense, and ignored.
constexpr std::int64_t kMaxEdit = std::int64_t{1} << 40;

}  // namespace

std::optional<TrackKind> Fmp4Track::kind() const noexcept {
    if (handler == box_type("vide")) return TrackKind::video;
    if (handler == box_type("soun")) return TrackKind::audio;
    return std::nullopt;
}

bool Fmp4Track::encrypted() const noexcept { return codec == box_type("encv") || codec == box_type("enca"); }

void Fmp4Tracks::begin_movie() {
    tracks_.clear();
    movie_timescale_ = 0;
}

void Fmp4Tracks::begin_track() {
    current_ = {};
    empty_edit_ = 0;
    edit_start_ = 0;
}

std::string_view Fmp4Tracks::end_track() {
    if (!current_.kind()) return {};
    if (current_.timescale == 0) return "a timescale above 0 in mdhd";
    if (tracks_.size() == kMaxTracks) return "32 tracks at most";
    current_.edit_offset = edit_start_;
    if (empty_edit_ > 0 && movie_timescale_ > 0) {
        const auto delay = static_cast<double>(empty_edit_) * current_.timescale / movie_timescale_;
        if (delay < static_cast<double>(kMaxEdit)) current_.edit_offset -= std::llround(delay);
    }
    tracks_.push_back(current_);
    return {};
}

std::string_view Fmp4Tracks::on_mvhd(std::span<const std::uint8_t> bytes) {
    FieldReader in{bytes};
    const auto version = in.u8();
    in.skip(3);
    (void)in.u32_or_64(version);  // creation
    (void)in.u32_or_64(version);  // modification
    movie_timescale_ = in.u32();
    return in.ran_out() ? kLonger : std::string_view{};
}

std::string_view Fmp4Tracks::on_tkhd(std::span<const std::uint8_t> bytes) {
    FieldReader in{bytes};
    const auto version = in.u8();
    in.skip(3);
    (void)in.u32_or_64(version);
    (void)in.u32_or_64(version);
    current_.id = in.u32();
    return in.ran_out() ? kLonger : std::string_view{};
}

std::string_view Fmp4Tracks::on_mdhd(std::span<const std::uint8_t> bytes) {
    FieldReader in{bytes};
    const auto version = in.u8();
    in.skip(3);
    (void)in.u32_or_64(version);
    (void)in.u32_or_64(version);
    current_.timescale = in.u32();
    return in.ran_out() ? kLonger : std::string_view{};
}

std::string_view Fmp4Tracks::on_hdlr(std::span<const std::uint8_t> bytes) {
    FieldReader in{bytes};
    in.skip(8);
    current_.handler = in.u32();
    return in.ran_out() ? kLonger : std::string_view{};
}

std::string_view Fmp4Tracks::on_stsd(std::span<const std::uint8_t> bytes) {
    FieldReader in{bytes};
    in.skip(4);
    if (in.u32() == 0) return {};
    const auto entry = bytes.subspan(std::min<std::size_t>(bytes.size(), 8));
    in.skip(4);  // the entry's size
    current_.codec = in.u32();
    if (in.ran_out()) return kLonger;
    current_.nals = {.coding = coding_of(current_.codec), .length_size = length_size_of(entry)};
    FormatHash format;
    format.add(entry);
    current_.format = format.value();
    return {};
}

/// ISO/IEC 14496-12 8.6.6, as far as streams use it: an empty edit that delays the track, then the media time at which
/// it begins. More edits than that are ignored.
std::string_view Fmp4Tracks::on_elst(std::span<const std::uint8_t> bytes) {
    FieldReader in{bytes};
    const auto version = in.u8();
    in.skip(3);
    const auto count = std::min<std::uint32_t>(in.u32(), 2);
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto duration = in.u32_or_64(version);
        const auto raw = in.u32_or_64(version);
        in.skip(4);  // rate
        const auto start = version == 1 ? static_cast<std::int64_t>(raw)
                                        : std::int64_t{static_cast<std::int32_t>(static_cast<std::uint32_t>(raw))};
        if (i == 0 && start == -1) {
            empty_edit_ = duration;
            continue;
        }
        if (start >= 0 && start < kMaxEdit) edit_start_ = start;
        break;
    }
    return in.ran_out() ? kLonger : std::string_view{};
}

std::string_view Fmp4Tracks::on_trex(std::span<const std::uint8_t> bytes) {
    FieldReader in{bytes};
    in.skip(4);
    const auto id = in.u32();
    in.skip(4);  // sample description index
    const SampleDefaults defaults{.duration = in.u32(), .size = in.u32(), .flags = in.u32()};
    if (in.ran_out()) return kLonger;
    if (auto* track = find(id)) track->defaults = defaults;
    return {};
}

Fmp4Track* Fmp4Tracks::find(std::uint32_t id) {
    const auto found = std::ranges::find(tracks_, id, &Fmp4Track::id);
    return found == tracks_.end() ? nullptr : &*found;
}

bool Fmp4Tracks::is_played(const Fmp4Track& track) const {
    const auto first = std::ranges::find(tracks_, track.handler, &Fmp4Track::handler);
    return first != tracks_.end() && first->id == track.id;
}

}  // namespace outrider::probes
