#include "rules/testing/script_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <utility>
#include <variant>

#include "outrider/time_text.h"
#include "rules/promql/parser.h"
#include "rules/promql/plan.h"
#include "rules/series_store.h"
#include "rules/testing/comparison.h"
#include "rules/testing/expectation.h"
#include "rules/testing/left_out.h"
#include "rules/testing/script.h"

namespace outrider::rules::testing {
namespace {

using namespace std::chrono_literals;

constexpr promql::Options kOptions{.lookback = 5min, .subquery_step = 1min, .delayed_name_removal = true};
constexpr std::size_t kMaxPoints = 20'000'000;  // of a script, between two `clear`s: 320 MB

/// The name under which load_with_nhcb puts a native histogram beside a classic one; nullopt when it makes none.
std::optional<Labels> native_of(const Labels& labels) {
    const std::string name{labels.value_of(promql::kMetricName)};
    constexpr std::array<std::string_view, 3> suffixes{"_bucket", "_count", "_sum"};
    for (const auto suffix : suffixes) {
        if (!name.ends_with(suffix) || name.size() == suffix.size()) continue;
        auto native = labels;
        native.set(promql::kMetricName, std::string_view{name}.substr(0, name.size() - suffix.size()));
        native.set("le", "");
        return native;
    }
    return std::nullopt;
}

class Runner {
public:
    explicit Runner(const std::string& file) : file_(file) {}

    void operator()(const Load& load) {
        for (std::size_t i = 0; i < load.series.size(); ++i) {
            const auto& series = load.series[i];
            // A series written twice counts as it was written last.
            const auto same = [&](const TestSeries& other) { return other.labels == series.labels; };
            const auto later = load.series.begin() + static_cast<std::ptrdiff_t>(i) + 1;
            if (std::any_of(later, load.series.end(), same)) continue;
            if (load.all_with_start || std::ranges::find(load.with_start, series.labels) != load.with_start.end())
                left_out_.add_counter_starts(series.labels, "start timestamps (@st)");
            if (!append(load, series)) continue;
            leave_histograms_out(load, series);
            if (load.with_nhcb) leave_made_histograms_out(load, series);
        }
    }

    void operator()(const Clear&) {
        store_ = SeriesStore{SeriesStore::Keep::everything};
        points_ = 0;
        left_out_.clear();
    }

    void operator()(const BadCommand& bad) { fail(bad.line, bad.text, fmt::format("    {}:{}\n", file_, bad.message)); }

    void operator()(const Eval& eval) {
        const auto name = name_of(eval);
        auto parsed = promql::parse(eval.expr);
        if (const auto* error = std::get_if<promql::ParseError>(&parsed)) {
            if (!error->unsupported.empty()) return unsupported(eval.line, name, error->unsupported);
            if (error->on_evaluation) return conclude(eval, name, error_mismatch(eval, error->message));
            return fail(eval.line, name,
                        fmt::format("    cannot be parsed, at byte {} of the expression: {}\n", error->offset + 1,
                                    error->message));
        }
        const auto& expr = *std::get<promql::ExprPtr>(parsed);
        QueryMoments query{.first = eval.at, .last = eval.at, .step = {}, .lookback = kOptions.lookback};
        if (eval.range)
            query = {.first = eval.range->start,
                     .last = eval.range->end,
                     .step = eval.range->step,
                     .lookback = kOptions.lookback};
        if (const auto construct = left_out_.seen_by(expr, query)) return unsupported(eval.line, name, *construct);
        const auto histogram = [](const TestSeries& series) { return !series.values.histograms.empty(); };
        if (std::ranges::any_of(eval.series, histogram))
            return unsupported(eval.line, name, "native histogram as a result");

        promql::Plan plan{expr, store_, kOptions, query.span()};
        conclude(eval, name, eval.range ? range_failure(eval, expr, plan) : instant_failure(eval, expr, plan));
    }

    [[nodiscard]] std::vector<CaseResult> take() { return std::move(cases_); }

private:
    /// False when the store did not take the series; then that is a failed case.
    bool append(const Load& load, const TestSeries& wanted) {
        const auto name = fmt::format("load {} {}", duration_text(load.step), series_text(wanted.labels));
        const auto refused = [&](std::string details) {
            fail(load.line, name, std::move(details));
            return false;
        };
        points_ += wanted.values.points.size();
        if (points_ > kMaxPoints) return refused(fmt::format("    want at most {} points, got more\n", kMaxPoints));
        auto* const series = store_.open(wanted.labels);
        if (series == nullptr) return refused("    the store does not take the series\n");
        for (std::size_t i = 0; i < wanted.values.points.size(); ++i) {
            const auto& value = wanted.values.points[i];
            if (!value) continue;
            const auto at = moment(load, i);
            if (store_.append(*series, {.at = at, .value = *value})) continue;
            const auto points = series->points();
            const bool again = std::ranges::any_of(
                points, [&](const Point& point) { return point.at == at && same_value(point.value, *value, false); });
            if (!again)
                return refused(fmt::format("    want points newer than those there are, got {} at {}\n",
                                           value_text(*value), duration_text(at.time_since_epoch())));
        }
        return true;
    }

    static Instant moment(const Load& load, std::size_t step) {
        return Instant{load.step * static_cast<std::int64_t>(step)};
    }

    void leave_out(const Load& load, const Labels& labels, std::string_view construct, const StepRun& run,
                   Instant until) {
        left_out_.add_points(labels, construct,
                             {.first = moment(load, run.first),
                              .step = load.step,
                              .count = static_cast<std::int64_t>(run.count),
                              .until = until});
    }

