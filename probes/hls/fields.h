// The small notations inside playlist lines: numbers, durations, dates, byte ranges, attribute lists (RFC 8216 4.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "outrider/time.h"

namespace outrider::probes {

/// Bytes `offset` to `offset + length - 1` of a resource; offset + length does not overflow.
struct ByteRange {
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
    [[nodiscard]] std::uint64_t end() const noexcept { return offset + length; }
    friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

/// decimal-integer: digits only, below 2^63.
[[nodiscard]] std::optional<std::uint64_t> read_integer(std::string_view text);

/// [signed-]decimal-floating-point of seconds as a duration; digits below a nanosecond are cut. nullopt beyond `limit`
/// either way.
[[nodiscard]] std::optional<Duration> read_seconds(std::string_view text, Duration limit);

/// ISO 8601 as EXT-X-PROGRAM-DATE-TIME has it: 2026-03-01T07:05:09.120+08:00; the fraction may be missing or behind a
/// comma, the zone Z, +hh:mm, +hhmm, +hh or missing (then UTC). Years 1970 to 2100.
[[nodiscard]] std::optional<Instant> read_date_time(std::string_view text);

/// <n>[@<o>]; `next` is the offset when none is given. nullopt also when neither gives one.
[[nodiscard]] std::optional<ByteRange> read_byte_range(std::string_view text, std::optional<std::uint64_t> next);

/// One NAME=value of an attribute list; a quoted value comes without its quotes.
struct Attribute {
    std::string_view name;
    std::string_view value;
};

/// Walks an attribute list: commas inside quotes do not split, spaces around names and values are forgiven.
class AttributeList {
public:
    explicit AttributeList(std::string_view text) : rest_(text) {}
    /// The next attribute; nullopt at the end or where the text is no attribute list (then `broken`).
    [[nodiscard]] std::optional<Attribute> next();
    [[nodiscard]] bool broken() const noexcept { return broken_; }

private:
    std::string_view rest_;
    bool broken_ = false;
};

[[nodiscard]] std::string_view trimmed(std::string_view text);

}  // namespace outrider::probes
