#include "probes/meters/fmp4.h"

#include <algorithm>

#include "probes/meters/fmp4_bytes.h"

namespace outrider::probes {
namespace {

// No file is longer; keeps sums of positions and sizes from overflow.
constexpr std::uint64_t kMaxPosition = std::uint64_t{1} << 61;

struct Place {
    std::uint32_t type;
    std::uint32_t parent;  // 0: the file itself
};

constexpr std::uint32_t kFile = 0;
constexpr std::array kContainers{Place{box_type("moov"), kFile},
                                 Place{box_type("trak"), box_type("moov")},
                                 Place{box_type("edts"), box_type("trak")},
                                 Place{box_type("mdia"), box_type("trak")},
                                 Place{box_type("minf"), box_type("mdia")},
                                 Place{box_type("stbl"), box_type("minf")},
                                 Place{box_type("mvex"), box_type("moov")},
                                 Place{box_type("moof"), kFile},
                                 Place{box_type("traf"), box_type("moof")}};

struct Leaf {
    Place place;
    std::size_t bytes;  // how many of its first ones are looked at
};
constexpr std::array kLeaves{Leaf{{box_type("mvhd"), box_type("moov")}, 24},
                             Leaf{{box_type("tkhd"), box_type("trak")}, 24},
                             Leaf{{box_type("mdhd"), box_type("mdia")}, 24},
                             Leaf{{box_type("hdlr"), box_type("mdia")}, 12},
                             Leaf{{box_type("stsd"), box_type("stbl")}, 256},
                             Leaf{{box_type("elst"), box_type("edts")}, 48},
                             Leaf{{box_type("trex"), box_type("mvex")}, 24},
                             Leaf{{box_type("tfhd"), box_type("traf")}, 36},
                             Leaf{{box_type("tfdt"), box_type("traf")}, 12},
                             Leaf{{box_type("trun"), box_type("traf")}, 8},
                             Leaf{{box_type("prft"), kFile}, 24},
                             Leaf{{box_type("emsg"), kFile}, 256}};

// What a file or segment may begin with; anything else is some other format.
constexpr std::array kFirst{box_type("ftyp"), box_type("styp"), box_type("moov"), box_type("moof"),
                            box_type("sidx"), box_type("emsg"), box_type("prft"), box_type("mdat"),
                            box_type("free"), box_type("skip"), box_type("uuid"), box_type("ssix")};

std::string name_of(std::uint32_t type) {
    std::string name;
    for (int shift = 24; shift >= 0; shift -= 8) {
        const auto c = static_cast<char>((type >> shift) & 0xFF);
        name += c >= ' ' && c <= '~' ? c : '?';
    }
    return name;
}

}  // namespace

void Fmp4Meter::begin_resource(std::uint64_t offset) {
    position_ = std::min(offset, kMaxPosition);
    samples_.begin(position_, received_);
    scanned_.reset();
    depth_ = 0;
    skip_ = 0;
    first_box_ = true;
    expect(State::header, 8);
}

bool Fmp4Meter::feed(std::span<const std::byte> bytes, Instant arrival, MediaUnits& units) {
    if (!error_.empty()) return false;
    const auto advance = [&](std::size_t n) {
        position_ += n;
        received_ += n;
        bytes = bytes.subspan(n);
        return samples_.arrived(position_, arrival, units) || fail("want samples that do not overlap");
    };
    while (!bytes.empty()) {
        if (skip_ > 0) {
            const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, bytes.size()));
            const auto n = look(bytes.first(most));
            skip_ -= n;
            if (!advance(n)) return false;
            if (skip_ == 0 && !close_boxes()) return false;
            continue;
        }
        const auto n = std::min(want_ - have_, bytes.size());
        std::ranges::transform(bytes.first(n), field_.begin() + static_cast<std::ptrdiff_t>(have_),
                               [](std::byte b) { return static_cast<std::uint8_t>(b); });
        have_ += n;
        if (!advance(n)) return false;
        if (have_ == want_ && !on_field()) return false;
    }
    return true;
}

