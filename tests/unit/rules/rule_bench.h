// A group of rules over a store that the test fills by hand.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "builders.h"
#include "rules/rule_group.h"

namespace outrider::rules::test {

class RuleBench {
public:
    using Values = std::vector<std::pair<std::string, double>>;  // `name{label="value"}` and value

    explicit RuleBench(std::vector<Rule> rules, Silence silence = Silence::is_no_data, std::size_t limit = 0) {
        RuleOptions options;
        options.promql.lookback = 15s;
        options.silence = silence;
        files_.push_back(file(std::move(rules)));
        files_.front().groups.front().limit = limit;
        groups_ = make_groups(files_, store_, options);
    }

    /// These series have these values at `t`, the others that there were go stale; then all rules are evaluated.
    std::vector<AlertChanged> at(Duration t, const Values& values) {
        store_.advance(kStart + t, 15s);
        std::map<std::string, double> now{values.begin(), values.end()};
        for (const auto& [text, value] : now)
            if (!open_.contains(text)) open_[text] = store_.open(std::get<Labels>(promql::parse_series(text)));
        for (const auto& [text, series] : open_)
            if (series != nullptr) (void)store_.append(*series, {kStart + t, now.contains(text) ? now[text] : kStale});
        return evaluate(t);
    }

    std::vector<AlertChanged> evaluate(Duration t) {
        auto changes = groups_.front().evaluate(kStart + t);
        for (const auto& change : changes) {
            if (change.forgotten || change.alert.state == AlertState::resolved)
                saved.erase(change.alert.labels);
            else
                saved[change.alert.labels] = change.alert;
        }
        return changes;
    }

    [[nodiscard]] AlertRuleState& alerting(std::size_t index = 0) {
        return std::get<AlertRuleState>(groups_.front().rules()[index]);
    }
    [[nodiscard]] const RuleStatus& status(std::size_t index = 0) { return status_of(groups_.front().rules()[index]); }
    /// Of the first alert of a rule: `inactive`, `pending`, `firing`.
    [[nodiscard]] std::string now(std::size_t index = 0) {
        const auto& active = alerting(index).active();
        return active.empty() ? "inactive" : std::string{to_string(active.begin()->second.state)};
    }
    /// The series that is there as of `t`.
    [[nodiscard]] std::optional<double> value(std::string_view series, Duration t) {
        const auto tree = expr(series).tree;
        promql::Plan plan{*tree, store_, {.lookback = 15s}};
        const auto elements = plan.elements(kStart + t);
        if (!elements || elements->size() != 1) return std::nullopt;
        return elements->front().value;
    }

    std::map<Labels, Alert> saved;  ///< what a book would hold

private:
    SeriesStore store_{SeriesStore::Keep::everything};
    std::map<std::string, Series*> open_;
    std::vector<RuleFile> files_;
    std::vector<RuleGroupState> groups_;
};

}  // namespace outrider::rules::test
