// Settings trees for tests, from the little of YAML's flow style that detectors need, and specs from them.
#pragma once

#include <cassert>
#include <memory>
#include <string>
#include <string_view>

#include "outrider/settings_reader.h"
#include "rules/detectors/detector_table.h"

namespace outrider::rules::test {

/// Reads `{key: value, key: [a, b], key: {…}}` and `[…]`; values in "…" are quoted, others end at , ] or }. Places are
/// columns of line 1. Want well-formed text.
class FlowReader {
public:
    explicit FlowReader(std::string_view text) : text_(text) {}

    Settings value() {
        skip();
        Settings out;
        out.at = place();
        if (take('{')) {
            out.kind = Settings::Kind::map;
            while (!take('}')) {
                skip();
                const auto at = place();
                auto key = word(":");
                take(':');
                out.entries.push_back({std::move(key), at, value()});
                take(',');
            }
        } else if (take('[')) {
            out.kind = Settings::Kind::list;
            while (!take(']')) {
                out.items.push_back(value());
                take(',');
            }
        } else {
            out.kind = Settings::Kind::scalar;
            out.quoted = text_[at_] == '"' || text_[at_] == '\'';
            out.text = out.quoted ? quoted() : word(",]}");
            if (out.text.empty() && !out.quoted) out.kind = Settings::Kind::null;
        }
        return out;
    }

private:
    [[nodiscard]] Location place() const { return {file_, 1, static_cast<int>(at_) + 1}; }
    void skip() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
    }
    bool take(char c) {
        skip();
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    std::string word(std::string_view ends) {
        const auto begin = at_;
        while (at_ < text_.size() && ends.find(text_[at_]) == ends.npos) ++at_;
        return std::string{text_.substr(begin, at_ - begin)};
    }
    std::string quoted() {
        const char quote = text_[at_++];
        const auto begin = at_;
        while (text_[at_] != quote) ++at_;
        return std::string{text_.substr(begin, at_++ - begin)};
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::shared_ptr<const std::string> file_ = std::make_shared<std::string>("rules.yaml");
};

/// A detector of every series of `metric`, with the settings of its kind, which must be right.
inline DetectorSpec spec(const std::string& name, const std::string& metric, const std::string& kind_settings,
                         Labels extra = {}) {
    const auto tree = FlowReader{kind_settings}.value();
    Problems problems;
    SettingsReader reader{tree, problems, "a detector"};
    const auto kind = reader.required("kind").text().value_or("");
    std::shared_ptr<const Detector> detector;
    for (const auto& row : detector_kinds())
        if (row.name == kind) detector = row.make(reader);
    reader.finish();
    assert(detector && problems.empty());
    promql::VectorSelector input;
    input.name = metric;
    input.matchers.push_back(
        promql::Matcher::make(std::string{promql::kMetricName}, promql::MatchOp::equal, metric).value());
    return {.name = name, .text = metric, .input = std::move(input), .labels = std::move(extra), .detector = detector};
}

}  // namespace outrider::rules::test
