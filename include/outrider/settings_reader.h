// Reads a Settings tree and reports everything that is wrong with it, each with its place. Never throws; a getter that
// found something wrong has reported it and returns nullopt or nothing. For example a Prometheus rule file:
//
//     SettingsReader file{root, problems, "a rule file"};
//     for (const auto& item : file.optional("groups").list()) {
//         SettingsReader group{item, "a rule group"};
//         RuleGroup out{.name = group.required("name").text().value_or(""),
//                       .interval = group.optional("interval").duration(50ms, 1h).value_or(kDefaultInterval),
//                       .limit = group.optional("limit").integer(0).value_or(0)};
//         for (const auto& rule : group.required("rules").list()) read_rule(rule, out);
//         group.finish();                                              // unknown keys are reported here
//     }
//     file.finish();
//
//     for (const auto& [name, value] : rule.optional("labels").entries()) {   // free keys; each value with its place
//         const auto text = value.text(SettingValue::may_be_empty);
//         if (text && !is_template(*text)) value.report("want a template, got " + as_written(*text));
//     }
#pragma once

#include <algorithm>
#include <cassert>
#include <string>
#include <string_view>
#include <vector>

#include "outrider/setting_value.h"
#include "outrider/settings.h"

namespace outrider {

/// Optimal string alignment distance: insertions, deletions, changes and swaps of neighbours that turn `a` into `b`.
[[nodiscard]] inline std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = std::min(row[j], before[j - 2] + 1);
        }
        before.swap(last);
        last.swap(row);
    }
    return last[b.size()];
}

/// Reads one map with known keys. A key is known once it has been asked for, so ask for every key on every path, then
/// call finish(). A reader made from an absent value, or from the root of a file that could not be read, finds nothing
/// and reports nothing; one made from a key without a value finds an empty map.
class SettingsReader {
public:
    /// `what` is the map's name in messages, with its article: "a stream".
    SettingsReader(const SettingValue& map, std::string_view what) : SettingsReader{map.node(), map.problems(), what} {
        if (map.kind() == Settings::Kind::scalar || map.kind() == Settings::Kind::list) map.want("a map");
    }
    SettingsReader(const Settings& root, Problems& problems, std::string_view what)
        : SettingsReader{SettingValue{root.at.line > 0 ? &root : nullptr, problems, ""}, what} {}
    SettingsReader(const SettingsReader&) = delete;
    SettingsReader& operator=(const SettingsReader&) = delete;
    ~SettingsReader() { assert(finished_ && "SettingsReader::finish() was not called"); }

    /// The value of `key`; reported when it is missing. The reader must be told with `key` a literal or a longer-lived
    /// text.
    [[nodiscard]] SettingValue required(std::string_view key) {
        auto value = optional(key);
        if (!value.present() && readable_)
            problems_->push_back({node_->at, std::string{key} + ": missing; " + what_ + " needs it"});
        return value;
    }

    /// The value of `key`, which may be absent.
    [[nodiscard]] SettingValue optional(std::string_view key) {
        if (std::ranges::find(known_, key) == known_.end()) known_.push_back(key);
        return {find(key), *problems_, std::string{key}};
    }

    [[nodiscard]] bool has(std::string_view key) const { return find(key) != nullptr; }
    /// The place of the map itself.
    [[nodiscard]] Location at() const { return node_ ? node_->at : Location{}; }
    /// Reports something about the map as a whole.
    void report(std::string_view message) const {
        if (readable_) problems_->push_back({node_->at, std::string{message}});
    }

    /// Reports every key that was never asked for. Call once, last.
    void finish() {
        finished_ = true;
        if (!readable_) return;
        for (const auto& entry : node_->entries)
            if (std::ranges::find(known_, entry.key) == known_.end())
                problems_->push_back(
                    {entry.at, "unknown key " + as_written(entry.key) + " in " + what_ + hint(entry.key)});
    }

private:
    SettingsReader(const Settings* node, Problems& problems, std::string_view what)
        : node_{node},
          problems_{&problems},
          what_{what},
          readable_{node && (node->kind == Settings::Kind::map || node->kind == Settings::Kind::null)} {}

    [[nodiscard]] const Settings* find(std::string_view key) const {
        if (!readable_) return nullptr;
        const auto at = std::ranges::find(node_->entries, key, &SettingsEntry::key);
        return at == node_->entries.end() ? nullptr : &at->value;
    }

    [[nodiscard]] std::string hint(std::string_view key) const {
        constexpr std::size_t longest =
            64;  // no key of ours is longer, and the distance costs the product of the sizes
        std::size_t best = std::min<std::size_t>(3, key.size());
        std::string_view near;
        for (const auto known : known_) {
            const auto distance = key.size() > longest ? best : edit_distance(key, known);
            if (distance < best && distance < known.size()) {
                best = distance;
                near = known;
            }
        }
        if (!near.empty()) return ", did you mean \"" + std::string{near} + "\"?";
        return "; known are: " + comma_list(known_);
    }

    const Settings* node_;
    Problems* problems_;
    std::string what_;
    bool readable_;
    bool finished_ = false;
    std::vector<std::string_view> known_;
};

}  // namespace outrider
