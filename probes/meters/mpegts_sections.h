// Tables of a transport stream: sections out of packets, their checksum, the PAT and the PMT.
// Source: ISO/IEC 13818-1 2.4.4 and annex A; stream types and descriptors also ETSI EN 300 468, ATSC A/52 annex A.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "probes/meters/mpegts_packet.h"

namespace outrider::probes {

/// CRC-32 of ISO/IEC 13818-1 annex A; 0 over a section that ends in its own checksum.
[[nodiscard]] std::uint32_t crc32_mpeg(std::span<const std::uint8_t> bytes) noexcept;

/// Puts the sections of one PID together. Holds at most one section, at most 4096 bytes.
class SectionReader {
public:
    using Bytes = std::span<const std::uint8_t>;

    /// Calls `on_section(Bytes)`, header and checksum included, for each section that the packet completed.
    template <typename OnSection>
    void feed(const TsPacket& packet, OnSection&& on_section) {
        begin_packet(packet);
        while (take_section()) on_section(Bytes{section_});
    }

    /// Packets were lost: the section in hand will not be whole.
    void drop() noexcept;

private:
    void begin_packet(const TsPacket& packet);
    [[nodiscard]] bool take_section();
    [[nodiscard]] bool take_from(Bytes& source);

    std::vector<std::uint8_t> section_;
    bool gathering_ = false;  // section_ is part of one
    Bytes tail_;              // of this packet: the end, or more, of a section that began earlier
    Bytes fresh_;             // of this packet: where sections begin
};

/// The start of every long section.
struct SectionHeader {
    std::uint8_t table_id = 0;
    bool has_checksum = false;    ///< section_syntax_indicator: the long form
    std::uint16_t extension = 0;  ///< transport_stream_id of a PAT, program_number of a PMT
    std::uint8_t version = 0;
    bool current = false;
    std::uint8_t number = 0;
    std::uint8_t last_number = 0;
    std::uint32_t checksum = 0;
};
/// Of a whole section from a SectionReader; the fields after has_checksum stay 0 in the short form.
[[nodiscard]] SectionHeader read_section_header(std::span<const std::uint8_t> section) noexcept;

struct PatEntry {
    std::uint16_t program = 0;  ///< never 0: that entry names the network information table
    std::uint16_t pmt_pid = 0;
    friend bool operator==(const PatEntry&, const PatEntry&) = default;
};
[[nodiscard]] std::vector<PatEntry> read_pat(std::span<const std::uint8_t> section);

/// The program association table out of its sections, of which a new version replaces all. At most 128 programs.
class PatTable {
public:
    /// Takes a whole section with a right checksum; true when the table is complete and not what it was. A sender that
    /// began anew may say the same version of other contents, so the checksums decide.
    bool take(std::span<const std::uint8_t> section);

    /// Of the last complete table; empty before.
    [[nodiscard]] const std::vector<PatEntry>& entries() const noexcept { return entries_; }

private:
    struct Part {
        std::uint8_t number = 0;
        std::uint32_t checksum = 0;
        std::vector<PatEntry> entries;
    };
    std::uint32_t edition_ = 0;  // stream id, version and count of the sections being collected
    std::vector<Part> parts_;
    std::vector<PatEntry> entries_;
};

enum class TsCodec : std::uint8_t {
    data,  ///< subtitles, metadata, cues: no media units
    mpeg_video,
    mpeg4_video,
    h264,
    hevc,
    other_video,
    adts,
    latm,
    ac3,  ///< and E-AC-3
    mpeg_audio,
    opus,
    other_audio,
};
[[nodiscard]] constexpr bool is_video(TsCodec c) noexcept {
    return c >= TsCodec::mpeg_video && c <= TsCodec::other_video;
}
[[nodiscard]] constexpr bool is_audio(TsCodec c) noexcept { return c >= TsCodec::adts; }

struct PmtStream {
    std::uint16_t pid = 0;
    TsCodec codec = TsCodec::data;
    friend bool operator==(const PmtStream&, const PmtStream&) = default;
};
struct Pmt {
    std::uint16_t pcr_pid = kNullPid;  ///< kNullPid: the program has no clock
    std::vector<PmtStream> streams;    ///< in the table's order, at most 64
    friend bool operator==(const Pmt&, const Pmt&) = default;
};
[[nodiscard]] Pmt read_pmt(std::span<const std::uint8_t> section);

}  // namespace outrider::probes
