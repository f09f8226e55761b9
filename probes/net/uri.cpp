#include "probes/net/uri.h"

#include <algorithm>

namespace outrider::probes {
namespace {

constexpr std::size_t kMaxSize = 8 * 1024;

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// The five components of RFC 3986 3; an absent one differs from an empty one.
struct Parts {
    std::optional<std::string_view> scheme;
    std::optional<std::string_view> authority;
    std::string_view path;
    std::optional<std::string_view> query;
    std::optional<std::string_view> fragment;
};

/// Cuts what lies before the first of `ends` off the front of `text`.
std::string_view take_until(std::string_view& text, std::string_view ends) {
    const auto taken = text.substr(0, text.find_first_of(ends));
    text.remove_prefix(taken.size());
    return taken;
}

/// The regular expression of RFC 3986 appendix B, by hand: it matches any text.
Parts split(std::string_view text) {
    Parts parts;
    const auto head = text.substr(0, text.find_first_of(":/?#"));
    const bool has_scheme = head.size() < text.size() && text[head.size()] == ':' && !head.empty() &&
                            is_alpha(head[0]) && std::ranges::all_of(head, [](char c) {
                                return is_alpha(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
                            });
    if (has_scheme) {
        parts.scheme = head;
        text.remove_prefix(head.size() + 1);
    }
    if (text.starts_with("//")) {
        text.remove_prefix(2);
        parts.authority = take_until(text, "/?#");
    }
    parts.path = take_until(text, "?#");
    if (text.starts_with('?')) {
        text.remove_prefix(1);
        parts.query = take_until(text, "#");
    }
    if (text.starts_with('#')) parts.fragment = text.substr(1);
    return parts;
}

/// RFC 3986 5.2.4, each rule by its letter. Every step consumes input, and output only shrinks by what was once added.
std::string remove_dot_segments(std::string_view in) {
    std::string out;
    out.reserve(in.size());
    const auto drop_last = [&out] { out.erase(out.rfind('/') == out.npos ? 0 : out.rfind('/')); };
    while (!in.empty()) {
        if (in.starts_with("../")) {  // A
            in.remove_prefix(3);
        } else if (in.starts_with("./") || in.starts_with("/./")) {  // A, B
            in.remove_prefix(2);
        } else if (in == "/.") {
            in = "/";
        } else if (in.starts_with("/../")) {  // C
            in.remove_prefix(3);
            drop_last();
        } else if (in == "/..") {
            in = "/";
            drop_last();
        } else if (in == "." || in == "..") {  // D
            in = {};
        } else {  // E: one segment with its leading slash
            const auto segment = in.substr(0, in.find('/', 1));
            out += segment;
            in.remove_prefix(segment.size());
        }
    }
    return out;
}

/// RFC 3986 5.2.3.
std::string merge(const Parts& base, std::string_view path) {
    if (base.authority && base.path.empty()) return "/" + std::string{path};
    const auto slash = base.path.rfind('/');
    return std::string{slash == base.path.npos ? std::string_view{} : base.path.substr(0, slash + 1)}.append(path);
}

std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ')) text.remove_prefix(1);
    while (text.ends_with(' ')) text.remove_suffix(1);
    return text;
}

bool has_control(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::string escaped_spaces(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) c == ' ' ? out.append("%20") : out.append(1, c);
    return out;
}

/// True when there is a host between user information and port.
bool has_host(std::string_view authority) {
    if (const auto at = authority.rfind('@'); at != authority.npos) authority.remove_prefix(at + 1);
    return !authority.empty() && !authority.starts_with(':');
}

}  // namespace

// RFC 3986 5.2.2, then 5.3.
std::optional<std::string> resolve_uri(std::string_view base_text, std::string_view reference) {
    reference = trimmed(reference);
    if (base_text.size() > kMaxSize || reference.size() > kMaxSize) return std::nullopt;
    if (has_control(base_text) || has_control(reference)) return std::nullopt;
    const auto base = split(base_text);
    const auto r = split(reference);
    auto target = r;
    std::string path;
    if (r.scheme) {
        path = remove_dot_segments(r.path);
    } else {
        target.scheme = base.scheme;
        if (r.authority) {
            path = remove_dot_segments(r.path);
        } else {
            target.authority = base.authority;
            if (r.path.empty()) {
                path = base.path;
                if (!r.query) target.query = base.query;
            } else {
                path = remove_dot_segments(r.path.starts_with('/') ? std::string{r.path} : merge(base, r.path));
            }
        }
    }
    if (!target.scheme || !target.authority || !has_host(*target.authority)) return std::nullopt;
    std::string scheme{*target.scheme};
    std::ranges::transform(scheme, scheme.begin(), [](char c) { return static_cast<char>(c | 0x20); });
    if (scheme != "http" && scheme != "https") return std::nullopt;
    auto out = scheme + "://" + std::string{*target.authority} + path;
    if (target.query) out.append("?").append(*target.query);
    if (target.fragment) out.append("#").append(*target.fragment);
    out = escaped_spaces(out);
    if (out.size() > kMaxSize) return std::nullopt;
    return out;
}

std::string with_query(std::string_view uri, std::string_view parameters) {
    const auto hash = std::min(uri.find('#'), uri.size());
    std::string out{uri.substr(0, hash)};
    const auto query = out.find('?');
    if (query == out.npos) {
        out += '?';
    } else if (query + 1 < out.size()) {
        out += '&';
    }
    return out.append(parameters).append(uri.substr(hash));
}

}  // namespace outrider::probes
