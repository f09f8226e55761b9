// A value, a label and any text: a template that expands within its bounds, or an error that says something.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "rules/template.h"

using namespace outrider;
using namespace outrider::rules;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text{reinterpret_cast<const char*>(data), size};
    // The first line is the value, as its bytes, and a label.
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(line.size() < text.size() ? line.size() + 1 : line.size());
    double value = 1.5;
    if (line.size() >= sizeof value) std::memcpy(&value, line.data(), sizeof value);
    const auto parsed = Template::parse(text);
    if (!parsed) {
        if (parsed.error().text.empty()) std::abort();
        return 0;
    }
    const Labels labels{{"instance", "host-1.example.com:9100"}, {"note", std::string{line}}, {"pop", "sin1"}};
    const Labels external{{"region", "asia"}};
    const TemplateData seen{labels, external, "http://monitor.example.com:9090/prefix", value};
    const auto expanded = parsed->expand(seen);
    if (expanded.size() > std::size_t{1} << 20 || expanded != parsed->expand(seen)) std::abort();
    return 0;
}
