#include "probes/meters/mpegts_sections.h"

#include <algorithm>
#include <array>

namespace outrider::probes {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t kShortHeader = 3;
constexpr std::size_t kLongHeader = 8;
constexpr std::size_t kChecksum = 4;
constexpr std::size_t kMaxSection = 4096;  // 2.4.4.11: private sections; PAT and PMT end at 1024
constexpr std::uint8_t kStuffing = 0xFF;   // in the place of a table_id: no more sections in this packet

constexpr auto kCrcTable = [] {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        std::uint32_t crc = i << 24;
        for (int bit = 0; bit < 8; ++bit) crc = (crc << 1) ^ ((crc & 0x80000000U) != 0 ? 0x04C11DB7U : 0U);
        table[i] = crc;
    }
    return table;
}();

constexpr std::uint16_t u16(Bytes bytes, std::size_t at) {
    return static_cast<std::uint16_t>((bytes[at] << 8) | bytes[at + 1]);
}
constexpr std::uint16_t pid_at(Bytes bytes, std::size_t at) { return u16(bytes, at) & 0x1FFF; }
constexpr std::size_t length_at(Bytes bytes, std::size_t at) { return u16(bytes, at) & 0x0FFF; }

/// What lies between the long header and the checksum.
Bytes body_of(Bytes section) {
    if (section.size() < kLongHeader + kChecksum) return {};
    return section.subspan(kLongHeader, section.size() - kLongHeader - kChecksum);
}

constexpr std::uint32_t fourcc(const char (&text)[5]) {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = (value << 8) | static_cast<std::uint8_t>(text[i]);
    return value;
}

TsCodec codec_registered(std::uint32_t format) {
    if (format == fourcc("AC-3") || format == fourcc("EAC3")) return TsCodec::ac3;
    if (format == fourcc("Opus")) return TsCodec::opus;
    if (format == fourcc("HEVC")) return TsCodec::hevc;
    if (format == fourcc("VC-1") || format == fourcc("drac") || format == fourcc("AV01")) return TsCodec::other_video;
    if (format == fourcc("DTS1") || format == fourcc("DTS2") || format == fourcc("DTS3") || format == fourcc("BSSD"))
        return TsCodec::other_audio;
    return TsCodec::data;
}

/// Private streams (stream type 6 and above 0x80) say by their descriptors what they are.
TsCodec codec_described(Bytes descriptors) {
    while (descriptors.size() >= 2) {
        const auto tag = descriptors[0];
        const std::size_t length = descriptors[1];
        if (length + 2 > descriptors.size()) break;
        if (tag == 0x6A || tag == 0x7A) return TsCodec::ac3;          // EN 300 468: AC-3, enhanced AC-3
        if (tag == 0x7B || tag == 0x7C) return TsCodec::other_audio;  // DTS, AAC without a stated framing
        if (tag == 0x05 && length >= 4) {
            const auto format = (std::uint32_t{u16(descriptors, 2)} << 16) | u16(descriptors, 4);
            if (const auto codec = codec_registered(format); codec != TsCodec::data) return codec;
        }
        descriptors = descriptors.subspan(length + 2);
    }
    return TsCodec::data;
}

TsCodec codec_of(std::uint8_t stream_type, Bytes descriptors) {
    switch (stream_type) {
        case 0x01:
        case 0x02: return TsCodec::mpeg_video;
        case 0x03:
        case 0x04: return TsCodec::mpeg_audio;
        case 0x0F: return TsCodec::adts;
        case 0x10: return TsCodec::mpeg4_video;
        case 0x11: return TsCodec::latm;
        case 0x1B: return TsCodec::h264;
        case 0x24: return TsCodec::hevc;
        case 0x21:                               // JPEG 2000
        case 0x33:                               // VVC
        case 0x42:                               // AVS
        case 0xD1:                               // Dirac
        case 0xD2:                               // AVS2
        case 0xD4:                               // AVS3
        case 0xEA: return TsCodec::other_video;  // VC-1
        case 0x1C:                               // MPEG-4 audio without framing
        case 0x83:                               // TrueHD
        case 0x85: return TsCodec::other_audio;  // DTS-HD
        case 0x81:
        case 0x84:
        case 0x87: return TsCodec::ac3;
        default: return codec_described(descriptors);
    }
}

}  // namespace

std::uint32_t crc32_mpeg(Bytes bytes) noexcept {
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const auto byte : bytes) crc = (crc << 8) ^ kCrcTable[(crc >> 24) ^ byte];
    return crc;
}

void SectionReader::drop() noexcept {
    section_.clear();
    gathering_ = false;
}

