// Any bytes as a script in the promqltest language: commands, or what is wrong with a line of it. Short scripts are
// run: each case has a name and a verdict, and a failed one says why.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <variant>

#include "rules/testing/script.h"
#include "rules/testing/script_runner.h"

using namespace outrider::rules::testing;

namespace {

void want(bool holds) {
    if (!holds) std::abort();
}

std::size_t points(const Load& load) {
    std::size_t sum = 0;
    for (const auto& series : load.series) sum += series.values.points.size();
    return sum;
}

std::size_t steps(const Eval& eval) {
    return eval.range ? static_cast<std::size_t>((eval.range->end - eval.range->start) / eval.range->step) + 1 : 1;
}

/// How much there is to run; each command is checked on the way.
std::size_t work(std::string_view text) {
    const auto lines = static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1;
    std::size_t sum = 0;
    for (const auto& command : parse_script(text)) {
        if (const auto* load = std::get_if<Load>(&command)) sum += points(*load);
        if (const auto* eval = std::get_if<Eval>(&command)) sum += steps(*eval);
        if (const auto* bad = std::get_if<BadCommand>(&command))
            want(bad->line >= 1 && bad->line <= lines && !bad->message.empty());
    }
    return sum;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    constexpr std::size_t most_work = 1000;
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    if (work(text) > most_work) return 0;
    for (const auto& one : run_script(text, "fuzz.test")) {
        want(one.place.starts_with("fuzz.test:"));
        want((one.verdict == Verdict::failed) == !one.details.empty());
        want((one.verdict == Verdict::unsupported) == !one.construct.empty());
    }
    return 0;
}
