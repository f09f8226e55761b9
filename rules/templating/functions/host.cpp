// host:port, and the URL under which people reach this daemon.
#include <algorithm>
#include <charconv>
#include <optional>

#include "rules/templating/functions/functions.h"

namespace outrider::rules::templating {
namespace {

struct HostPort {
    std::string_view host;
    std::string_view port;
};

/// Go's net.SplitHostPort: `host:port` or `[address]:port`, nothing less and nothing more.
std::optional<HostPort> split(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    HostPort parts{text.substr(0, colon), text.substr(colon + 1)};
    if (text.starts_with('[')) {
        if (text.find(']') + 1 != colon) return std::nullopt;
        parts.host = text.substr(1, colon - 2);
        if (parts.host.find('[') != std::string_view::npos) return std::nullopt;
    } else if (parts.host.find_first_of(":[]") != std::string_view::npos) {
        return std::nullopt;
    }
    if (parts.port.find_first_of("[]") != std::string_view::npos) return std::nullopt;
    return parts;
}

bool is_ipv4(std::string_view text) {
    for (int part = 0; part < 4; ++part) {
        const auto end = std::min(part < 3 ? text.find('.') : text.size(), text.size());
        const auto digits = text.substr(0, end);
        int value = 0;
        const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (digits.empty() || digits.size() > 3 || error != std::errc{} || stop != digits.data() + digits.size() ||
            value < 0 || value > 255 || (digits.size() > 1 && digits[0] == '0'))
            return false;
        if (part < 3 && end == text.size()) return false;
        text.remove_prefix(part < 3 ? end + 1 : end);
    }
    return true;
}

bool is_ipv6(std::string_view text) {
    int groups = 0;
    bool shortened = false;
    if (text.starts_with("::")) {
        shortened = true;
        text.remove_prefix(2);
        if (text.empty()) return true;
    }
    while (groups < 8) {
        const auto end = std::min(text.find(':'), text.size());
        const auto digits = text.substr(0, end);
        if (end == text.size() && std::ranges::find(digits, '.') != digits.end()) {
            if (!is_ipv4(digits)) return false;
            groups += 2;
            break;
        }
        const auto hexadecimal = [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        };
        if (digits.empty() || digits.size() > 4 || !std::ranges::all_of(digits, hexadecimal)) return false;
        ++groups;
        text.remove_prefix(end);
        if (text.empty()) break;
        text.remove_prefix(1);
        if (text.starts_with(':')) {
            if (shortened) return false;
            shortened = true;
            text.remove_prefix(1);
            if (text.empty()) break;
        } else if (text.empty()) {
            return false;
        }
        if (groups == 8) return false;
    }
    return shortened ? groups < 8 : groups == 8;
}

}  // namespace

Result<Value> strip_port(const Call& call) {
    const auto parts = split(call.text(0));
    return Value{std::string{parts ? parts->host : call.text(0)}};
}

/// The first label of a host's name, with the port that it had; an address stays as it is.
Result<Value> strip_domain(const Call& call) {
    const auto parts = split(call.text(0)).value_or(HostPort{call.text(0), {}});
    if (is_ipv4(parts.host) || is_ipv6(parts.host)) return call.arguments[0];
    std::string host{parts.host.substr(0, parts.host.find('.'))};
    if (parts.port.empty()) return Value{std::move(host)};
    if (host.find(':') != std::string::npos) host.insert(0, 1, '[').append(1, ']');
    return Value{host + ":" + std::string{parts.port}};
}

Result<Value> external_url(const Call& call) { return Value{std::string{call.data.external_url}}; }

Result<Value> path_prefix(const Call& call) {
    auto rest = call.data.external_url;
    if (const auto scheme = rest.find("://"); scheme != std::string_view::npos) {
        rest.remove_prefix(scheme + 3);
        rest.remove_prefix(std::min(rest.find_first_of("/?#"), rest.size()));
    }
    return Value{std::string{rest.substr(0, rest.find_first_of("?#"))}};
}

}  // namespace outrider::rules::templating
