#include "probes/net/url_query.h"

#include <algorithm>
#include <charconv>

namespace outrider::probes {
namespace {

std::string unescaped(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned byte = 0;
        if (text[i] == '%' && i + 2 < text.size() &&
            std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ptr == text.data() + i + 3) {
            out += static_cast<char>(byte);
            i += 2;
        } else {
            out += text[i];
        }
    }
    return out;
}

}  // namespace

std::string escaped(std::string_view text) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    constexpr std::string_view plain = "-._~";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (letter || plain.find(c) != plain.npos) {
            out += c;
        } else {
            out += {'%', hex[byte >> 4U], hex[byte & 15U]};
        }
    }
    return out;
}

std::optional<std::string> query_value(std::string_view url, std::string_view key) {
    const auto mark = url.find('?');
    if (mark == url.npos) return std::nullopt;
    auto rest = url.substr(mark + 1);
    for (;;) {
        const auto pair = rest.substr(0, rest.find('&'));
        const auto name = pair.substr(0, pair.find('='));
        if (name == key) return unescaped(pair.substr(std::min(name.size() + 1, pair.size())));
        if (pair.size() == rest.size()) return std::nullopt;
        rest.remove_prefix(pair.size() + 1);
    }
}

std::optional<int> query_number(std::string_view url, std::string_view key, int least, int most) {
    const auto text = query_value(url, key);
    if (!text) return std::nullopt;
    int number = 0;
    const auto* end = text->data() + text->size();
    const auto [stop, error] = std::from_chars(text->data(), end, number);
    if (error != std::errc{} || stop != end || number < least || number > most) return std::nullopt;
    return number;
}

}  // namespace outrider::probes
