// Label matchers: what a selector asks of a series.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "outrider/labels.h"
#include "outrider/result.h"

namespace re2 {
class RE2;
}

namespace outrider::rules::promql {

/// The label that holds a series's metric name.
inline constexpr std::string_view kMetricName = "__name__";

enum class MatchOp : std::uint8_t { equal, not_equal, regex, not_regex };

/// `=`, `!=`, `=~`, `!~`.
[[nodiscard]] std::string_view to_string(MatchOp op) noexcept;

/// One label matcher. A label that a series lacks is the empty string. Regular expressions are RE2, anchored at both
/// ends, `.` matches a newline too, as in Prometheus.
class Matcher {
public:
    /// The error says what RE2 has against the pattern.
    static Result<Matcher> make(std::string label, MatchOp op, std::string value);

    [[nodiscard]] const std::string& label() const noexcept { return label_; }
    [[nodiscard]] MatchOp op() const noexcept { return op_; }
    [[nodiscard]] const std::string& value() const noexcept { return value_; }

    [[nodiscard]] bool matches(std::string_view text) const;
    [[nodiscard]] bool matches(const Labels& labels) const { return matches(labels.value_of(label_)); }

    friend bool operator==(const Matcher& a, const Matcher& b) noexcept {
        return a.op_ == b.op_ && a.label_ == b.label_ && a.value_ == b.value_;
    }

private:
    Matcher(std::string label, MatchOp op, std::string value)
        : label_(std::move(label)), op_(op), value_(std::move(value)) {}

    std::string label_;
    MatchOp op_;
    std::string value_;
    std::shared_ptr<const re2::RE2> compiled_;  // set for regex and not_regex; shared by copies
};

using Matchers = std::vector<Matcher>;

[[nodiscard]] bool matches(const Matchers& matchers, const Labels& labels);

/// The one metric that they ask for, a view into them; empty when it may be any.
[[nodiscard]] std::string_view metric_of(const Matchers& matchers);

}  // namespace outrider::rules::promql
