// One value of a Settings tree, and the typed getters that say what was wanted when it is something else. Made by
// SettingsReader, which has an example.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "outrider/labels.h"
#include "outrider/settings.h"
#include "outrider/time.h"
#include "outrider/time_text.h"
#include "outrider/url_text.h"

namespace outrider {

/// What a person wrote, fit for a one-line message: in quotes, control characters as \xNN, cut after 60 bytes, the
/// secrets of URLs hidden.
[[nodiscard]] inline std::string as_written(std::string_view text) {
    constexpr std::size_t longest = 60;
    const auto shown = text.find("://") == text.npos ? std::string{text} : redacted_url(text);
    auto size = std::min(shown.size(), longest);
    while (size < shown.size() && size > 0 && (static_cast<unsigned char>(shown[size]) & 0xC0U) == 0x80U) --size;
    return "\"" + on_one_line(std::string_view{shown}.substr(0, size)) + (size < shown.size() ? "...\"" : "\"");
}

/// "a, b, c" from any range of texts.
[[nodiscard]] std::string comma_list(const auto& texts) {
    std::string out;
    for (const auto& text : texts) out.append(out.empty() ? "" : ", ").append(text);
    return out;
}

/// One value, or its absence: of an absent value every getter returns nullopt or nothing and reports nothing. Refers to
/// the Settings and Problems it was made from, which must outlive it.
class SettingValue {
public:
    enum class Text { not_empty, may_be_empty };
    using enum Text;

    /// `name` is what messages call it, e.g. `interval` or `viewers[1]`.
    SettingValue(const Settings* node, Problems& problems, std::string name)
        : node_{node}, problems_{&problems}, name_{std::move(name)} {}

    [[nodiscard]] bool present() const noexcept { return node_ != nullptr; }
    /// The kind of a value that is present; null for an absent one.
    [[nodiscard]] Settings::Kind kind() const noexcept { return node_ ? node_->kind : Settings::Kind::null; }
    [[nodiscard]] Location at() const { return node_ ? node_->at : Location{}; }
    [[nodiscard]] const Settings* node() const noexcept { return node_; }
    [[nodiscard]] const std::string& name() const noexcept { return name_; }
    [[nodiscard]] Problems& problems() const noexcept { return *problems_; }

    /// From here on messages show `<secret>` instead of what was written.
    [[nodiscard]] SettingValue secret() const {
        auto copy = *this;
        copy.secret_ = true;
        return copy;
    }

    /// Any scalar as it was written.
    [[nodiscard]] std::optional<std::string> text(Text rule = not_empty) const {
        if (!node_) return std::nullopt;
        if (node_->kind == Settings::Kind::null && rule == may_be_empty) return std::string{};
        if (node_->kind == Settings::Kind::scalar && (rule == may_be_empty || !node_->text.empty())) return node_->text;
        want(rule == not_empty ? "a text that is not empty" : "a text");
        return std::nullopt;
    }

    /// `true` or `false`, not in quotes.
    [[nodiscard]] std::optional<bool> boolean() const {
        if (!node_) return std::nullopt;
        if (plain() && node_->text == "true") return true;
        if (plain() && node_->text == "false") return false;
        want_plain("true or false");
        return std::nullopt;
    }

    /// A whole decimal number, not in quotes, from `min` to `max`.
    [[nodiscard]] std::optional<std::int64_t> integer(std::int64_t min = INT64_MIN,
                                                      std::int64_t max = INT64_MAX) const {
        if (!node_) return std::nullopt;
        if (plain()) {
            std::int64_t number = 0;
            const char* const end = node_->text.data() + node_->text.size();
            const auto [stop, error] = std::from_chars(node_->text.data(), end, number, 10);
            if (error == std::errc{} && stop == end && number >= min && number <= max) return number;
        }
        std::string wanted = "a whole number";
        if (max != INT64_MAX) {
            wanted += " from " + std::to_string(min) + " to " + std::to_string(max);
        } else if (min != INT64_MIN) {
            wanted += " of at least " + std::to_string(min);
        }
        want_plain(wanted);
        return std::nullopt;
    }

    /// Prometheus's notation, e.g. 1m30s or 200ms, from `min` to `max`.
    [[nodiscard]] std::optional<Duration> duration(Duration min = Duration{0}, Duration max = Duration::max()) const {
        if (!node_) return std::nullopt;
        if (node_->kind == Settings::Kind::scalar) {
            const auto value = parse_duration(node_->text);
            if (value && *value >= min && *value <= max) return value;
        }
        std::string wanted = "a duration such as 30s";
        if (max != Duration::max()) {
            wanted = "a duration from " + duration_text(min) + " to " + duration_text(max);
        } else if (min > Duration{0}) {
            wanted = "a duration of at least " + duration_text(min);
        }
        want(wanted);
        return std::nullopt;
    }

    /// The value that belongs to the name that was written, from a table of name and value.
    template <class T>
    [[nodiscard]] std::optional<T> one_of(std::span<const std::pair<std::string_view, T>> table) const {
        if (!node_) return std::nullopt;
        if (node_->kind == Settings::Kind::scalar)
            for (const auto& [name, value] : table)
                if (name == node_->text) return value;
        std::vector<std::string_view> names;
        for (const auto& row : table) names.push_back(row.first);
        want("one of " + comma_list(names));
        return std::nullopt;
    }
    template <class T, std::size_t N>
    [[nodiscard]] std::optional<T> one_of(const std::array<std::pair<std::string_view, T>, N>& table) const {
        return one_of<T>(std::span<const std::pair<std::string_view, T>>{table});
    }

