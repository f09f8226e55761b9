// Any text: an expression that says the same again when it is printed and read, or an error whose place lies within the
// text; templates too.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "rules/promql/parser.h"
#include "rules/template.h"

using namespace outrider;
using namespace outrider::rules;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto parsed = promql::parse(text);
    if (const auto* error = std::get_if<promql::ParseError>(&parsed))
        if (error->offset > size || error->message.empty()) std::abort();
    if (const auto* expr = std::get_if<promql::ExprPtr>(&parsed)) {
        const auto printed = promql::to_text(**expr);
        const auto again = promql::parse(printed);
        const auto* same = std::get_if<promql::ExprPtr>(&again);
        // A text of near 64 KiB may become longer than what is read.
        if (same == nullptr && printed.size() <= 65536) std::abort();
        if (same != nullptr && promql::to_text(**same) != printed) std::abort();
    }
    if (const auto pattern = Template::parse(text)) (void)pattern->expand({{"pop", "sin1"}}, 1.5);
    return 0;
}