/// Looks into the bytes that come next, up to the end of a sample; says how many they are, at least 1 of those given.
std::size_t Fmp4Meter::look(std::span<const std::byte> media) {
    const auto next = samples_.next();
    if (!next) return media.size();
    const auto n = static_cast<std::size_t>(std::min<std::uint64_t>(media.size(), next->end - position_));
    if (next->unit.kind != TrackKind::video || position_ + n <= next->begin) return n;
    if (scanned_ != next->order) scan_.begin(video_nals_, next->unit.keyframe);
    scanned_ = next->order;
    const auto before = next->begin - std::min(next->begin, position_);
    const auto bytes = media.subspan(static_cast<std::size_t>(before), n - static_cast<std::size_t>(before));
    scan_.feed({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    if (position_ + n < next->end) return n;
    if (next->unit.keyframe) next->unit.fingerprint = scan_.fingerprint();
    if (scan_.clock()) next->unit.clock = *scan_.clock();
    return n;
}

void Fmp4Meter::expect(State state, std::size_t bytes) {
    state_ = state;
    want_ = bytes;
    have_ = 0;
}

/// header [-> large_size] -> a container: header of its first child
///                        -> a leaf we read: leaf [-> run_entry …] -> rest skipped -> header
///                        -> any other: skipped -> header
bool Fmp4Meter::on_field() {
    switch (state_) {
        case State::header: return on_header();
        case State::large_size: return on_large_size();
        case State::leaf: return on_leaf();
        case State::run_entry: return on_run_entry(std::span{field_}.first(have_));
    }
    return true;
}

bool Fmp4Meter::on_header() {
    FieldReader in{std::span{field_}.first(8)};
    const auto size = in.u32();
    box_.type = in.u32();
    box_begin_ = position_ - 8;
    if (size == 1) {
        expect(State::large_size, 8);
        return true;
    }
    if (size == 0) {  // to the end of the file
        if (depth_ > 0 || box_.type != box_type("mdat")) return fail("want a size, got 0");
        return open_box(box_.type, kMaxPosition);
    }
    return open_box(box_.type, size);
}

bool Fmp4Meter::on_large_size() {
    FieldReader in{std::span{field_}.first(8)};
    return open_box(box_.type, in.u64());
}

bool Fmp4Meter::open_box(std::uint32_t type, std::uint64_t size) {
    const auto header = position_ - box_begin_;
    if (first_box_ && std::ranges::find(kFirst, type) == kFirst.end())
        return fail("want a file to begin with ftyp, styp, moof or their like");
    first_box_ = false;
    if (size < header || size > kMaxPosition)
        return fail("want a size of at least " + std::to_string(header) + ", got " + std::to_string(size));
    box_.end = box_begin_ + size;
    if (depth_ > 0 && box_.end > open_[depth_ - 1].end) return fail("want a box that ends within its parent");
    const auto here = [&](const Place& place) { return place.type == type && place.parent == parent(); };
    if (std::ranges::any_of(kContainers, here)) return open_container(type);
    const auto leaf = std::ranges::find_if(kLeaves, [&](const Leaf& l) { return here(l.place); });
    if (leaf == kLeaves.end()) return skip_rest();
    expect(State::leaf, static_cast<std::size_t>(std::min<std::uint64_t>(leaf->bytes, box_.end - position_)));
    return want_ > 0 || on_leaf();
}

bool Fmp4Meter::open_container(std::uint32_t type) {
    open_[depth_++] = box_;  // each has one place, and no path through those is deeper than five
    if (type == box_type("moov")) tracks_.begin_movie();
    if (type == box_type("trak")) tracks_.begin_track();
    if (type == box_type("moof")) moof_begin_ = data_end_ = box_begin_;
    if (type == box_type("moov") || type == box_type("traf")) fragment_ = {};
    expect(State::header, 8);
    return close_boxes();
}

bool Fmp4Meter::on_leaf() {
    const auto bytes = std::span<const std::uint8_t>{field_}.first(have_);
    std::string_view wanted;
    switch (box_.type) {
        case box_type("mvhd"): wanted = tracks_.on_mvhd(bytes); break;
        case box_type("tkhd"): wanted = tracks_.on_tkhd(bytes); break;
        case box_type("mdhd"): wanted = tracks_.on_mdhd(bytes); break;
        case box_type("hdlr"): wanted = tracks_.on_hdlr(bytes); break;
        case box_type("stsd"): wanted = tracks_.on_stsd(bytes); break;
        case box_type("elst"): wanted = tracks_.on_elst(bytes); break;
        case box_type("trex"): wanted = tracks_.on_trex(bytes); break;
        case box_type("emsg"): on_emsg(bytes); break;
        case box_type("tfhd"):
            if (!on_tfhd(bytes)) return false;
            break;
        case box_type("tfdt"):
            if (!on_tfdt(bytes)) return false;
            break;
        case box_type("prft"):
            if (!on_prft(bytes)) return false;
            break;
        case box_type("trun"): return on_run(bytes);
        default: break;
    }
    if (!wanted.empty()) return fail("want " + std::string{wanted});
    return skip_rest();
}

/// To the end of this box, which may be here.
bool Fmp4Meter::skip_rest() {
    skip_ = box_.end - position_;
    expect(State::header, 8);
    return skip_ > 0 || close_boxes();
}

bool Fmp4Meter::close_boxes() {
    while (depth_ > 0 && position_ == open_[depth_ - 1].end)
        if (!close(open_[--depth_].type)) return false;
    return true;
}

bool Fmp4Meter::close(std::uint32_t type) {
    if (type != box_type("trak")) return true;
    const auto wanted = tracks_.end_track();
    return wanted.empty() || fail("want " + std::string{wanted});
}

bool Fmp4Meter::fail(std::string_view what) {
    error_ = "byte " + std::to_string(position_) + ": " + name_of(box_.type) + ": " + std::string{what};
    return false;
}

}  // namespace outrider::probes