    /// An absolute URL with one of these schemes (written in lower case), as it was written, credentials included.
    [[nodiscard]] std::optional<std::string> url(std::initializer_list<std::string_view> schemes) const {
        if (!node_) return std::nullopt;
        if (node_->kind == Settings::Kind::scalar) {
            const auto parts = split_url(node_->text);
            if (parts && std::ranges::find(schemes, parts->scheme) != schemes.end()) return node_->text;
            if (!secret_) {
                report("want an absolute URL (" + comma_list(schemes) + "), got " +
                       as_written(redacted_url(node_->text)));
                return std::nullopt;
            }
        }
        want("an absolute URL (" + comma_list(schemes) + ")");
        return std::nullopt;
    }

    /// The items of a list, named `name[0]` and so on; a key without a value is an empty list.
    [[nodiscard]] std::vector<SettingValue> list() const {
        std::vector<SettingValue> out;
        if (!node_) return out;
        if (node_->kind != Settings::Kind::list && node_->kind != Settings::Kind::null) want("a list");
        for (const auto& item : node_->items) {
            out.emplace_back(&item, *problems_, name_ + "[" + std::to_string(out.size()) + "]");
            out.back().secret_ = secret_;
        }
        return out;
    }

    /// The texts of a list of texts, empty ones refused.
    [[nodiscard]] std::vector<std::string> texts() const {
        std::vector<std::string> out;
        for (const auto& item : list())
            if (auto value = item.text()) out.push_back(std::move(*value));
        return out;
    }

    /// The keys and values of a map with free keys, in the order written; a key without a value is an empty map.
    [[nodiscard]] std::vector<std::pair<std::string, SettingValue>> entries() const {
        std::vector<std::pair<std::string, SettingValue>> out;
        if (!node_) return out;
        if (node_->kind != Settings::Kind::map && node_->kind != Settings::Kind::null) want("a map");
        for (const auto& entry : node_->entries) {
            out.emplace_back(entry.key, SettingValue{&entry.value, *problems_, entry.key});
            out.back().second.secret_ = secret_;
        }
        return out;
    }

    /// A map of label names to values. Names are Prometheus's ([a-zA-Z_][a-zA-Z0-9_]*); an empty value is no label.
    [[nodiscard]] Labels labels() const {
        Labels out;
        const auto values = entries();
        for (std::size_t i = 0; i < values.size(); ++i) {
            const auto& [name, value] = values[i];
            const auto letter = [](char c) { return url_detail::is_alpha(c) || c == '_'; };
            if (name.empty() || url_detail::is_digit(name[0]) ||
                !std::ranges::all_of(name, [&](char c) { return letter(c) || url_detail::is_digit(c); })) {
                report_at(node_->entries[i].at, "want a label name such as pop_region, got " + as_written(name));
            } else if (const auto text = value.text(may_be_empty)) {
                out.set(name, *text);
            }
        }
        return out;
    }

    /// Reports `name: message` at this value's place.
    void report(std::string_view message) const { report_at(at(), message); }

    /// Reports `name: message` about the byte of its text at `offset`, where that stands in the file as it was read. A
    /// quoted scalar may hold escapes and a block scalar begins on another line: there the value's own place must do,
    /// and of several lines the message says which is meant.
    void report_inside(std::size_t offset, std::string_view message) const {
        auto where = at();
        const std::string_view text = node_ ? std::string_view{node_->text} : std::string_view{};
        if (text.find('\n') != text.npos) {
            const auto before = text.substr(0, offset);
            const auto line = std::to_string(1 + std::ranges::count(before, '\n'));
            const auto column = std::to_string(before.size() - before.rfind('\n'));  // of npos: 1 + the size
            return report_at(where, "line " + line + ", column " + column + " of the text: " + std::string{message});
        }
        if (node_ && !node_->quoted) where.column += static_cast<int>(offset);
        report_at(where, message);
    }

    /// Reports `name: want WANTED, got ...` with what was written.
    void want(std::string_view wanted) const { report("want " + std::string{wanted} + ", got " + got()); }

private:
    [[nodiscard]] bool plain() const { return node_->kind == Settings::Kind::scalar && !node_->quoted; }

    [[nodiscard]] std::string got() const {
        switch (kind()) {
            case Settings::Kind::null: return "nothing";
            case Settings::Kind::scalar: break;
            case Settings::Kind::list: return "a list";
            case Settings::Kind::map: return "a map";
        }
        if (secret_) return "<secret>";
        return as_written(node_->text);
    }

    /// The same where quotes make the difference.
    void want_plain(std::string_view wanted) const {
        report("want " + std::string{wanted} + ", got " + got() + (node_->quoted ? " (in quotes)" : ""));
    }

    /// What was just reported is not repeated: a value may be asked for twice.
    void report_at(Location where, std::string_view message) const {
        Problem problem{std::move(where), (name_.empty() ? "" : name_ + ": ") + std::string{message}};
        if (problems_->empty() || problems_->back().to_string() != problem.to_string())
            problems_->push_back(std::move(problem));
    }

    const Settings* node_;
    Problems* problems_;
    std::string name_;
    bool secret_ = false;
};

}  // namespace outrider
