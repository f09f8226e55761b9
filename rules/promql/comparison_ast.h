// The part of PromQL understood so far: an instant vector selector, alone or compared with a number.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "outrider/labels.h"

namespace re2 {
class RE2;
}

namespace outrider::rules::comparison {

enum class MatchOp : std::uint8_t { equal, not_equal, regex, not_regex };

/// One label matcher. Regular expressions are RE2 and anchored at both ends, as in Prometheus.
struct Matcher {
    std::string label;
    MatchOp op = MatchOp::equal;
    std::string value;
    std::shared_ptr<const re2::RE2> compiled;  ///< set for regex and not_regex

    [[nodiscard]] bool matches(std::string_view text) const;
    [[nodiscard]] bool matches(const Labels& labels) const { return matches(labels.value_of(label)); }
};

struct Selector {
    std::string metric;  ///< full name; never empty
    std::vector<Matcher> matchers;
};

enum class Compare : std::uint8_t { equal, not_equal, greater, less, greater_equal, less_equal };

[[nodiscard]] bool holds(Compare op, double left, double right) noexcept;

/// `selector` or `selector op threshold`. Without a comparison every element is true.
struct Expr {
    Selector selector;
    std::optional<Compare> compare;
    double threshold = 0;
};

}  // namespace outrider::rules::comparison
