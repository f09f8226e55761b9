#include "rules/evidence.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "outrider/target.h"
#include "rules/alert_series.h"
#include "rules/promql/durations.h"
#include "rules/promql/function_table.h"
#include "rules/promql/plan.h"

namespace outrider::rules {
namespace {

using promql::Expr;
using promql::kMetricName;

// Recording rules may build on each other without end; beyond that many selectors the silence behind one counts as
// false, as in Prometheus.
constexpr std::size_t kMostSources = 1000;

enum class Outcome : std::uint8_t { reports, unknown, silent };  // from the best to the worst

/// The label names that count at one place of the expression.
class Names {
public:
    [[nodiscard]] bool count(std::string_view name) const {
        return std::ranges::find(dropped_, name) == dropped_.end() &&
               (!only_ || std::ranges::find(*only_, name) != only_->end());
    }
    [[nodiscard]] Names without(const std::vector<std::string>& names) const {
        auto copy = *this;
        copy.dropped_.insert(copy.dropped_.end(), names.begin(), names.end());
        return copy;
    }
    [[nodiscard]] Names only(const std::vector<std::string>& names) const {
        auto copy = *this;
        copy.only_.emplace();
        for (const auto& name : names)
            if (count(name)) copy.only_->push_back(name);
        return copy;
    }

private:
    std::vector<std::string> dropped_;
    std::optional<std::vector<std::string>> only_;
};

/// When, seen from an evaluation, a part of the expression looks, and how far back from there.
struct Moment {
    std::optional<Instant> fixed{};
    Duration offset{};
    Duration range{};
    [[nodiscard]] Instant of(Instant at) const { return fixed.value_or(at) - offset; }
    [[nodiscard]] Moment then(const std::optional<promql::AtModifier>& modifier, Duration further) const {
        if (!modifier) return {.fixed = fixed, .offset = offset + further, .range = range};
        if (modifier->kind == promql::AtModifier::Kind::timestamp)
            return {.fixed = modifier->timestamp, .offset = further, .range = range};
        // start() and end() of an instant query: that instant
        return {.fixed = std::nullopt, .offset = further, .range = range};
    }
    [[nodiscard]] Moment over(Duration further) const {
        return {.fixed = fixed, .offset = offset, .range = range + further};
    }
};

struct Question {
    const Labels& labels;  // of the alert, those that the rule sets itself left out
    Instant at{};
    Duration lookback{};
    Evidence::Doubts doubts;
};

bool agree(const Labels& asked, const Names& names, const Labels& found) {
    return std::ranges::all_of(asked, [&](const auto& label) {
        if (!names.count(label.first)) return true;
        const auto value = found.get(label.first);
        return !value || *value == label.second;
    });
}

class Node {
public:
    virtual ~Node() = default;
    [[nodiscard]] virtual Outcome ask(const Question& question) = 0;
    /// Whether it can have an element for an alert of those labels.
    [[nodiscard]] virtual bool possible(const Labels& labels) const = 0;
};
using NodePtr = std::unique_ptr<Node>;

class Known final : public Node {
public:
    Outcome ask(const Question&) override { return Outcome::reports; }
    [[nodiscard]] bool possible(const Labels&) const override { return true; }
};

/// Operands of which every one is needed.
class AllOf final : public Node {
public:
    explicit AllOf(std::vector<NodePtr> parts) : parts_(std::move(parts)) {}
    Outcome ask(const Question& question) override {
        auto worst = Outcome::reports;
        for (const auto& part : parts_) worst = std::max(worst, part->ask(question));
        return worst;
    }
    [[nodiscard]] bool possible(const Labels& labels) const override {
        return std::ranges::all_of(parts_, [&](const auto& part) { return part->possible(labels); });
    }

private:
    std::vector<NodePtr> parts_;
};

/// Operands of which one is enough.
class AnyOf final : public Node {
public:
    explicit AnyOf(std::vector<NodePtr> parts) : parts_(std::move(parts)) {}
    Outcome ask(const Question& question) override {
        bool reports = false;
        bool silent = false;
        for (const auto& part : parts_) {
            const auto outcome = part->ask(question);
            reports = reports || outcome == Outcome::reports;
            silent = silent || outcome == Outcome::silent || (outcome == Outcome::unknown && question.doubts.early);
        }
        if (silent) return Outcome::silent;
        return reports ? Outcome::reports : Outcome::unknown;
    }
    [[nodiscard]] bool possible(const Labels& labels) const override {
        return std::ranges::any_of(parts_, [&](const auto& part) { return part->possible(labels); });
    }

private:
    std::vector<NodePtr> parts_;
};

/// An operand of a set operator: whether it has data, and whether it has an element for the alert.
struct Operand {
    NodePtr evidence;
    promql::Plan plan;
    Names names;
    Moment moment;

