// The case of letters.
#include "rules/gotext/utf8.h"
#include "rules/templating/functions/functions.h"

namespace outrider::rules::templating {
namespace {

template <class Map>
std::string mapped(std::string_view text, Map map) {
    std::string result;
    while (!text.empty()) {
        const auto rune = gotext::decode(text);
        gotext::append(result, map(rune.code));
        text.remove_prefix(rune.width);
    }
    return result;
}

/// Go's idea of what parts words: any mark of ASCII but the underscore, and blanks of other scripts.
bool parts_words(char32_t code) {
    if (code < 0x80)
        return !((code >= '0' && code <= '9') || (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') ||
                 code == '_');
    if (gotext::is_letter_or_digit(code)) return false;
    return code == 0x85 || code == 0xA0 || code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 ||
           code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

}  // namespace

Result<Value> title(const Call& call) {
    bool begins = true;
    return Value{mapped(call.text(0), [&](char32_t code) {
        const auto shown = begins ? gotext::to_upper(code) : code;
        begins = parts_words(code);
        return shown;
    })};
}

Result<Value> upper_case(const Call& call) { return Value{mapped(call.text(0), gotext::to_upper)}; }
Result<Value> lower_case(const Call& call) { return Value{mapped(call.text(0), gotext::to_lower)}; }

}  // namespace outrider::rules::templating