// payload with a start:  | pointer_field = n | n bytes: end of the former section | section | section | FF FF … |
// payload without:       | middle or end of the former section | FF FF … |
void SectionReader::begin_packet(const TsPacket& packet) {
    tail_ = packet.payload;
    fresh_ = {};
    if (packet.starts && !tail_.empty()) {
        const auto pointer = std::min<std::size_t>(tail_[0], tail_.size() - 1);
        fresh_ = tail_.subspan(1 + pointer);
        tail_ = tail_.subspan(1, pointer);
        if (tail_.empty()) drop();  // a new section begins although the one in hand is not whole
    }
    if (!gathering_) tail_ = {};
}

bool SectionReader::take_section() {
    if (tail_.empty() && fresh_.empty()) return false;
    if (gathering_ && !tail_.empty()) {
        const bool whole = take_from(tail_);
        tail_ = {};
        if (whole) return true;
        if (fresh_.empty()) return false;
    }
    section_.clear();
    gathering_ = false;
    if (fresh_.empty() || fresh_[0] == kStuffing) return false;
    gathering_ = true;
    return take_from(fresh_);
}

/// Moves bytes from `source` to the section in hand; true when it is whole.
bool SectionReader::take_from(Bytes& source) {
    for (const bool header : {true, false}) {
        const auto wanted = header ? kShortHeader : kShortHeader + length_at(section_, 1);
        if (wanted > kMaxSection) {
            drop();
            source = {};
            return false;
        }
        if (section_.size() < wanted) {
            const auto n = std::min(wanted - section_.size(), source.size());
            section_.insert(section_.end(), source.begin(), source.begin() + static_cast<std::ptrdiff_t>(n));
            source = source.subspan(n);
        }
        if (section_.size() < wanted) return false;
    }
    gathering_ = false;
    return true;
}

SectionHeader read_section_header(Bytes section) noexcept {
    SectionHeader header;
    if (section.size() < kShortHeader) return header;
    header.table_id = section[0];
    header.has_checksum = (section[1] & 0x80) != 0;
    if (!header.has_checksum || section.size() < kLongHeader + kChecksum) return header;
    header.extension = u16(section, 3);
    header.version = (section[5] >> 1) & 0x1F;
    header.current = (section[5] & 1) != 0;
    header.number = section[6];
    header.last_number = section[7];
    const auto at = section.size() - kChecksum;
    header.checksum = (std::uint32_t{u16(section, at)} << 16) | u16(section, at + 2);
    return header;
}

std::vector<PatEntry> read_pat(Bytes section) {
    std::vector<PatEntry> entries;
    for (auto body = body_of(section); body.size() >= 4; body = body.subspan(4))
        if (const auto program = u16(body, 0); program != 0) entries.push_back({program, pid_at(body, 2)});
    return entries;
}

bool PatTable::take(Bytes section) {
    constexpr std::size_t kMaxPrograms = 128;
    const auto header = read_section_header(section);
    if (!header.current || header.number > header.last_number) return false;
    const auto edition =
        (std::uint32_t{header.extension} << 16) | (std::uint32_t{header.version} << 8) | header.last_number;
    if (edition != edition_) parts_.clear();
    edition_ = edition;
    auto part = std::ranges::find(parts_, header.number, &Part::number);
    if (part != parts_.end() && part->checksum == header.checksum) return false;
    if (part == parts_.end()) part = parts_.insert(parts_.end(), Part{});
    *part = {.number = header.number, .checksum = header.checksum, .entries = read_pat(section)};
    std::size_t programs = 0;
    for (auto& known : parts_) {
        known.entries.resize(std::min(known.entries.size(), kMaxPrograms - programs));
        programs += known.entries.size();
    }
    if (parts_.size() != std::size_t{header.last_number} + 1) return false;
    std::ranges::sort(parts_, {}, &Part::number);
    std::vector<PatEntry> entries;
    for (const auto& known : parts_) entries.insert(entries.end(), known.entries.begin(), known.entries.end());
    if (entries == entries_) return false;
    entries_ = std::move(entries);
    return true;
}

Pmt read_pmt(Bytes section) {
    Pmt pmt;
    auto body = body_of(section);
    if (body.size() < 4) return pmt;
    pmt.pcr_pid = pid_at(body, 0);
    const auto program_info = length_at(body, 2);
    body = body.subspan(4);
    body = body.subspan(std::min(program_info, body.size()));
    constexpr std::size_t kMaxStreams = 64;
    while (body.size() >= 5 && pmt.streams.size() < kMaxStreams) {
        const auto info = std::min(length_at(body, 3), body.size() - 5);
        pmt.streams.push_back({.pid = pid_at(body, 1), .codec = codec_of(body[0], body.subspan(5, info))});
        body = body.subspan(5 + info);
    }
    return pmt;
}

}  // namespace outrider::probes
