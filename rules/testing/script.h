// Scripts in Prometheus's promqltest language, as commands in their order.
//
//     load 5m                                  points from t = 0 on, one per step; loads add up
//       http_requests{job="api"} 0+10x10
//     eval instant at 50m http_requests        what follows until an empty line is expected; nothing: an empty result
//       expect no_warn
//       http_requests{job="api"} 100
//     eval range from 0 to 10m step 5m 1 + 1
//       {} 2 2 2
//     clear                                    drops all series
//
// A comment, a line that begins with #, counts as an empty line. Behind `clear`, an expected scalar and what an
// eval_fail must say (expected_fail_message, expected_fail_regexp) the next command needs no empty line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "outrider/time.h"
#include "rules/testing/series_notation.h"

namespace re2 {
class RE2;
}

namespace outrider::rules::testing {

struct Load {
    std::size_t line = 0;
    Duration step{};
    bool with_nhcb = false;  ///< also make native histograms of classic ones
    std::vector<TestSeries> series;
    /// Those whose points have start timestamps (`metric@st …`), which change what rate() and the like make of them.
    std::vector<Labels> with_start;
    bool all_with_start = false;
};

struct Clear {};

/// What an error or an annotation must say.
class ExpectedText {
public:
    ExpectedText() = default;  ///< anything
    /// Just that; quotes around it may be there or not.
    static ExpectedText exactly(std::string text);
    /// What the regular expression finds something in; nullopt when it is none.
    static std::optional<ExpectedText> matching(const std::string& pattern);

    [[nodiscard]] bool fits(std::string_view text) const;
    /// `"TEXT"`, `/PATTERN/` or `anything`.
    [[nodiscard]] std::string to_string() const;

private:
    enum class Kind : std::uint8_t { anything, exact, pattern };
    Kind kind_ = Kind::anything;
    std::string text_;
    std::shared_ptr<const re2::RE2> compiled_;  // of a pattern
};

struct Grid {
    Instant start{};
    Instant end{};
    Duration step{};  ///< > 0; at most kMaxSteps of them
};
inline constexpr std::int64_t kMaxSteps = 1'000'000;

struct Eval {
    std::size_t line = 0;
    std::string expr;
    std::optional<Grid> range;  ///< of a range query
    Instant at{};               ///< of an instant query

    std::optional<ExpectedText> fail;
    bool ordered = false;
    std::vector<ExpectedText> warnings;  ///< each must be met, and every warning must meet one
    std::vector<ExpectedText> infos;
    bool some_warning = false;  ///< eval_warn: one at least
    bool some_info = false;
    bool no_warning = false;
    bool no_info = false;

    std::optional<double> scalar;
    std::optional<std::string> string;
    std::optional<Grid> range_vector;  ///< of the points of an instant query's range vector
    std::vector<TestSeries> series;
};

/// A command that cannot be read.
struct BadCommand {
    std::size_t line = 0;
    std::string text;     ///< the command's first line
    std::string message;  ///< `LINE:COLUMN: …`
};

using Command = std::variant<Load, Clear, Eval, BadCommand>;

/// All commands; one that cannot be read is a BadCommand, and reading goes on behind it.
[[nodiscard]] std::vector<Command> parse_script(std::string_view text);

}  // namespace outrider::rules::testing
