#include "rules/evidence.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "outrider/target.h"
#include "rules/agreeing_series.h"
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

enum class Outcome : std::uint8_t { reports, incomplete, unknown, silent };  // from the best to the worst

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
        bool incomplete = false;
        for (const auto& part : parts_) {
            if (!part->possible(question.labels)) continue;
            const auto outcome = part->ask(question);
            if (outcome == Outcome::silent || (outcome == Outcome::unknown && question.doubts.early))
                return Outcome::silent;
            reports = reports || outcome == Outcome::reports;
            incomplete = incomplete || outcome == Outcome::incomplete;
        }
        if (incomplete) return Outcome::incomplete;
        return reports ? Outcome::reports : Outcome::unknown;
    }
    [[nodiscard]] bool possible(const Labels& labels) const override {
        return std::ranges::any_of(parts_, [&](const auto& part) { return part->possible(labels); });
    }

private:
    std::vector<NodePtr> parts_;
};

/// What an aggregate makes of several targets. After a start the first of them to report do not speak for the others.
class Merged final : public Node {
public:
    explicit Merged(NodePtr part) : part_(std::move(part)) {}
    Outcome ask(const Question& question) override {
        return question.doubts.early ? Outcome::silent : part_->ask(question);
    }
    [[nodiscard]] bool possible(const Labels& labels) const override { return part_->possible(labels); }

private:
    NodePtr part_;
};

/// What a recording rule made a series of, and the labels that it gave it.
class Recorded final : public Node {
public:
    Recorded(NodePtr part, const std::vector<LabelText>& labels, Names names)
        : part_(std::move(part)), names_(std::move(names)) {
        for (const auto& [name, value] : labels) labels_.set(name, value);
    }
    Outcome ask(const Question& question) override { return part_->ask(question); }
    [[nodiscard]] bool possible(const Labels& labels) const override {
        return agree(labels, names_, labels_) && part_->possible(labels);
    }

private:
    NodePtr part_;
    Labels labels_;
    Names names_;
};

/// An operand of a set operator: whether it has data, and whether it has an element for the alert.
struct Operand {
    NodePtr evidence;
    promql::Plan plan;
    Names names;
    Moment moment;
    std::optional<Instant> asked_at{};  // what the plan said then is still there
    std::span<const promql::Element> elements{};

