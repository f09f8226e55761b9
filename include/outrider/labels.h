// Label sets: the identity of series, alerts and incidents, in Prometheus's sense.
#pragma once

#include <algorithm>
#include <compare>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace outrider {

/// An immutable-by-habit set of name="value" pairs, sorted by name, names unique, empty values dropped (an absent label
/// and an empty one are the same label, as in Prometheus).
class Labels {
public:
    using Pair = std::pair<std::string, std::string>;

    Labels() = default;
    Labels(std::initializer_list<Pair> pairs) {
        for (const auto& [name, value] : pairs) set(name, value);
    }

    /// Adds or replaces; an empty value removes.
    void set(std::string_view name, std::string_view value) {
        const auto at = std::ranges::lower_bound(pairs_, name, {}, &Pair::first);
        const bool found = at != pairs_.end() && at->first == name;
        if (value.empty()) {
            if (found) pairs_.erase(at);
        } else if (found) {
            at->second = value;
        } else {
            pairs_.emplace(at, name, value);
        }
    }

    /// The value of `name`; nullopt when it has none.
    [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const {
        const auto at = std::ranges::lower_bound(pairs_, name, {}, &Pair::first);
        if (at == pairs_.end() || at->first != name) return std::nullopt;
        return at->second;
    }

    /// The value of `name`, or the empty string: what a matcher compares with.
    [[nodiscard]] std::string_view value_of(std::string_view name) const { return get(name).value_or(""); }

    [[nodiscard]] auto begin() const noexcept { return pairs_.begin(); }
    [[nodiscard]] auto end() const noexcept { return pairs_.end(); }
    [[nodiscard]] std::size_t size() const noexcept { return pairs_.size(); }
    [[nodiscard]] bool empty() const noexcept { return pairs_.empty(); }

    /// `{a="x", b="y"}` with Prometheus's escapes (\\ \" \n): canonical, so equal sets have equal text.
    [[nodiscard]] std::string to_string() const {
        std::string text = "{";
        for (const auto& [name, value] : pairs_) {
            if (text.size() > 1) text += ", ";
            text += name + "=\"";
            for (const char c : value) {
                if (c == '\\' || c == '"') text += '\\';
                if (c == '\n') {
                    text += "\\n";
                } else {
                    text += c;
                }
            }
            text += '"';
        }
        return text + "}";
    }

    /// Alertmanager's fingerprint: FNV-1a 64 over each `name 0xFF value 0xFF`.
    [[nodiscard]] std::uint64_t fingerprint() const noexcept {
        std::uint64_t hash = 14695981039346656037ULL;
        const auto add = [&hash](std::string_view bytes) {
            for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
            hash = (hash ^ 0xFFU) * 1099511628211ULL;
        };
        for (const auto& [name, value] : pairs_) {
            add(name);
            add(value);
        }
        return hash;
    }

    friend auto operator<=>(const Labels&, const Labels&) = default;
    friend bool operator==(const Labels&, const Labels&) = default;

private:
    std::vector<Pair> pairs_;
};

/// True for [a-zA-Z_][a-zA-Z0-9_]*: what Prometheus and Alertmanager take as a label name.
[[nodiscard]] constexpr bool is_label_name(std::string_view name) noexcept {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    return !name.empty() && letter(name.front()) &&
           std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

/// The same with colons: what Prometheus takes as a metric's name.
[[nodiscard]] constexpr bool is_metric_name(std::string_view name) noexcept {
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':'; };
    return !name.empty() && letter(name.front()) &&
           std::ranges::all_of(name, [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

}  // namespace outrider
