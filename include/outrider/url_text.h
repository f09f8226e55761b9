// Addresses as text: HOST:PORT, absolute URLs, and URLs that may be shown to people (without their secrets).
// Anything that prints or logs a URL passes it through redacted_url().
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace outrider {

/// A host and perhaps a port. `host` is a name or an address, an IPv6 one without its brackets.
struct HostPort {
    std::string host;
    std::optional<std::uint16_t> port;
    friend bool operator==(const HostPort&, const HostPort&) = default;
};

/// The parts of an absolute URL that we act on.
struct UrlParts {
    std::string scheme;                 ///< lower case
    std::string host;                   ///< lower case, an IPv6 one without its brackets
    std::optional<std::uint16_t> port;  ///< as written, 1 to 65535; nullopt: the scheme's own
    std::string path;                   ///< from the first '/', query included, fragment not; "/" when there is none
    friend bool operator==(const UrlParts&, const UrlParts&) = default;
};

namespace url_detail {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

inline std::string lower(std::string_view text) {
    std::string out{text};
    for (char& c : out)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return out;
}

/// Four decimal numbers 0 to 255, without leading zeros.
constexpr bool is_ipv4(std::string_view text) {
    for (int part = 0; part < 4; ++part) {
        std::size_t digits = 0;
        int number = 0;
        while (digits < text.size() && digits < 4 && is_digit(text[digits]))
            number = number * 10 + (text[digits++] - '0');
        if (digits == 0 || digits > 3 || number > 255 || (digits > 1 && text[0] == '0')) return false;
        text.remove_prefix(digits);
        if (part < 3) {
            if (!text.starts_with('.')) return false;
            text.remove_prefix(1);
        }
    }
    return text.empty();
}

/// RFC 4291 2.2: eight groups, one run of them as "::", the last two perhaps as IPv4. No zone.
constexpr bool is_ipv6(std::string_view text) {
    int groups = 0;
    bool gap = false;
    if (text.starts_with(':') && !text.starts_with("::")) return false;
    while (!text.empty()) {
        if (text.starts_with("::")) {
            if (gap) return false;
            gap = true;
            text.remove_prefix(2);
            continue;
        }
        if (text.starts_with(':')) text.remove_prefix(1);
        if (text.find('.') != text.npos && text.find(':') == text.npos) {
            if (!is_ipv4(text)) return false;
            groups += 2;
            break;
        }
        std::size_t digits = 0;
        while (digits < text.size() && is_hex(text[digits])) ++digits;
        if (digits == 0 || digits > 4) return false;
        ++groups;
        text.remove_prefix(digits);
        if (!text.empty() && text[0] != ':') return false;
    }
    return gap ? groups < 8 : groups == 8;
}

/// A DNS name (underscores allowed, they exist in the wild) or an IPv4 address. A name whose last label is a number is
/// refused unless it is a proper IPv4 address: 1.2.3, 999.1.1.1 and 010.0.0.1 mean different things to different
/// readers.
constexpr bool is_host_name(std::string_view text) {
    if (text.ends_with('.')) text.remove_suffix(1);
    if (text.empty() || text.size() > 253) return false;
    std::size_t label = 0;
    for (const char c : text) {
        if (c == '.') {
            if (label == 0) return false;
            label = 0;
        } else if (is_alpha(c) || is_digit(c) || c == '-' || c == '_') {
            if (++label > 63) return false;
        } else {
            return false;
        }
    }
    if (label == 0) return false;
    const auto last = text.substr(text.rfind('.') + 1);
    return !std::ranges::all_of(last, is_digit) || is_ipv4(text);
}

constexpr std::optional<std::uint16_t> port_number(std::string_view text) {
    if (text.empty() || text.size() > 5 || !std::ranges::all_of(text, is_digit)) return std::nullopt;
    unsigned number = 0;
    for (const char c : text) number = number * 10 + static_cast<unsigned>(c - '0');
    if (number > 65535) return std::nullopt;
    return static_cast<std::uint16_t>(number);
}

/// Where user information ends in `rest` (what follows "//"): the length up to and with its '@', or 0 without any. A
/// password with a raw '/' or '?' breaks the URL, but is a password all the same: then it ends at the last '@'.
inline std::size_t user_info_size(std::string_view rest) {
    const auto authority = rest.substr(0, rest.find_first_of("/?#"));
    if (const auto at = authority.rfind('@'); at != authority.npos) return at + 1;
    const auto colon = authority.starts_with('[') ? authority.npos : authority.rfind(':');
    if (colon == authority.npos || port_number(authority.substr(colon + 1)) || colon + 1 == authority.size()) return 0;
    const auto at = rest.rfind('@');
    return at == rest.npos ? 0 : at + 1;
}

inline bool names_a_secret(std::string_view key) {
    // "sig" is in sign and signature; hdnts and hdnea are Akamai's tokens, hash, md5 and hmac those of many others.
    static constexpr std::array<std::string_view, 14> words{"token",    "key",    "secret", "sig",        "auth",
                                                            "password", "passwd", "pwd",    "passphrase", "credential",
                                                            "hdn",      "hash",   "md5",    "hmac"};
    const auto name = lower(key);
    return std::ranges::any_of(words, [&](auto word) { return name.find(word) != name.npos; });
}

}  // namespace url_detail

/// Splits HOST, HOST:PORT, [IPv6] or [IPv6]:PORT; the port is 0 to 65535. nullopt for anything else.
[[nodiscard]] inline std::optional<HostPort> split_host_port(std::string_view text) {
    using namespace url_detail;
    HostPort out;
    std::string_view rest;
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == text.npos || !is_ipv6(text.substr(1, end - 1))) return std::nullopt;
        out.host = text.substr(1, end - 1);
        rest = text.substr(end + 1);
    } else {
        const auto end = std::min(text.find(':'), text.size());
        if (!is_host_name(text.substr(0, end))) return std::nullopt;
        out.host = text.substr(0, end);
        rest = text.substr(end);
    }
    if (rest.empty()) return out;
    if (!rest.starts_with(':')) return std::nullopt;
    out.port = port_number(rest.substr(1));
    return out.port ? std::optional{out} : std::nullopt;
}

