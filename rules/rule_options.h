// How rules are evaluated, whatever they say; and how the last evaluation of one went.
#pragma once

#include <cstdint>
#include <string>

#include "outrider/labels.h"
#include "outrider/time.h"
#include "rules/promql/context.h"

namespace outrider::rules {

/// What the absence of an element means when the series behind it have stopped reporting.
enum class Silence : std::uint8_t {
    is_no_data,  ///< nothing is known: what the rule's on_no_data says
    is_false,    ///< the alert is over, as in Prometheus, unless the rule itself says on_no_data. For rules tested in
                 ///< promtool's format, so that both programs give one answer
};

struct RuleOptions {
    promql::Options promql{};
    Silence silence = Silence::is_no_data;
    Labels external_labels{};  ///< `$externalLabels` of templates
    std::string external_url{};
};

/// Prometheus's words: `unknown` before the first evaluation.
enum class RuleHealth : std::uint8_t { unknown, ok, err };

[[nodiscard]] constexpr std::string_view to_string(RuleHealth health) noexcept {
    switch (health) {
        case RuleHealth::unknown: return "unknown";
        case RuleHealth::ok: return "ok";
        case RuleHealth::err: return "err";
    }
    return "";
}

struct RuleStatus {
    RuleHealth health = RuleHealth::unknown;
    std::string last_error{};   ///< of the last evaluation; empty when it went well
    Instant last_evaluation{};  ///< zero before the first
};

}  // namespace outrider::rules
