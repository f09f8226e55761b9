// Any text: an expression or an error whose place lies within the text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "rules/promql/comparison_parser.h"

using namespace outrider;
using namespace outrider::rules;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text{reinterpret_cast<const char*>(data), size};
    const auto parsed = comparison::parse(text);
    if (const auto* error = std::get_if<comparison::ParseError>(&parsed))
        if (error->offset > size || error->message.empty()) std::abort();
    return 0;
}