    [[nodiscard]] bool has_element(const Question& question) {
        if (asked_at != question.at) {
            const auto result = plan.elements(moment.of(question.at));
            elements = result ? *result : std::span<const promql::Element>{};
            asked_at = question.at;
        }
        return std::ranges::any_of(elements,
                                   [&](const auto& element) { return agree(question.labels, names, *element.labels); });
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

/// Whether it was there when the range began, and did not go stale in it.
bool without_hole(const Series& series, Instant at, Duration range) {
    const auto points = series.points();
    const auto within = std::ranges::upper_bound(points, at - range, {}, &Point::at);
    const auto end = std::ranges::upper_bound(within, points.end(), at, {}, &Point::at);
    if (within == points.begin() || is_stale(std::prev(within)->value)) return false;
    return std::none_of(within, end, [](const Point& point) { return is_stale(point.value); });
}

/// Whether its maker has ended it, as far as could be seen at that moment.
bool ended(const Series& series, Instant at) {
    const auto points = series.points();
    const auto behind = std::ranges::upper_bound(points, at, {}, &Point::at);
    return behind != points.begin() && is_stale(std::prev(behind)->value);
}

/// A selector, and what is behind it when recording rules make its series.
class Source final : public Node {
public:
    Source(promql::Matchers matchers, const Selection& selection, Names names, Moment moment,
           std::vector<NodePtr> recorded)
        : matchers_(std::move(matchers)), series_(selection), names_(std::move(names)), moment_(moment) {
        if (!recorded.empty()) recorded_ = std::make_unique<AnyOf>(std::move(recorded));
    }

    Outcome ask(const Question& question) override {
        const auto at = moment_.of(question.at);
        auto outcome = Outcome::unknown;
        bool let_go = false;
        const bool whole = series_.any_of(counting(question.labels), [&](const Series* series) {
            let_go = let_go || ended(*series, at);
            if (!reports_at(*series, at, question.lookback)) {
                if (outcome != Outcome::incomplete) outcome = Outcome::silent;
                return false;
            }
            if (question.doubts.holes && moment_.range > Duration{0} && !without_hole(*series, at, moment_.range)) {
                outcome = Outcome::incomplete;
                return false;
            }
            return true;
        });
        // What a recording rule makes of a range with a hole is no better than the range.
        if (whole) return question.doubts.holes && recorded_ ? recorded_->ask(question) : Outcome::reports;
        if (outcome == Outcome::incomplete) return outcome;
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
    /// Those of an alert's labels that count here.
    [[nodiscard]] Labels counting(const Labels& labels) const {
        Labels kept;
        for (const auto& [name, value] : labels)
            if (names_.count(name)) kept.set(name, value);
        return kept;
    }

    /// Whether the selector has a series that reports of the alert's target.
    [[nodiscard]] bool target_reports(const Question& question, Instant at) {
        Labels target;
        for (const auto name : kTargetLabels)
            if (names_.count(name)) target.set(name, question.labels.value_of(name));
        return !target.empty() &&
               series_.any_of(target, [&](const Series* series) { return reports_at(*series, at, question.lookback); });
    }

    promql::Matchers matchers_;
    AgreeingSeries series_;
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

    [[nodiscard]] Duration longest_offset() const noexcept { return longest_offset_; }

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
        longest_offset_ = std::max(longest_offset_, then.offset);
        std::vector<NodePtr> recorded;
        for (const auto& [metric, rule] : recorded_) {
            if (!names_it(metric)) continue;
            if (std::ranges::find(within_, rule) != within_.end()) {
                recorded.push_back(known());  // a rule that looks at what it recorded itself: its absence is an answer
                continue;
            }
            if (!takes(node.matchers, rule->labels)) continue;
            within_.push_back(rule);
            auto behind = compile(*rule->expr.tree, names.without(names_of(rule->labels)), then);
            recorded.push_back(std::make_unique<Recorded>(std::move(behind), rule->labels, names));
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
        auto part = compile(*node.expr, inner, moment);
        parts.push_back(of_one_target(node) ? std::move(part) : std::make_unique<Merged>(std::move(part)));
        return std::make_unique<AllOf>(std::move(parts));
    }

    /// Whether all labels that tell targets apart are the group's.
    static bool of_one_target(const promql::Aggregate& node) {
        return std::ranges::all_of(kTargetLabels, [&](std::string_view name) {
            const bool listed = std::ranges::find(node.labels, name) != node.labels.end();
            return listed != node.without;
        });
    }

    /// Whether the matchers let the labels through that a recording rule sets.
    static bool takes(const promql::Matchers& matchers, const std::vector<LabelText>& labels) {
        return std::ranges::all_of(labels, [&](const LabelText& label) {
            return std::ranges::all_of(matchers, [&](const promql::Matcher& matcher) {
                return matcher.label() != label.first || matcher.matches(label.second);
            });
        });
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
    Duration longest_offset_{};
};

}  // namespace

struct Evidence::State {
    NodePtr root;
    std::vector<std::string> own;  // labels that the rule sets
    Duration lookback{};
    Duration longest_offset{};

    [[nodiscard]] Labels without_own(Labels labels) const {
        for (const auto& name : own) labels.set(name, "");
        return labels;
    }
};

Evidence::Evidence(const AlertRule& rule, SeriesStore& store, const promql::Options& options,
                   const RecordedBy& recorded)
    : state_(std::make_unique<State>()) {
    Compiler compiler{store, options, recorded};
    state_->root = compiler.compile(*rule.expr.tree, Names{}, Moment{});
    state_->longest_offset = compiler.longest_offset();
    state_->own = {"alertname", std::string{kMetricName}};
    for (const auto& label : rule.labels) state_->own.push_back(label.name);
    state_->lookback = options.lookback;
}

Evidence::Evidence(Evidence&&) noexcept = default;
Evidence& Evidence::operator=(Evidence&&) noexcept = default;
Evidence::~Evidence() = default;

Evidence::Answer Evidence::ask(const Labels& labels, Instant at, Doubts doubts) {
    const auto asked = state_->without_own(labels);
    const Question question{.labels = asked, .at = at, .lookback = state_->lookback, .doubts = doubts};
    switch (state_->root->ask(question)) {
        case Outcome::reports: return Answer::reports;
        case Outcome::incomplete: return Answer::incomplete;
        case Outcome::unknown:
        case Outcome::silent: break;
    }
    return Answer::no_data;
}

Duration Evidence::longest_offset() const noexcept { return state_->longest_offset; }

bool Evidence::possible(const Labels& labels) const { return state_->root->possible(state_->without_own(labels)); }

}  // namespace outrider::rules