    void leave_histograms_out(const Load& load, const TestSeries& series) {
        const auto& points = series.values.points;
        const auto& runs = series.values.histograms;
        for (std::size_t i = 0; i < runs.size(); ++i) {
            auto next = runs[i].first + runs[i].count;
            const auto end = i + 1 < runs.size() ? runs[i + 1].first : points.size();
            while (next < end && !points[next]) ++next;
            const auto until = next < points.size() ? moment(load, next) : Instant::max();
            leave_out(load, series.labels, "native histogram series", runs[i], until);
        }
    }

    /// What load_with_nhcb makes of a classic histogram: a native one wherever one of its series has a point.
    void leave_made_histograms_out(const Load& load, const TestSeries& series) {
        const auto native = native_of(series.labels);
        if (!native) return;
        const auto& points = series.values.points;
        for (std::size_t i = 0; i < points.size(); ++i) {
            StepRun run{.first = i, .count = 0};
            for (; i < points.size() && points[i]; ++i) ++run.count;
            if (run.count > 0) leave_out(load, *native, "load_with_nhcb", run, Instant::max());
        }
    }

    static std::string name_of(const Eval& eval) {
        const auto text = [](Instant at) { return duration_text(at.time_since_epoch()); };
        if (!eval.range) return fmt::format("eval instant at {} {}", text(eval.at), eval.expr);
        return fmt::format("eval range from {} to {} step {} {}", text(eval.range->start), text(eval.range->end),
                           duration_text(eval.range->step), eval.expr);
    }

    /// What is wrong with an evaluation that failed; nullopt when it was to fail in this way.
    static std::optional<std::string> error_mismatch(const Eval& eval, const std::string& error) {
        if (!eval.fail) return fmt::format("    expected a result, got the error: {}\n", error);
        if (eval.fail->fits(error)) return std::nullopt;
        return fmt::format("    expected the error {}\n    got the error      \"{}\"\n", eval.fail->to_string(), error);
    }

    static std::string unexpected_success(const Eval& eval) {
        return fmt::format("    expected an error that says {}, got a result\n", eval.fail->to_string());
    }

    std::optional<std::string> range_failure(const Eval& eval, const promql::Expr& expr, promql::Plan& plan) {
        if (expr.type != promql::ValueType::scalar && expr.type != promql::ValueType::instant_vector)
            return error_mismatch(
                eval, fmt::format("invalid expression type \"{}\" for range query, must be Scalar or instant Vector",
                                  promql::to_string(expr.type)));
        const auto result = plan.evaluate_range(eval.range->start, eval.range->end, eval.range->step);
        if (!result) return error_mismatch(eval, result.error().text);
        if (eval.fail) return unexpected_success(eval);
        if (auto wrong = annotation_mismatch(eval, plan.annotations())) return wrong;
        return range_mismatch(eval, *result);
    }

    std::optional<std::string> instant_failure(const Eval& eval, const promql::Expr& expr, promql::Plan& plan) {
        const auto result = plan.evaluate(eval.at);
        if (!result) return error_mismatch(eval, result.error().text);
        if (eval.fail) return unexpected_success(eval);
        if (auto wrong = annotation_mismatch(eval, plan.annotations())) return wrong;
        if (auto wrong = value_mismatch(eval, *result)) return wrong;
        if (auto wrong = range_mode_failure(eval, expr, plan)) return "    as the middle of a range query:\n" + *wrong;
        return std::nullopt;
    }

    /// As promqltest does, every instant query is also the middle step of a range query, and must say the same there.
    static std::optional<std::string> range_mode_failure(const Eval& eval, const promql::Expr& expr,
                                                         promql::Plan& plan) {
        constexpr std::array<std::string_view, 4> of_the_query{"start()", "end()", "range()", "step()"};
        const bool moves = std::ranges::any_of(
            of_the_query, [&](std::string_view call) { return eval.expr.find(call) != std::string::npos; });
        const bool vector = expr.type == promql::ValueType::instant_vector;
        if (moves || eval.range_vector || (!vector && expr.type != promql::ValueType::scalar)) return std::nullopt;
        const auto result = plan.evaluate_range(eval.at - 1min, eval.at + 1min, 1min);
        if (!result) return error_mismatch(eval, result.error().text);
        if (eval.ordered) return std::nullopt;
        std::vector<promql::Sample> there;
        for (const auto& series : *result)
            for (const auto& point : series.points)
                if (point.at == eval.at) there.push_back({.labels = series.labels, .value = point.value});
        if (vector) return value_mismatch(eval, there);
        if (there.size() != 1) return fmt::format("    expected one value, got {}\n", there.size());
        return value_mismatch(eval, there[0].value);
    }

    void conclude(const Eval& eval, const std::string& name, const std::optional<std::string>& wrong) {
        if (wrong) return fail(eval.line, name, *wrong);
        add({.place = place(eval.line), .name = name, .verdict = Verdict::passed});
    }
    [[nodiscard]] std::string place(std::size_t line) const { return fmt::format("{}:{}", file_, line); }
    void add(CaseResult result) { cases_.push_back(std::move(result)); }
    void fail(std::size_t line, std::string name, std::string details) {
        add({.place = place(line), .name = std::move(name), .verdict = Verdict::failed, .details = std::move(details)});
    }
    void unsupported(std::size_t line, std::string name, std::string construct) {
        add({.place = place(line),
             .name = std::move(name),
             .verdict = Verdict::unsupported,
             .construct = std::move(construct)});
    }

    const std::string& file_;
    SeriesStore store_{SeriesStore::Keep::everything};
    std::size_t points_ = 0;
    LeftOut left_out_;
    std::vector<CaseResult> cases_;
};

}  // namespace

std::vector<CaseResult> run_script(std::string_view text, const std::string& file) {
    Runner runner{file};
    for (const auto& command : parse_script(text)) std::visit(runner, command);
    return runner.take();
}

}  // namespace outrider::rules::testing
