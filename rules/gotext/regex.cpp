#include "rules/gotext/regex.h"

#include <re2/re2.h>

#include <algorithm>
#include <cstddef>

namespace outrider::rules::gotext {
namespace {

constexpr std::int64_t kMemory = 1 << 20;  // RE2's own default is 8 MiB

// Size of what stands for itself at the start of `text`, and in which a parenthesis opens nothing: an escape, a quoted
// passage or a class of characters; 1 for anything else. Want text not empty.
std::size_t unit_length(std::string_view text) {
    const auto up_to = [&](std::size_t end, std::size_t after) { return std::min(end, text.size() - after) + after; };
    if (text.starts_with("\\Q")) return up_to(text.find("\\E"), 2);
    if (text.front() == '\\') return std::min<std::size_t>(2, text.size());
    if (text.front() != '[') return 1;
    std::size_t end = text.substr(1).starts_with('^') ? 2U : 1U;
    if (text.substr(end).starts_with(']')) ++end;  // as the first it is a member
    while (end < text.size() && text[end] != ']') {
        const std::string_view rest = text.substr(end);
        if (rest.starts_with("[:")) {
            const auto name_end = rest.find(":]");
            end += name_end == std::string_view::npos ? 1U : name_end + 2;
        } else {
            end += rest.front() == '\\' ? 2U : 1U;
        }
    }
    return up_to(end, 1);
}

}  // namespace

std::unique_ptr<const re2::RE2> compile_regex(std::string_view pattern, Dot dot) {
    re2::RE2::Options options;
    options.set_log_errors(false);
    options.set_max_mem(kMemory);
    options.set_dot_nl(dot == Dot::anything);
    return std::make_unique<const re2::RE2>(re2_pattern(pattern), options);
}

std::string re2_pattern(std::string_view pattern) {
    constexpr std::string_view kOpen = "(?<";
    std::string text;
    while (!pattern.empty()) {
        if (pattern.starts_with(kOpen)) {
            text += "(?P<";
            pattern.remove_prefix(kOpen.size());
            continue;
        }
        const std::size_t length = unit_length(pattern);
        text += pattern.substr(0, length);
        pattern.remove_prefix(length);
    }
    return text;
}

}  // namespace outrider::rules::gotext