    [[nodiscard]] bool has_element(const Question& question) {
        const auto elements = plan.elements(moment.of(question.at));
        return elements && std::ranges::any_of(*elements, [&](const auto& element) {
                   return agree(question.labels, names, *element.labels);
               });
    }
};

class And final : public Node {
public:
    And(Operand left, Operand right) : left_(std::move(left)), right_(std::move(right)) {}
    Outcome ask(const Question& question) override {
        const auto left = left_.evidence->ask(question);
        const auto right = right_.evidence->ask(question);
        if (left == Outcome::reports && right == Outcome::reports) return Outcome::reports;
        if (left == Outcome::reports) return left_.has_element(question) ? right : Outcome::reports;
        if (right == Outcome::reports) return right_.has_element(question) ? left : Outcome::reports;
        return std::max(left, right);
    }
    [[nodiscard]] bool possible(const Labels& labels) const override {
        return left_.evidence->possible(labels) && right_.evidence->possible(labels);
    }

private:
    Operand left_;
    Operand right_;
};

class Unless final : public Node {
public:
    Unless(NodePtr left, Operand right) : left_(std::move(left)), right_(std::move(right)) {}
    Outcome ask(const Question& question) override {
        const auto left = left_->ask(question);
        if (left == Outcome::reports) return left;
        return right_.has_element(question) ? Outcome::reports : left;
    }
    [[nodiscard]] bool possible(const Labels& labels) const override { return left_->possible(labels); }

private:
    NodePtr left_;
    Operand right_;
};

bool reports_at(const Series& series, Instant at, Duration lookback) {
    const auto* point = series.newest(at - lookback, at);
    return point != nullptr && !is_stale(point->value);
}

/// Whether it was there when the range began, and never went stale since.
bool without_hole(const Series& series, Instant at, Duration range) {
    const auto points = series.points();
    const auto within = std::ranges::upper_bound(points, at - range, {}, &Point::at);
    if (within == points.begin() || is_stale(std::prev(within)->value)) return false;
    return std::none_of(within, points.end(), [](const Point& point) { return is_stale(point.value); });
}

/// A selector, and what is behind it when recording rules make its series.
class Source final : public Node {
public:
    Source(promql::Matchers matchers, const Selection& selection, Names names, Moment moment,
           std::vector<NodePtr> recorded)
        : matchers_(std::move(matchers)), selection_(&selection), names_(std::move(names)), moment_(moment) {
        if (!recorded.empty()) recorded_ = std::make_unique<AnyOf>(std::move(recorded));
    }

    Outcome ask(const Question& question) override {
        const auto at = moment_.of(question.at);
        auto outcome = Outcome::unknown;
        bool let_go = false;
        for (const auto* series : selection_->series()) {
            if (!agree(question.labels, names_, *series->labels())) continue;
            outcome = Outcome::silent;
            let_go = let_go || (!series->points().empty() && is_stale(series->points().back().value));
            if (!reports_at(*series, at, question.lookback)) continue;
            if (question.doubts.holes && moment_.range > Duration{0} && !without_hole(*series, at, moment_.range))
                continue;
            // What a recording rule makes of a range with a hole is no better than the range.
            return question.doubts.holes && recorded_ ? recorded_->ask(question) : Outcome::reports;
        }
        if (recorded_ && (outcome == Outcome::unknown || let_go)) return recorded_->ask(question);
        const bool answered = outcome == Outcome::unknown && !question.doubts.early && target_reports(question, at);
        return answered ? Outcome::reports : outcome;
    }

