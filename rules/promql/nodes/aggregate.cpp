#include "rules/promql/nodes/aggregate.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rules/gotext/number.h"
#include "rules/gotext/quote.h"
#include "rules/gotext/utf8.h"
#include "rules/promql/quantile.h"

namespace outrider::rules::promql {

LabelKeys group_keys(bool without, const std::vector<std::string>& labels) {
    if (!without) return LabelKeys{[labels](const Labels& whole) { return only(whole, labels); }};
    auto names = labels;
    names.emplace_back(kMetricName);
    return LabelKeys{[names](const Labels& whole) { return all_but(whole, names); }};
}

void AggregateNode::add(Group& group, double value) const {
    group.count += 1;
    const bool first = group.count == 1;
    switch (op_) {
        case AggregateOp::sum: group.sum.add(value); break;
        case AggregateOp::avg: group.mean.add(value); break;
        case AggregateOp::min:
            if (first || group.extreme > value || std::isnan(group.extreme)) group.extreme = value;
            break;
        case AggregateOp::max:
            if (first || group.extreme < value || std::isnan(group.extreme)) group.extreme = value;
            break;
        case AggregateOp::stddev:
        case AggregateOp::stdvar: {
            // B. P. Welford, Note on a Method for Calculating Corrected Sums of Squares and Products (1962).
            const auto delta = value - group.running_mean;
            group.running_mean += delta / group.count;
            group.squares += delta * (value - group.running_mean);
            break;
        }
        case AggregateOp::quantile: group.values.push_back(value); break;
        case AggregateOp::count:
        case AggregateOp::group:
        case AggregateOp::topk:
        case AggregateOp::bottomk:
        case AggregateOp::count_values:
        case AggregateOp::limitk: break;
    }
}

double AggregateNode::result(Group& group, double parameter) const {
    switch (op_) {
        case AggregateOp::sum: return group.sum.value();
        case AggregateOp::avg: return group.mean.value();
        case AggregateOp::min:
        case AggregateOp::max: return group.extreme;
        case AggregateOp::count: return group.count;
        case AggregateOp::stddev: return std::sqrt(group.squares / group.count);
        case AggregateOp::stdvar: return group.squares / group.count;
        case AggregateOp::quantile: return quantile_of(parameter, group.values);
        case AggregateOp::group:
        case AggregateOp::topk:
        case AggregateOp::bottomk:
        case AggregateOp::count_values:
        case AggregateOp::limitk: break;
    }
    return 1;
}

void AggregateNode::check_parameter(const Context& context) {
    if (op_ != AggregateOp::quantile || !context.report.wants_annotations()) return;
    const auto warn = [&](double value) {
        context.report.annotate(
            Annotation::Kind::warning,
            fmt::format("quantile value should be between 0 and 1, got {}", gotext::format_float(value, 'g', -1)),
            parameter_begin_);
    };
    const auto all = parameter_->extremes(context);
    if (all.has_nan) warn(all.least);
    if (all.greatest > 1) warn(all.greatest);
    if (all.least < 0) warn(all.least);
}

void AggregateNode::evaluate(const Context& context, Vector& out) {
    out.clear();
    inner_->evaluate(context, values_);
    const auto parameter = parameter_ ? parameter_->evaluate(context) : 0;
    check_parameter(context);
    present_.clear();
    order_.clear();
    for (std::size_t i = 0; i < values_.size(); ++i) {
        const auto& element = values_[i];
        const auto key = groups_.of(context.labels, i, element.labels);
        if (states_.size() <= key.number) states_.resize(key.number + std::size_t{1});
        auto& group = states_[key.number];
        if (present_.insert(key.number)) {
            auto values = std::move(group.values);
            values.clear();
            group = Group{};
            group.labels = key.labels;
            group.values = std::move(values);
            order_.push_back(key.number);
        }
        group.nameless = group.nameless || element.nameless;
        add(group, element.value);
    }
    for (const auto number : order_) {
        auto& group = states_[number];
        out.push_back({.labels = group.labels, .value = result(group, parameter), .nameless = group.nameless});
    }
}

std::optional<std::size_t> SelectSomeNode::count(const Context& context) {
    // What Prometheus can convert to its int64: the largest double below 2^63 is too large already.
    constexpr double most = 9223372036854774784.0;
    constexpr double least = -9223372036854775808.0;
    const auto all = parameter_.extremes(context);
    if (all.greatest < 1) return std::nullopt;
    if (all.has_nan) {
        context.report.fail("Parameter value is NaN");
    } else if (all.least <= least) {
        context.report.fail(fmt::format("Scalar value {} underflows int64", gotext::format_float(all.least, 'g', -1)));
    } else if (all.greatest >= most) {
        context.report.fail(
            fmt::format("Scalar value {} overflows int64", gotext::format_float(all.greatest, 'g', -1)));
    } else if (const auto wanted = parameter_.evaluate(context); wanted >= 1) {
        return wanted < static_cast<double>(values_.size()) ? static_cast<std::size_t>(wanted) : values_.size();
    }
    return std::nullopt;
}

void SelectSomeNode::evaluate(const Context& context, Vector& out) {
    out.clear();
    inner_->evaluate(context, values_);
    const auto wanted = count(context);
    if (!wanted) return;
    present_.clear();
    order_.clear();
    for (std::size_t i = 0; i < values_.size(); ++i) {
        const auto number = groups_.of(context.labels, i, values_[i].labels).number;
        if (members_.size() <= number) members_.resize(number + std::size_t{1});
        if (present_.insert(number)) {
            members_[number].clear();
            order_.push_back(number);
        }
        members_[number].push_back(values_[i]);
    }
    const bool descending = op_ == AggregateOp::topk;
    const auto before = [descending](const Element& a, const Element& b) {
        if (std::isnan(a.value) || std::isnan(b.value)) return std::isnan(b.value) && !std::isnan(a.value);
        return descending ? a.value > b.value : a.value < b.value;
    };
    for (const auto number : order_) {
        auto& members = members_[number];
        if (op_ != AggregateOp::limitk) std::ranges::stable_sort(members, before);
        members.resize(std::min(members.size(), *wanted));
        out.insert(out.end(), members.begin(), members.end());
    }
}

CountValuesNode::CountValuesNode(std::string label, bool without, std::vector<std::string> labels, VectorPtr inner)
    : label_(std::move(label)), groups_(LabelKeys{nameless}), inner_(std::move(inner)) {
    if (without) {
        groups_ = group_keys(true, labels);
    } else {
        labels.push_back(label_);
        groups_ = group_keys(false, labels);
    }
}

void CountValuesNode::evaluate(const Context& context, Vector& out) {
    out.clear();
    if (label_.empty() || !gotext::is_utf8(label_)) {
        context.report.fail("invalid label name " + gotext::quote(label_));
        return;
    }
    inner_->evaluate(context, values_);
    present_.clear();
    for (std::size_t i = 0; i < values_.size(); ++i) {
        auto labels = *values_[i].labels;
        labels.set(label_, gotext::format_float(values_[i].value, 'f', -1));
        const auto key = groups_.of(context.labels, i, context.labels.intern(std::move(labels)));
        if (place_of_.size() <= key.number) place_of_.resize(key.number + std::size_t{1});
        if (present_.insert(key.number)) {
            place_of_[key.number] = out.size();
            out.push_back({.labels = key.labels, .value = 0});
        }
        out[place_of_[key.number]].value += 1;
    }
}

}  // namespace outrider::rules::promql
