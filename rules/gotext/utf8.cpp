#include "rules/gotext/utf8.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>

namespace outrider::rules::gotext {
namespace {

/// Upper-case letters `first` to `last`, every `step`th, whose lower-case letters are `distance` further.
struct CaseRange {
    char32_t first;
    char32_t last;
    char32_t step;
    char32_t distance;
};
constexpr std::array kCases{
    CaseRange{0x41, 0x5A, 1, 32},   CaseRange{0xC0, 0xD6, 1, 32},    CaseRange{0xD8, 0xDE, 1, 32},
    CaseRange{0x100, 0x12E, 2, 1},  CaseRange{0x132, 0x136, 2, 1},   CaseRange{0x139, 0x147, 2, 1},
    CaseRange{0x14A, 0x176, 2, 1},  CaseRange{0x179, 0x17D, 2, 1},   CaseRange{0x386, 0x386, 1, 38},
    CaseRange{0x388, 0x38A, 1, 37}, CaseRange{0x38C, 0x38C, 1, 64},  CaseRange{0x38E, 0x38F, 1, 63},
    CaseRange{0x391, 0x3A1, 1, 32}, CaseRange{0x3A3, 0x3AB, 1, 32},  CaseRange{0x400, 0x40F, 1, 80},
    CaseRange{0x410, 0x42F, 1, 32}, CaseRange{0x460, 0x480, 2, 1},   CaseRange{0x48A, 0x4BE, 2, 1},
    CaseRange{0x4D0, 0x52E, 2, 1},  CaseRange{0x1E00, 0x1E94, 2, 1}, CaseRange{0x1EA0, 0x1EFE, 2, 1},
};

/// Letters that no range holds, or that go one way only.
struct CasePair {
    char32_t upper;
    char32_t lower;
};
constexpr std::array kToUpper{CasePair{0x178, 0xFF}, CasePair{0x39C, 0xB5}, CasePair{0x49, 0x131},
                              CasePair{0x53, 0x17F}, CasePair{0x3A3, 0x3C2}};
constexpr std::array kToLower{CasePair{0x178, 0xFF}, CasePair{0x130, 0x69}};

bool is_of(const RE2& letters, char32_t code) {
    std::string text;
    append(text, code);
    return RE2::FullMatch(text, letters);
}

}  // namespace

Rune decode(std::string_view text) noexcept {
    if (text.empty()) return {kReplacement, 0, false};
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const auto lead = byte(0);
    if (lead < 0x80) return {lead, 1, true};
    const std::size_t width = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < width) return {};
    auto code = static_cast<char32_t>(lead & (0xFFU >> (width + 1)));
    for (std::size_t i = 1; i < width; ++i) {
        if ((byte(i) & 0xC0U) != 0x80) return {};
        code = (code << 6) | (byte(i) & 0x3FU);
    }
    constexpr std::array<char32_t, 5> shortest{0, 0, 0x80, 0x800, 0x10000};  // an overlong form is none
    if (code < shortest.at(width) || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return {};
    return {code, width, true};
}

void append(std::string& to, char32_t code) {
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) code = kReplacement;
    const auto tail = [&](int shift) { to += static_cast<char>(0x80U | ((code >> shift) & 0x3FU)); };
    if (code < 0x80) {
        to += static_cast<char>(code);
    } else if (code < 0x800) {
        to += static_cast<char>(0xC0U | (code >> 6));
        tail(0);
    } else if (code < 0x10000) {
        to += static_cast<char>(0xE0U | (code >> 12));
        tail(6);
        tail(0);
    } else {
        to += static_cast<char>(0xF0U | (code >> 18));
        tail(12);
        tail(6);
        tail(0);
    }
}

bool is_utf8(std::string_view text) noexcept {
    while (!text.empty()) {
        const auto rune = decode(text);
        if (!rune.valid) return false;
        text.remove_prefix(rune.width);
    }
    return true;
}

std::size_t count_runes(std::string_view text) noexcept {
    std::size_t count = 0;
    for (; !text.empty(); ++count) text.remove_prefix(decode(text).width);
    return count;
}

std::string_view first_runes(std::string_view text, std::size_t count) noexcept {
    std::size_t end = 0;
    for (; count > 0 && end < text.size(); --count) end += decode(text.substr(end)).width;
    return text.substr(0, end);
}

bool is_printable(char32_t code) {
    if (code < 0x7F) return code >= 0x20;
    static const RE2 printable{R"([\pL\pM\pN\pP\pS])"};
    return is_of(printable, code);
}

bool is_letter_or_digit(char32_t code) {
    static const RE2 letters{R"([\pL\p{Nd}])"};
    return is_of(letters, code);
}

char32_t to_upper(char32_t code) noexcept {
    for (const auto& [upper, lower] : kToUpper)
        if (code == lower) return upper;
    for (const auto& [first, last, step, distance] : kCases)
        if (code >= first + distance && code <= last + distance && (code - first - distance) % step == 0)
            return code - distance;
    return code;
}

char32_t to_lower(char32_t code) noexcept {
    for (const auto& [upper, lower] : kToLower)
        if (code == upper) return lower;
    for (const auto& [first, last, step, distance] : kCases)
        if (code >= first && code <= last && (code - first) % step == 0) return code + distance;
    return code;
}

}  // namespace outrider::rules::gotext