    [[nodiscard]] bool possible(const Labels& labels) const override {
        return std::ranges::all_of(matchers_, [&](const promql::Matcher& matcher) {
            const auto value = names_.count(matcher.label()) ? labels.get(matcher.label()) : std::nullopt;
            return !value || matcher.matches(*value);
        });
    }

private:
    /// Whether the selector has a series that reports of the alert's target.
    [[nodiscard]] bool target_reports(const Question& question, Instant at) const {
        Labels target;
        for (const auto name : kTargetLabels) target.set(name, question.labels.value_of(name));
        if (!std::ranges::any_of(target, [&](const auto& label) { return names_.count(label.first); })) return false;
        return std::ranges::any_of(selection_->series(), [&](const Series* series) {
            return agree(target, names_, *series->labels()) && reports_at(*series, at, question.lookback);
        });
    }

    promql::Matchers matchers_;
    const Selection* selection_;
    Names names_;
    Moment moment_;
    NodePtr recorded_;  // null: no recording rule makes such series
};

std::vector<std::string> names_of(const std::vector<LabelText>& labels) {
    std::vector<std::string> names;
    for (const auto& [name, value] : labels) names.push_back(name);
    return names;
}

class Compiler {
public:
    Compiler(SeriesStore& store, const promql::Options& options, const RecordedBy& recorded)
        : store_(store), options_(options), recorded_(recorded) {}

    NodePtr compile(const Expr& expr, const Names& names, const Moment& moment) {
        return std::visit([&](const auto& node) { return make(node, names, moment); }, expr.node);
    }

private:
    static NodePtr known() { return std::make_unique<Known>(); }

    NodePtr make(const promql::NumberLiteral&, const Names&, const Moment&) { return known(); }
    NodePtr make(const promql::StringLiteral&, const Names&, const Moment&) { return known(); }
    NodePtr make(const promql::Paren& node, const Names& names, const Moment& moment) {
        return compile(*node.expr, names, moment);
    }
    NodePtr make(const promql::Negation& node, const Names& names, const Moment& moment) {
        return compile(*node.expr, names, moment);
    }
    NodePtr make(const promql::MatrixSelector& node, const Names& names, const Moment& moment) {
        return make(node.selector, names, moment.over(promql::range_of(node, {})));
    }
    NodePtr make(const promql::Subquery& node, const Names& names, const Moment& moment) {
        const auto then = moment.then(node.at, promql::offset_of(node, {}));
        return compile(*node.expr, names, then.over(promql::range_of(node, {})));
    }

    NodePtr make(const promql::VectorSelector& node, const Names& names, const Moment& moment) {
        const auto names_it = [&](std::string_view metric) {
            return std::ranges::all_of(node.matchers, [&](const promql::Matcher& matcher) {
                return matcher.label() != kMetricName || matcher.matches(metric);
            });
        };
        const bool by_name = std::ranges::any_of(node.matchers, [](const promql::Matcher& matcher) {
            return matcher.label() == kMetricName && matcher.op() == promql::MatchOp::equal;
        });
        if (by_name && (names_it(kAlertsMetric) || names_it(kAlertsForStateMetric))) return known();
        if (++sources_ > kMostSources) return known();
        const auto then = moment.then(node.at, promql::offset_of(node, {}));
        std::vector<NodePtr> recorded;
        for (const auto& [metric, rule] : recorded_) {
            if (!names_it(metric)) continue;
            if (std::ranges::find(within_, rule) != within_.end()) {
                recorded.push_back(known());  // a rule that looks at what it recorded itself: its absence is an answer
                continue;
            }
            within_.push_back(rule);
            recorded.push_back(compile(*rule->expr.tree, names.without(names_of(rule->labels)), then));
            within_.pop_back();
        }
        const auto& selection = store_.watch(node.matchers, std::max(then.offset, Duration{0}) + then.range);
        return std::make_unique<Source>(node.matchers, selection, names, then, std::move(recorded));
    }

    NodePtr make(const promql::Aggregate& node, const Names& names, const Moment& moment) {
        std::vector<NodePtr> parts;
        auto inner = names;
        if (node.param) {
            if (const auto* label = std::get_if<promql::StringLiteral>(&node.param->node)) {
                inner = names.without({label->value});
            } else {
                parts.push_back(compile(*node.param, names.only({}), moment));
            }
        }
        parts.push_back(compile(*node.expr, inner, moment));
        return std::make_unique<AllOf>(std::move(parts));
    }

