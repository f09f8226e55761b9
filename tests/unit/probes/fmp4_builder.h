// Writes fMP4 boxes for tests, from ISO/IEC 14496-12 and not from the meter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace outrider::probes::test {

using BoxBytes = std::vector<std::byte>;

/// Concatenates its parts.
template <class... Parts>
BoxBytes joined(const Parts&... parts) {
    BoxBytes out;
    (out.insert(out.end(), parts.begin(), parts.end()), ...);
    return out;
}

inline BoxBytes number(std::uint64_t value, int bytes) {
    BoxBytes out;
    for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8)
        out.push_back(static_cast<std::byte>((value >> shift) & 0xFF));
    return out;
}

inline BoxBytes u32(std::uint64_t value) { return number(value, 4); }

inline BoxBytes text(std::string_view chars) {
    BoxBytes out;
    for (const char c : chars) out.push_back(static_cast<std::byte>(c));
    return out;
}

inline BoxBytes zeros(std::size_t count) { return BoxBytes(count); }

template <class... Parts>
BoxBytes box(std::string_view type, const Parts&... parts) {
    const auto body = joined(parts...);
    return joined(u32(body.size() + 8), text(type), body);
}

inline BoxBytes track(std::uint32_t id, std::string_view handler, std::uint32_t timescale,
                      std::string_view codec = "avc1") {
    return box("trak", box("tkhd", u32(0), zeros(8), u32(id), zeros(68)),
               box("mdia", box("mdhd", u32(0), zeros(8), u32(timescale), zeros(8)),
                   box("hdlr", zeros(8), text(handler), zeros(13)),
                   box("minf", box("stbl", box("stsd", u32(0), u32(1), box(codec, zeros(70)))))));
}

inline BoxBytes trex(std::uint32_t id, std::uint32_t duration, std::uint32_t size, std::uint32_t flags) {
    return box("trex", u32(0), u32(id), u32(1), u32(duration), u32(size), u32(flags));
}

/// Video as track 1 and sound as track 2, 1,000 ticks a second each; samples of 40 ticks, 100 bytes, not sync.
inline BoxBytes init_section() {
    return joined(
        box("ftyp", text("iso6"), u32(0)),
        box("moov", box("mvhd", u32(0), zeros(8), u32(1000), zeros(84)), track(1, "vide", 1000),
            track(2, "soun", 1000, "mp4a"), box("mvex", trex(1, 40, 100, 0x10000), trex(2, 40, 100, 0x10000))));
}

/// tfhd with default-base-is-moof.
inline BoxBytes tfhd(std::uint32_t id) { return box("tfhd", u32(0x20000), u32(id)); }
inline BoxBytes tfdt(std::uint64_t time) { return box("tfdt", u32(0x01000000), number(time, 8)); }

}  // namespace outrider::probes::test
