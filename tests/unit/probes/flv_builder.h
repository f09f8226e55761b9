// Writes FLV tags for tests, from the format's specification and not from the meter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace outrider::probes::test {

using Bytes = std::vector<std::byte>;

class FlvBuilder {
public:
    FlvBuilder& raw(std::initializer_list<int> values) {
        for (const int v : values) bytes_.push_back(static_cast<std::byte>(v));
        return *this;
    }
    FlvBuilder& file_header() { return raw({'F', 'L', 'V', 1, 5, 0, 0, 0, 9, 0, 0, 0, 0}); }
    FlvBuilder& number(std::uint32_t value, int bytes) {
        for (int shift = (bytes - 1) * 8; shift >= 0; shift -= 8) raw({static_cast<int>((value >> shift) & 0xFF)});
        return *this;
    }
    /// A tag of `head` followed by `payload` bytes of filler.
    FlvBuilder& tag(int type, std::uint32_t timestamp_ms, std::initializer_list<int> head, std::uint32_t payload) {
        const auto size = static_cast<std::uint32_t>(head.size()) + payload;
        raw({type}).number(size, 3).number(timestamp_ms & 0xFFFFFF, 3).number(timestamp_ms >> 24, 1).number(0, 3);
        raw(head);
        bytes_.insert(bytes_.end(), payload, std::byte{0x5A});
        return number(size + 11, 4);
    }
    FlvBuilder& video(std::uint32_t ms, bool key, std::uint32_t payload = 100, std::int32_t composition_ms = 0) {
        const auto c = static_cast<std::uint32_t>(composition_ms);
        return tag(9, ms,
                   {key ? 0x17 : 0x27, 1, static_cast<int>((c >> 16) & 0xFF), static_cast<int>((c >> 8) & 0xFF),
                    static_cast<int>(c & 0xFF)},
                   payload);
    }
    FlvBuilder& audio(std::uint32_t ms, std::uint32_t payload = 20) { return tag(8, ms, {0xAF, 1}, payload); }

    [[nodiscard]] const Bytes& bytes() const { return bytes_; }

private:
    Bytes bytes_;
};

}  // namespace outrider::probes::test