    NodePtr make(const promql::Call& node, const Names& names, const Moment& moment) {
        using promql::FunctionId;
        const auto id = node.function->id;
        if (id == FunctionId::absent || id == FunctionId::absent_over_time) return known();
        auto inner = names;
        if (id == FunctionId::scalar) inner = names.only({});
        if (id == FunctionId::label_replace || id == FunctionId::label_join)
            if (const auto* label = std::get_if<promql::StringLiteral>(&node.args.at(1)->node))
                inner = names.without({label->value});
        std::vector<NodePtr> parts;
        for (const auto& argument : node.args) parts.push_back(compile(*argument, inner, moment));
        return std::make_unique<AllOf>(std::move(parts));
    }

    NodePtr make(const promql::Binary& node, const Names& names, const Moment& moment) {
        const auto& matching = node.matching;
        const auto matched = matching.on ? names.only(matching.labels) : names.without(matching.labels);
        const auto operand = [&](const Expr& expr, const Names& counting) {
            return Operand{compile(expr, counting, moment), promql::Plan{expr, store_, options_}, counting, moment};
        };
        if (node.op == promql::BinaryOp::set_and)
            return std::make_unique<And>(operand(*node.left, names), operand(*node.right, matched));
        if (node.op == promql::BinaryOp::set_unless)
            return std::make_unique<Unless>(compile(*node.left, names, moment), operand(*node.right, matched));
        auto left = names;
        auto right = names;
        using Card = promql::VectorMatching::Card;
        if (matching.card == Card::many_to_one || matching.card == Card::one_to_many) {
            auto& many = matching.card == Card::many_to_one ? left : right;
            auto& one = matching.card == Card::many_to_one ? right : left;
            many = names.without(matching.include);
            one = names_of_one(matching, names);
        }
        std::vector<NodePtr> parts;
        parts.push_back(compile(*node.left, left, moment));
        parts.push_back(compile(*node.right, right, moment));
        if (node.op == promql::BinaryOp::set_or) return std::make_unique<AnyOf>(std::move(parts));
        return std::make_unique<AllOf>(std::move(parts));
    }

    /// The side that is spread over many: what it is matched on, and what it lends.
    static Names names_of_one(const promql::VectorMatching& matching, const Names& names) {
        auto labels = matching.labels;
        if (matching.on) {
            labels.insert(labels.end(), matching.include.begin(), matching.include.end());
            return names.only(labels);
        }
        std::erase_if(labels, [&](const std::string& label) {
            return std::ranges::find(matching.include, label) != matching.include.end();
        });
        return names.without(labels);
    }

    SeriesStore& store_;
    const promql::Options& options_;
    const RecordedBy& recorded_;
    std::vector<const RecordingRule*> within_;  // whose expressions are being compiled
    std::size_t sources_ = 0;
};

}  // namespace

struct Evidence::State {
    NodePtr root;
    std::vector<std::string> own;  // labels that the rule sets
    Duration lookback{};

    [[nodiscard]] Labels without_own(Labels labels) const {
        for (const auto& name : own) labels.set(name, "");
        return labels;
    }
};

Evidence::Evidence(const AlertRule& rule, SeriesStore& store, const promql::Options& options,
                   const RecordedBy& recorded)
    : state_(std::make_unique<State>()) {
    state_->root = Compiler{store, options, recorded}.compile(*rule.expr.tree, Names{}, Moment{});
    state_->own = {"alertname", std::string{kMetricName}};
    for (const auto& label : rule.labels) state_->own.push_back(label.name);
    state_->lookback = options.lookback;
}

Evidence::Evidence(Evidence&&) noexcept = default;
Evidence& Evidence::operator=(Evidence&&) noexcept = default;
Evidence::~Evidence() = default;

bool Evidence::no_data(const Labels& labels, Instant at, Doubts doubts) {
    const auto asked = state_->without_own(labels);
    const Question question{.labels = asked, .at = at, .lookback = state_->lookback, .doubts = doubts};
    return state_->root->ask(question) != Outcome::reports;
}

bool Evidence::possible(const Labels& labels) const { return state_->root->possible(state_->without_own(labels)); }

}  // namespace outrider::rules
