// Small makers of rules, targets and samples for tests.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "outrider/event.h"
#include "rules/promql/parser.h"
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

inline RuleExpr expr(std::string_view text) {
    auto parsed = promql::parse(text);
    if (const auto* error = std::get_if<promql::ParseError>(&parsed)) throw std::invalid_argument{error->message};
    return {.text = std::string{text}, .tree = std::get<promql::ExprPtr>(std::move(parsed))};
}

inline NamedTemplate text(std::string name, std::string_view as_written) {
    return {.name = std::move(name), .text = std::string{as_written}, .parsed = *Template::parse(as_written)};
}

inline AlertRule rule(std::string name, std::string_view text, Duration hold = 0s, Duration keep_firing = 0s) {
    return {.name = std::move(name), .expr = expr(text), .hold = hold, .keep_firing = keep_firing};
}

inline RecordingRule recording(std::string name, std::string_view text, std::vector<LabelText> labels = {}) {
    return {.name = std::move(name), .expr = expr(text), .labels = std::move(labels)};
}

inline RuleGroup group(std::vector<Rule> rules, Duration interval = 200ms) {
    return {.name = "g", .interval = interval, .rules = std::move(rules)};
}

inline RuleFile file(std::vector<Rule> rules, Duration interval = 200ms) {
    return {.groups = {group(std::move(rules), interval)}};
}

}  // namespace outrider::rules::test
