// Writes MPEG transport streams for tests, from the format's specification and not from the meter.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace outrider::probes::test {

using Octets = std::vector<std::uint8_t>;
using RawPacket = std::array<std::uint8_t, 188>;

constexpr int kPmtPid = 0x1000;
constexpr int kVideoPid = 0x100;
constexpr int kAudioPid = 0x101;

/// The checksum bit by bit, as ISO/IEC 13818-1 annex A draws it.
inline std::uint32_t crc_bitwise(const Octets& bytes) {
    std::uint32_t crc = 0xFFFFFFFF;
    for (const auto byte : bytes)
        for (int bit = 7; bit >= 0; --bit) {
            const bool one = ((crc >> 31) ^ (byte >> bit & 1U)) != 0;
            crc = (crc << 1) ^ (one ? 0x04C11DB7U : 0U);
        }
    return crc;
}

struct PesTimes {
    std::optional<std::uint64_t> pts;
    std::optional<std::uint64_t> dts;
};

struct PacketExtras {
    std::optional<std::uint64_t> pcr_base;  // 90 kHz
    bool random_access = false;
    bool discontinuity = false;
};

class TsBuilder {
public:
    /// One packet whose payload is cut or, by its adaptation field, filled up to fit; the counter goes on by itself.
    TsBuilder& packet(int pid, bool starts, const Octets& payload, const PacketExtras& extras = {}) {
        emit(pid, starts, payload, 0, extras, true);
        return *this;
    }
    /// A packet without payload.
    TsBuilder& adaptation_only(int pid, const PacketExtras& extras) {
        emit(pid, false, {}, 0, extras, false);
        return *this;
    }
    /// Data over as many packets as it needs.
    TsBuilder& spread(int pid, const Octets& data, const PacketExtras& extras = {}) {
        std::size_t at = 0;
        for (bool first = true; at < data.size(); first = false)
            at += emit(pid, first, data, at, first ? extras : PacketExtras{}, true);
        return *this;
    }
    /// `size` counts the payload behind the header. `stated`: the length is in the header.
    TsBuilder& pes(int pid, int stream_id, PesTimes times, const Octets& payload, bool stated = false,
                   const PacketExtras& extras = {}) {
        return spread(pid, pes_bytes(stream_id, times, payload, stated), extras);
    }
    TsBuilder& section(int pid, const Octets& bytes) {
        Octets data{0};  // pointer_field
        data.insert(data.end(), bytes.begin(), bytes.end());
        if (data.size() % 184 != 0) data.resize((data.size() / 184 + 1) * 184, 0xFF);
        return spread(pid, data);
    }
    TsBuilder& pat(int version = 0) { return section(0, long_section(0, 1, version, 0, 0, {0, 1, 0xF0, 0x00})); }
    /// H.264 or another video on kVideoPid, AAC or another audio on kAudioPid; the video bears the clock.
    TsBuilder& pmt(int video_type = 0x1B, int audio_type = 0x0F, int version = 0, const Octets& audio_info = {}) {
        Octets body{0xE1, 0x00, 0xF0, 0x00};
        append(body, {video_type, 0xE1, 0x00, 0xF0, 0x00});
        append(body, {audio_type, 0xE1, 0x01, 0xF0, static_cast<int>(audio_info.size())});
        body.insert(body.end(), audio_info.begin(), audio_info.end());
        return section(kPmtPid, long_section(2, 1, version, 0, 0, body));
    }

