// RFC 4648 base64, for credentials. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace outrider::probes {

[[nodiscard]] inline std::string base64(std::string_view bytes) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const auto byte = [&](std::size_t at) {
            return at < bytes.size() ? static_cast<unsigned>(static_cast<unsigned char>(bytes[at])) : 0U;
        };
        const auto group = byte(i) << 16U | byte(i + 1) << 8U | byte(i + 2);
        out += digits[group >> 18U];
        out += digits[group >> 12U & 63U];
        out += i + 1 < bytes.size() ? digits[group >> 6U & 63U] : '=';
        out += i + 2 < bytes.size() ? digits[group & 63U] : '=';
    }
    return out;
}

}  // namespace outrider::probes