/// Splits `SCHEME://[USER[:PASSWORD]@]HOST[:PORT][/PATH][?QUERY][#FRAGMENT]`. User information and fragment are
/// dropped. nullopt for anything else: spaces, control characters, bytes beyond ASCII, half a percent escape, a port of
/// 0, an empty host.
[[nodiscard]] inline std::optional<UrlParts> split_url(std::string_view text) {
    using namespace url_detail;
    const auto colon = text.find("://");
    if (colon == text.npos || colon == 0 || !is_alpha(text[0])) return std::nullopt;
    const auto scheme = text.substr(0, colon);
    const auto in_scheme = [](char c) { return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; };
    if (!std::ranges::all_of(scheme, in_scheme)) return std::nullopt;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c <= ' ' || c > '~' || std::string_view{"\"<>\\^`{|}"}.find(c) != std::string_view::npos)
            return std::nullopt;
        if (c == '%' && (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2]))) return std::nullopt;
    }
    auto rest = text.substr(colon + 3);
    rest = rest.substr(0, rest.find('#'));
    auto authority = rest.substr(0, rest.find_first_of("/?"));
    const auto path = rest.substr(authority.size());
    if (const auto at = authority.rfind('@'); at != authority.npos) authority.remove_prefix(at + 1);
    const auto where = split_host_port(authority);
    if (!where || where->port == 0) return std::nullopt;
    return UrlParts{.scheme = lower(scheme),
                    .host = lower(where->host),
                    .port = where->port,
                    .path = (path.starts_with('/') ? "" : "/") + std::string{path}};
}

/// The URL as it may be shown: user information, and the value of every query or fragment parameter whose name contains
/// token, key, secret, sig, auth, password, passwd, pwd, passphrase, credential, hdn, hash, md5 or hmac, become
/// `<secret>`. Works on any text, malformed URLs too.
[[nodiscard]] inline std::string redacted_url(std::string_view url) {
    using namespace url_detail;
    constexpr std::string_view hidden = "<secret>";
    const auto colon = url.find("://");
    const auto head = colon == url.npos ? 0 : colon + 3;
    std::string out{url.substr(0, head)};
    url.remove_prefix(head);
    if (const auto user = user_info_size(url); user > 0) {
        out += hidden;
        url.remove_prefix(user - 1);
    }
    const auto query = std::min(url.find_first_of("?#"), url.size());
    out += url.substr(0, query);
    url.remove_prefix(query);
    while (!url.empty()) {  // each round: one separator of ?#&; and one `name=value`
        out += url[0];
        url.remove_prefix(1);
        const auto parameter = url.substr(0, url.find_first_of("?#&;"));
        url.remove_prefix(parameter.size());
        const auto equals = parameter.find('=');
        const bool secret = equals != parameter.npos && names_a_secret(parameter.substr(0, equals));
        out += secret ? std::string{parameter.substr(0, equals + 1)}.append(hidden) : std::string{parameter};
    }
    return out;
}

}  // namespace outrider
