#include "rules/templating/functions/table.h"

#include <algorithm>
#include <array>

#include "rules/templating/functions/functions.h"

namespace outrider::rules::templating {
namespace {

constexpr std::array kFunctions{
#define FUNCTION(name, parameters, run) Function{name, parameters, run},
#include "rules/templating/functions/functions.def"
#undef FUNCTION
};
static_assert(std::ranges::is_sorted(kFunctions, {}, &Function::name));

}  // namespace

const Function* find_function(std::string_view name) noexcept {
    const auto* const found = std::ranges::lower_bound(kFunctions, name, {}, &Function::name);
    return found != kFunctions.end() && found->name == name ? found : nullptr;
}

std::string_view why_unsupported(std::string_view name) noexcept {
    struct Refused {
        std::string_view name;
        std::string_view why;
    };
    constexpr std::string_view query = "a template here sees its own element only, and can ask no query";
    constexpr std::string_view part = "a template here is one piece";
    constexpr std::array refused{
        Refused{"query", query},
        Refused{"first", query},
        Refused{"label", query},
        Refused{"value", query},
        Refused{"strvalue", query},
        Refused{"sortByLabel", query},
        Refused{"tmpl", part},
        Refused{"template", part},
        Refused{"define", part},
        Refused{"block", part},
        Refused{"call", "no value here is a function"},
        Refused{"now", "a template here is expanded again only when its element changes"},
        Refused{"toDuration", "humanizeDuration shows a duration"},
    };
    const auto* const found = std::ranges::find(refused, name, &Refused::name);
    return found == refused.end() ? std::string_view{} : found->why;
}

}  // namespace outrider::rules::templating
