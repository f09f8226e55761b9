#include "rules/promql/plan.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "rules/promql/compiler.h"
#include "rules/promql/name_dropper.h"
#include "rules/promql/rows.h"

namespace outrider::rules::promql {
namespace {

// As many steps as Prometheus's own API gives in one answer, tenfold.
constexpr std::int64_t kMostSteps = 110'000;

std::vector<SeriesResult> by_labels(std::vector<SeriesResult> series) {
    std::ranges::sort(series, {}, &SeriesResult::labels);
    return series;
}

}  // namespace

struct Plan::State {
    State(const Expr& expr, SeriesStore& series_store, Options given, const QuerySpan& query)
        : options(given), store(series_store), type(expr.type) {
        if (const auto error = duration_error(expr, query)) {
            broken = error->text();
        } else {
            root = compile(expr, series_store, options, query);
        }
    }

    /// False: the durations are wrong, and there is nothing to evaluate.
    [[nodiscard]] bool begin(bool want_annotations) {
        report.clear();
        report.want_annotations(want_annotations);
        if (broken) report.fail(*broken);
        return !broken;
    }

    Context context(Instant at, Instant start, Instant end) {
        return {.at = at, .start = start, .end = end, .options = options, .labels = store.labels(), .report = report};
    }

    /// The vector, or the number as an element without labels, at the context's moment.
    void evaluate_vector(const Context& context) {
        if (auto* number = std::get_if<ScalarPtr>(&root)) {
            vector.assign(1, {.labels = store.labels().intern(Labels{}), .value = (*number)->evaluate(context)});
            return;
        }
        std::get<VectorPtr>(root)->evaluate(context, vector);
        if (options.delayed_name_removal) names.drop_marked(context, vector);
    }

    Options options;
    SeriesStore& store;
    ValueType type;
    Argument root;
    std::optional<std::string> broken;
    Report report;
    NameDropper names;
    Vector vector;
    Matrix matrix;
};

Plan::Plan(const Expr& expr, SeriesStore& store, Options options, const QuerySpan& query)
    : state_(std::make_unique<State>(expr, store, options, query)) {}
Plan::Plan(Plan&&) noexcept = default;
Plan& Plan::operator=(Plan&&) noexcept = default;
Plan::~Plan() = default;

ValueType Plan::type() const noexcept { return state_->type; }

std::span<const Annotation> Plan::annotations() const noexcept { return state_->report.annotations(); }

Result<std::span<const Element>> Plan::elements(Instant at) {
    auto& state = *state_;
    if (state.begin(false)) state.evaluate_vector(state.context(at, at, at));
    if (state.report.error()) return Error{*state.report.error()};
    return std::span<const Element>{state.vector};
}

Result<Value> Plan::evaluate(Instant at) {
    auto& state = *state_;
    if (!state.begin(true)) return Error{*state.report.error()};
    const auto context = state.context(at, at, at);
    Value value;
    if (const auto* text = std::get_if<std::string>(&state.root)) {
        value = *text;
    } else if (auto* number = std::get_if<ScalarPtr>(&state.root)) {
        value = (*number)->evaluate(context);
    } else if (auto* range = std::get_if<RangePtr>(&state.root)) {
        (*range)->evaluate(context, state.matrix);
        std::vector<SeriesResult> series;
        for (const auto& element : state.matrix.elements)
            series.push_back({element.nameless ? nameless(*element.labels) : *element.labels,
                              {element.points.begin(), element.points.end()}});
        value = by_labels(std::move(series));
    } else {
        state.evaluate_vector(context);
        std::vector<Sample> samples;
        for (const auto& element : state.vector) samples.push_back({*element.labels, element.value});
        value = std::move(samples);
    }
    if (state.report.error()) return Error{*state.report.error()};
    return value;
}

Result<std::vector<SeriesResult>> Plan::evaluate_range(Instant start, Instant end, Duration step) {
    auto& state = *state_;
    if (!state.begin(true)) return Error{*state.report.error()};
    if ((end - start) / step > kMostSteps) return Error{"a query of more than 110000 steps"};
    Rows rows;
    for (auto at = start; at <= end; at += step) {
        const auto context = state.context(at, start, end);
        state.evaluate_vector(context);
        if (!state.report.error()) rows.add(context, state.vector);
        if (state.report.error()) return Error{*state.report.error()};
    }
    std::vector<SeriesResult> series;
    for (const auto& row : rows.rows()) series.push_back({*row.labels, row.points});
    return by_labels(std::move(series));
}

}  // namespace outrider::rules::promql