    [[nodiscard]] static Octets long_section(int table, int extension, int version, int number, int last,
                                             const Octets& body) {
        const auto length = static_cast<int>(body.size()) + 9;
        Octets out;
        append(out, {table, 0xB0 | (length >> 8), length & 0xFF, extension >> 8, extension & 0xFF,
                     0xC1 | (version << 1), number, last});
        out.insert(out.end(), body.begin(), body.end());
        const auto crc = crc_bitwise(out);
        for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(crc >> shift));
        return out;
    }
    [[nodiscard]] static Octets pes_bytes(int stream_id, PesTimes times, const Octets& payload, bool stated) {
        const int stamps = times.pts ? (times.dts ? 2 : 1) : 0;
        Octets out{0, 0, 1, static_cast<std::uint8_t>(stream_id), 0, 0, 0x80, 0, static_cast<std::uint8_t>(stamps * 5)};
        out[7] = static_cast<std::uint8_t>(stamps == 2 ? 0xC0 : stamps == 1 ? 0x80 : 0);
        if (times.pts) stamp(out, stamps == 2 ? 3 : 2, *times.pts);
        if (times.dts) stamp(out, 1, *times.dts);
        out.insert(out.end(), payload.begin(), payload.end());
        if (stated) {
            out[4] = static_cast<std::uint8_t>((out.size() - 6) >> 8);
            out[5] = static_cast<std::uint8_t>((out.size() - 6) & 0xFF);
        }
        return out;
    }
    /// An H.264 access unit of `size` bytes: a delimiter and one slice.
    [[nodiscard]] static Octets h264(bool idr, std::size_t size) {
        Octets out{0, 0, 0, 1, 0x09, 0xF0, 0, 0, 1, static_cast<std::uint8_t>(idr ? 0x65 : 0x41)};
        out.resize(std::max(size, out.size()), 0xAB);
        return out;
    }
    /// An ADTS frame at 48 kHz, stereo, `size` bytes with its header.
    [[nodiscard]] static Octets adts(int size) {
        Octets out;
        append(out, {0xFF, 0xF1, 0x4C, 0x80 | (size >> 11), (size >> 3) & 0xFF, ((size & 7) << 5) | 0x1F, 0xFC});
        out.resize(static_cast<std::size_t>(size), 0x5A);
        return out;
    }

    [[nodiscard]] const std::vector<RawPacket>& packets() const { return packets_; }
    [[nodiscard]] std::vector<std::byte> bytes() const { return joined(packets_); }

    [[nodiscard]] static std::vector<std::byte> joined(const std::vector<RawPacket>& packets, std::size_t before = 0,
                                                       std::size_t behind = 0) {
        std::vector<std::byte> out;
        for (const auto& packet : packets) {
            out.insert(out.end(), before, std::byte{0x11});
            for (const auto octet : packet) out.push_back(static_cast<std::byte>(octet));
            out.insert(out.end(), behind, std::byte{0x22});
        }
        return out;
    }
    static void append(Octets& out, std::initializer_list<int> values) {
        for (const int v : values) out.push_back(static_cast<std::uint8_t>(v));
    }

private:
    static void stamp(Octets& out, int prefix, std::uint64_t value) {
        const auto octet = [](std::uint64_t v) { return static_cast<std::uint8_t>(v & 0xFF); };
        out.push_back(octet(static_cast<std::uint64_t>(prefix) << 4 | (value >> 30 & 7) << 1 | 1));
        out.push_back(octet(value >> 22));
        out.push_back(octet((value >> 15) << 1 | 1));
        out.push_back(octet(value >> 7));
        out.push_back(octet(value << 1 | 1));
    }

    /// Returns how much of `data` from `at` on went in.
    std::size_t emit(int pid, bool starts, const Octets& data, std::size_t at, const PacketExtras& extras,
                     bool payload) {
        Octets adaptation;  // without its length byte
        if (extras.pcr_base || extras.random_access || extras.discontinuity) {
            append(adaptation, {(extras.discontinuity ? 0x80 : 0) | (extras.random_access ? 0x40 : 0) |
                                (extras.pcr_base ? 0x10 : 0)});
            if (const auto base = extras.pcr_base) {
                for (int shift = 25; shift >= 1; shift -= 8)
                    adaptation.push_back(static_cast<std::uint8_t>(*base >> shift));
                append(adaptation, {static_cast<int>((*base & 1) << 7) | 0x7E, 0});
            }
        }
        bool has_field = !adaptation.empty() || !payload;
        const auto room = [&] { return 184 - (has_field ? adaptation.size() + 1 : 0); };
        const auto size = payload ? std::min(room(), data.size() - at) : 0;
        if (size < room()) {  // fill up
            has_field = true;
            while (size < room()) {
                if (adaptation.empty() && size + 1 == 184) break;  // a field of length 0
                adaptation.push_back(adaptation.empty() ? 0x00 : 0xFF);
            }
        }
        auto& counter = counters_[pid];
        RawPacket out{};
        out[0] = 0x47;
        out[1] = static_cast<std::uint8_t>((starts ? 0x40 : 0) | (pid >> 8));
        out[2] = static_cast<std::uint8_t>(pid & 0xFF);
        out[3] = static_cast<std::uint8_t>((has_field ? 0x20 : 0) | (payload ? 0x10 : 0) |
                                           (payload ? counter : (counter + 15) % 16));
        if (payload) counter = (counter + 1) % 16;
        auto to = out.begin() + 4;
        if (has_field) {
            *to++ = static_cast<std::uint8_t>(adaptation.size());
            to = std::ranges::copy(adaptation, to).out;
        }
        std::copy_n(data.begin() + static_cast<std::ptrdiff_t>(at), size, to);
        packets_.push_back(out);
        return size;
    }

    std::map<int, int> counters_;
    std::vector<RawPacket> packets_;
};

}  // namespace outrider::probes::test
