// What one evaluation needs to know, and what it has to say beside its value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "outrider/time.h"
#include "rules/label_table.h"

namespace outrider::rules::promql {

struct Options {
    /// How old the newest point of a series may be for an instant selector to see it.
    Duration lookback = std::chrono::minutes{5};
    /// Step of subqueries that give none.
    Duration subquery_step = std::chrono::minutes{1};
    /// Prometheus's feature flag promql-delayed-name-removal: the metric's name stays until the end of the query, so
    /// that by(__name__) can still see it. Its acceptance tests run with it, its rules by default without.
    bool delayed_name_removal = false;
};

struct Annotation {
    enum class Kind : std::uint8_t { info, warning };
    Kind kind = Kind::info;
    std::string text;       ///< Prometheus's, without its prefix and place
    std::size_t begin = 0;  ///< offset in the expression's text of what it is about
    friend bool operator==(const Annotation&, const Annotation&) = default;
};

/// Collects over one evaluation: the first error, and annotations, each once.
class Report {
public:
    /// The evaluation has no result. Nodes go on with anything, and nobody looks at it.
    void fail(std::string text);
    void annotate(Annotation::Kind kind, std::string text, std::size_t begin);
    /// Counts `steps` of a subquery; false when the evaluation has then failed, for there were too many in all.
    [[nodiscard]] bool take_steps(std::int64_t steps);
    /// False: annotate() does nothing, so that nobody need put a text together.
    [[nodiscard]] bool wants_annotations() const noexcept { return wants_annotations_; }
    void want_annotations(bool wanted) noexcept { wants_annotations_ = wanted; }

    [[nodiscard]] const std::optional<std::string>& error() const noexcept { return error_; }
    [[nodiscard]] const std::vector<Annotation>& annotations() const noexcept { return annotations_; }
    void clear() {
        error_.reset();
        annotations_.clear();
        steps_left_ = kMostSteps;
    }

private:
    // An evaluation with more steps of subqueries, one within the other or not, is a mistake of its author, and would
    // hold up every other rule.
    static constexpr std::int64_t kMostSteps = 1'000'000;

    std::optional<std::string> error_;
    std::vector<Annotation> annotations_;
    std::int64_t steps_left_ = kMostSteps;
    bool wants_annotations_ = true;
};

/// The moments that are evaluated one after the other: those of a query, or those of a subquery within it.
struct Course {
    Instant first{};
    Instant last{};           ///< none is later; a range query may end between two steps
    Duration step{1};         ///< > 0
    std::uint64_t query = 0;  ///< tells an evaluation of a plan from the one before

    [[nodiscard]] bool is_moment() const noexcept { return first == last; }
    friend bool operator==(const Course&, const Course&) = default;
};

struct Context {
    Instant at{};     ///< the moment evaluated
    Instant start{};  ///< of the whole query: `@ start()`
    Instant end{};
    Course course{};
    const Options& options;
    LabelTable& labels;
    Report& report;
};

}  // namespace outrider::rules::promql
