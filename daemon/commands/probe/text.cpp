#include "daemon/commands/probe/text.h"

#include <algorithm>

namespace outrider::app {
namespace {

constexpr std::string_view kDots = "...";

bool continues(char c) noexcept { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// Bytes of the code point that begins at text[0]; 0 when it is none, or one that a terminal obeys.
std::size_t code_point_size(std::string_view text) noexcept {
    const auto first = static_cast<unsigned char>(text[0]);
    if (first < 0x80) return first >= 0x20 && first != 0x7F ? 1 : 0;
    const std::size_t size = first >= 0xC2 && first < 0xE0   ? 2
                             : first >= 0xE0 && first < 0xF0 ? 3
                             : first < 0xF5                  ? 4
                                                             : 0;
    if (first < 0xC2 || size == 0 || text.size() < size) return 0;
    if (!std::ranges::all_of(text.substr(1, size - 1), continues)) return 0;
    const bool is_c1 = first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;
    return is_c1 ? 0 : size;
}

/// Offset of the code point number `index`, or the size.
std::size_t offset_of(std::string_view text, std::size_t index) noexcept {
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (continues(text[i])) continue;
        if (index == 0) return i;
        --index;
    }
    return text.size();
}

}  // namespace

std::string printable(std::string_view text, bool keep_line_feeds) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const bool kept = keep_line_feeds && text[0] == '\n';
        const auto size = kept ? 1 : code_point_size(text);
        out += size == 0 ? std::string_view{"?"} : text.substr(0, size);
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return out;
}

std::size_t columns_of(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return !continues(c); }));
}

std::string cut(std::string_view text, std::size_t columns) {
    return std::string{text.substr(0, offset_of(text, columns))};
}

std::string elided(std::string_view text, std::size_t columns) {
    const auto size = columns_of(text);
    if (size <= columns) return std::string{text};
    if (columns <= kDots.size() + 2) return cut(text, columns);
    const auto kept = columns - kDots.size();
    const auto tail = kept / 2;
    return cut(text, kept - tail) + std::string{kDots} + std::string{text.substr(offset_of(text, size - tail))};
}

std::string fitted(std::string_view text, std::size_t columns) {
    auto out = elided(text, columns);
    out.append(columns - std::min(columns, columns_of(out)), ' ');
    return out;
}

}  // namespace outrider::app
