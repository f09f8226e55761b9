#include "rules/promql/plan.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
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

/// Series by their labels, and the points of each. A series is one when its label set is, whatever name it has lost;
/// false when two have a point at one moment.
class Merged {
public:
    [[nodiscard]] bool add(Labels labels, std::span<const Point> points) {
        auto& all = series_[std::move(labels)];
        const auto middle = static_cast<std::ptrdiff_t>(all.size());
        all.insert(all.end(), points.begin(), points.end());
        std::ranges::inplace_merge(all, all.begin() + middle, {}, &Point::at);
        return std::ranges::adjacent_find(all, {}, &Point::at) == all.end();
    }

    [[nodiscard]] std::vector<SeriesResult> take() {
        std::vector<SeriesResult> series;
        for (auto& [labels, points] : series_) series.push_back({labels, std::move(points)});
        return series;
    }

private:
    std::map<Labels, std::vector<Point>> series_;
};

/// The newest element of an aggregation tells whether its series has a name: Prometheus makes its series beforehand.
Rows::Names names_of(const Expr& expr) {
    if (const auto* paren = std::get_if<Paren>(&expr.node)) return names_of(*paren->expr);
    const auto* aggregate = std::get_if<Aggregate>(&expr.node);
    if (aggregate == nullptr) return Rows::Names::of_first;
    constexpr std::array selecting{AggregateOp::topk, AggregateOp::bottomk, AggregateOp::limitk};
    const bool selects = std::ranges::find(selecting, aggregate->op) != selecting.end();
    return selects ? Rows::Names::of_first : Rows::Names::of_newest;
}

}  // namespace

struct Plan::State {
    State(const Expr& expr, SeriesStore& series_store, Options given, const QuerySpan& span)
        : options(given), store(series_store), type(expr.type), row_names(names_of(expr)) {
        if (const auto error = duration_error(expr, span)) {
            broken = error->text();
        } else {
            root = compile(expr, series_store, options, span);
        }
    }

    /// False: the durations are wrong, and there is nothing to evaluate.
    [[nodiscard]] bool begin(bool annotations) {
        report.clear();
        report.want_annotations(annotations);
        if (broken) report.fail(*broken);
        ++query;
        return !broken;
    }

    Context context(Instant at, Instant start, Instant end, Duration step) {
        return {.at = at,
                .start = start,
                .end = end,
                .course = {.first = start, .last = end, .step = step, .query = query},
                .options = options,
                .labels = store.labels(),
                .report = report};
    }
    Context context(Instant at) { return context(at, at, at, Duration{1}); }

    /// The vector, or the number as an element without labels, at the context's moment; names not dropped yet.
    void evaluate_vector(const Context& context) {
        if (auto* number = std::get_if<ScalarPtr>(&root)) {
            vector.assign(1, {.labels = store.labels().intern(Labels{}), .value = (*number)->evaluate(context)});
            return;
        }
        std::get<VectorPtr>(root)->evaluate(context, vector);
    }

    void drop_names(const Context& context) {
        if (options.delayed_name_removal) names.drop_marked(context, vector);
    }

    Options options;
    SeriesStore& store;
    ValueType type;
    Argument root;
    Rows::Names row_names;
    std::uint64_t query = 0;  // how many there were
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
    if (!state.begin(false)) return Error{*state.report.error()};
    const auto context = state.context(at);
    state.evaluate_vector(context);
    state.drop_names(context);
    if (state.report.error()) return Error{*state.report.error()};
    return std::span<const Element>{state.vector};
}

Result<Value> Plan::evaluate(Instant at) {
    auto& state = *state_;
    if (!state.begin(true)) return Error{*state.report.error()};
    const auto context = state.context(at);
    Value value;
    if (const auto* text = std::get_if<std::string>(&state.root)) {
        value = *text;
    } else if (auto* number = std::get_if<ScalarPtr>(&state.root)) {
        value = (*number)->evaluate(context);
    } else if (auto* range = std::get_if<RangePtr>(&state.root)) {
        (*range)->evaluate(context, state.matrix);
        Merged series;
        for (const auto& element : state.matrix.elements)
            if (!series.add(element.nameless ? nameless(*element.labels) : *element.labels, element.points))
                state.report.fail(kSameLabels);
        value = series.take();
    } else {
        state.evaluate_vector(context);
        state.drop_names(context);
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
    Rows rows{state.row_names};
    for (auto at = start; at <= end; at += step) {
        const auto context = state.context(at, start, end, step);
        state.evaluate_vector(context);
        if (!state.report.error()) rows.add(context, state.vector);
        if (state.report.error()) return Error{*state.report.error()};
    }
    Merged series;
    for (const auto& row : rows.rows())
        if (!series.add(row.nameless ? nameless(*row.labels) : *row.labels, row.points)) return Error{kSameLabels};
    return series.take();
}

}  // namespace outrider::rules::promql
