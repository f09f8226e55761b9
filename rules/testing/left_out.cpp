#include "rules/testing/left_out.h"

#include <algorithm>
#include <array>
#include <variant>

#include "rules/promql/function_table.h"

namespace outrider::rules::testing {
namespace {

struct Span {
    Instant first{};
    Instant last{};
};

// One of the points lies in (from, to].
bool any_within(const MissingPoints& points, Instant from, Instant to) {
    const auto behind = from < points.first ? 0 : (from - points.first) / points.step + 1;
    return behind < points.count && points.first + points.step * behind <= to;
}

// At some moment of the span one of the points is the newest, and not older than the look-back.
bool any_newest(const MissingPoints& points, const Span& span, Duration lookback) {
    if (span.last < points.first) return false;
    // No earlier one need be looked at: until the last of the span this one has taken its place.
    const auto newest = std::min((span.last - points.first) / points.step, points.count - 1);
    const auto at = points.first + points.step * newest;
    const bool is_last = newest == points.count - 1;
    return span.first < at + lookback && (!is_last || span.first < points.until);
}

// Prometheus reads off start timestamps where counters began anew.
bool counts_resets(promql::FunctionId id) {
    using enum promql::FunctionId;
    constexpr std::array ids{rate, increase, irate, resets};
    return std::ranges::find(ids, id) != ids.end();
}

}  // namespace

/// Goes down an expression with the moments at which its parts are evaluated.
class LeftOut::Walk {
public:
    Walk(const std::vector<Series>& series, const QueryMoments& query) : series_(series), query_(query) {}

    std::optional<std::string> look(const promql::Expr& expr, const Span& span) {
        return std::visit([&](const auto& node) { return look(node, span); }, expr.node);
    }

private:
    using Found = std::optional<std::string>;

    Found look(const promql::NumberLiteral& /*node*/, const Span& /*span*/) { return {}; }
    Found look(const promql::StringLiteral& /*node*/, const Span& /*span*/) { return {}; }
    Found look(const promql::Paren& node, const Span& span) { return look(*node.expr, span); }
    Found look(const promql::Negation& node, const Span& span) { return look(*node.expr, span); }
    Found look(const promql::Binary& node, const Span& span) {
        auto found = look(*node.left, span);
        return found ? found : look(*node.right, span);
    }
    Found look(const promql::Aggregate& node, const Span& span) {
        auto found = look(*node.expr, span);
        return found || !node.param ? found : look(*node.param, span);
    }
    Found look(const promql::Call& node, const Span& span) {
        const bool before = counts_resets_;
        counts_resets_ = before || counts_resets(node.function->id);
        Found found;
        for (const auto& argument : node.args)
            if (!found) found = look(*argument, span);
        counts_resets_ = before;
        return found;
    }
    Found look(const promql::Subquery& node, const Span& span) {
        const auto seen = moved(span, node.at, promql::offset_of(node, query_.span()));
        return look(*node.expr, {seen.first - promql::range_of(node, query_.span()), seen.last});
    }
    Found look(const promql::VectorSelector& node, const Span& span) {
        const auto seen = moved(span, node.at, promql::offset_of(node, query_.span()));
        if (node.edges == promql::Edges::smoothed) return look_beyond(node, seen, Duration{0});
        return find(node, [&](const MissingPoints& points) { return any_newest(points, seen, query_.lookback); });
    }
    Found look(const promql::MatrixSelector& node, const Span& span) {
        const auto& selector = node.selector;
        const auto seen = moved(span, selector.at, promql::offset_of(selector, query_.span()));
        const auto range = promql::range_of(node, query_.span());
        if (selector.edges != promql::Edges::plain) return look_beyond(selector, seen, range);
        return find(selector,
                    [&](const MissingPoints& points) { return any_within(points, seen.first - range, seen.last); });
    }
    /// An anchored or smoothed range may find its edges a look-back outside of it.
    [[nodiscard]] Found look_beyond(const promql::VectorSelector& selector, const Span& seen, Duration range) const {
        return find(selector, [&](const MissingPoints& points) {
            return any_within(points, seen.first - range - query_.lookback, seen.last + query_.lookback);
        });
    }

    /// Where a selector or subquery evaluated at `span` has its reference.
    [[nodiscard]] Span moved(Span span, const std::optional<promql::AtModifier>& at, Duration offset) const {
        if (at) {
            switch (at->kind) {
                case promql::AtModifier::Kind::timestamp: span = {at->timestamp, at->timestamp}; break;
                case promql::AtModifier::Kind::start: span = {query_.first, query_.first}; break;
                case promql::AtModifier::Kind::end: span = {query_.last, query_.last}; break;
            }
        }
        return {span.first - offset, span.last - offset};
    }

    template <class Seen>
    [[nodiscard]] Found find(const promql::VectorSelector& selector, Seen seen) const {
        for (const auto& series : series_) {
            if (!promql::matches(selector.matchers, series.labels)) continue;
            const bool starts = series.points.empty();
            if (starts ? counts_resets_ : std::ranges::any_of(series.points, seen)) return series.construct;
        }
        return {};
    }

    const std::vector<Series>& series_;
    const QueryMoments& query_;
    bool counts_resets_ = false;  // some call around does
};

LeftOut::Series& LeftOut::series(const Labels& labels, std::string_view construct, bool points) {
    const auto known = std::ranges::find_if(series_, [&](const Series& one) {
        return one.points.empty() != points && one.construct == construct && one.labels == labels;
    });
    if (known != series_.end()) return *known;
    return series_.emplace_back(Series{.labels = labels, .construct = std::string{construct}, .points = {}});
}

void LeftOut::add_points(const Labels& labels, std::string_view construct, MissingPoints points) {
    series(labels, construct, true).points.push_back(points);
}

void LeftOut::add_counter_starts(const Labels& labels, std::string_view construct) { series(labels, construct, false); }

std::optional<std::string> LeftOut::seen_by(const promql::Expr& expr, const QueryMoments& query) const {
    if (series_.empty()) return std::nullopt;
    return Walk{series_, query}.look(expr, {query.first, query.last});
}

}  // namespace outrider::rules::testing
