// Small makers of rules, targets and samples for tests.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "outrider/event.h"
#include "rules/promql/comparison_parser.h"
#include "rules/rule_file.h"

namespace outrider::rules::test {

using namespace std::chrono_literals;

inline const Instant kStart{1'700'000'000s};

inline std::shared_ptr<const TargetList> targets(
    std::initializer_list<std::pair<std::string, std::string>> stream_pop) {
    auto list = std::make_shared<TargetList>();
    for (const auto& [stream, pop] : stream_pop)
        list->push_back({.id = TargetId{static_cast<std::uint32_t>(list->size())},
                         .stream = stream,
                         .pop = pop,
                         .protocol = "httpflv",
                         .url = "http://x/" + stream + ".flv",
                         .connect_to = {},
                         .viewers = {},
                         .heartbeat = 200ms});
    return list;
}

inline Sample sample(std::uint32_t target, Instant at, double lag, double up = 1) {
    return {.target = TargetId{target},
            .at = at,
            .outcome = up > 0 ? Outcome::ok : Outcome::reset,
            .readings = {{Metric::up, {}, up}, {Metric::lag_seconds, {}, lag}}};
}

inline comparison::Expr expr(std::string_view text) { return std::get<comparison::Expr>(comparison::parse(text)); }

inline AlertRule rule(std::string name, std::string_view text, Duration hold = 0s, Duration keep_firing = 0s) {
    return {.name = std::move(name),
            .text = std::string{text},
            .expr = expr(text),
            .hold = hold,
            .keep_firing = keep_firing,
            .labels = {},
            .annotations = {}};
}

inline RuleFile file(std::vector<AlertRule> rules, Duration interval = 200ms) {
    return {.groups = {{.name = "g", .interval = interval, .rules = std::move(rules)}}};
}

}  // namespace outrider::rules::test
