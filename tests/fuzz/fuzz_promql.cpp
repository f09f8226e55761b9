// Any text: an expression or an error whose place lies within the text; the same for templates.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "rules/promql/comparison_parser.h"
#include "rules/template.h"

using namespace outrider;
using namespace outrider::rules;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto parsed = comparison::parse(text);
    if (const auto* error = std::get_if<comparison::ParseError>(&parsed))
        if (error->offset > size || error->message.empty()) std::abort();
    if (const auto pattern = Template::parse(text)) (void)pattern->expand({{"pop", "sin1"}}, 1.5);
    return 0;
}
