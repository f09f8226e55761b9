#include "rules/promql/scanner.h"

#include <fmt/format.h>

#include "outrider/time_text.h"
#include "rules/gotext/number.h"
#include "rules/gotext/quote.h"
#include "rules/gotext/utf8.h"
#include "rules/promql/text.h"

namespace outrider::rules::promql {
namespace {

// Digits with a dot, an exponent and underscores; what is wrong inside is for gotext::parse_number to say.
void skip_number(Scanner& scan) {
    if (scan.peek() == '0' && (scan.peek(1) == 'x' || scan.peek(1) == 'X')) {
        scan.skip(2);
        scan.skip_while([](char c) { return is_hex_digit(c) || c == '_'; });
        return;
    }
    const auto digits = [](char c) { return is_digit(c) || c == '_'; };
    scan.skip_while(digits);
    if (scan.take('.')) scan.skip_while(digits);
    if (scan.peek() != 'e' && scan.peek() != 'E') return;
    scan.skip();
    if (scan.peek() == '+' || scan.peek() == '-') scan.skip();
    scan.skip_while(digits);
}

// From the first unit on: `m`, `h30m`. Which units may follow which is for parse_duration to say.
bool skip_units(Scanner& scan) {
    const auto unit = [&scan](std::string_view letters) {
        if (scan.done() || letters.find(scan.peek()) == std::string_view::npos) return false;
        scan.skip();
        scan.take('s');
        return true;
    };
    if (!unit("smhdwy")) return false;
    while (is_digit(scan.peek())) {
        scan.skip_while(is_digit);
        if (!unit("smhdw")) return false;
    }
    if (!is_alphanumeric(scan.peek())) return true;
    scan.skip();  // into the error's text
    return false;
}

// A duration that would be one if only its numbers were smaller.
bool too_long(std::string_view text) {
    std::string small;
    for (const char c : text)
        if (!is_digit(c) || small.empty() || !is_digit(small.back())) small += is_digit(c) ? '1' : c;
    return parse_duration(small).has_value();
}

std::string duration_error(std::string_view text) {
    if (too_long(text)) return "duration out of range";
    return "not a valid duration string: " + gotext::quote(text);
}

// Stands behind the backslash. The result is an error, empty when it is fine.
std::string take_escape(Scanner& scan, std::string& out, char quote) {
    const auto escape = gotext::read_escape(scan.rest(), quote);
    const auto culprit = [&] {
        return gotext::code_point(gotext::decode(scan.rest().substr(escape.length)).code, 4, true);
    };
    using enum gotext::Escape::Problem;
    switch (escape.problem) {
        case none: break;
        case cut_off: return "escape sequence not terminated";
        case unknown: return "unknown escape sequence " + culprit();
        case bad_digit: return fmt::format("illegal character {} in escape sequence", culprit());
        case bad_code: return "escape sequence is an invalid Unicode code point";
    }
    scan.skip(escape.length);
    if (escape.is_byte) {
        out += static_cast<char>(escape.code);
    } else {
        gotext::append(out, escape.code);
    }
    return {};
}

}  // namespace

ScannedNumber scan_number(Scanner& scan) {
    const auto from = scan.at();
    skip_number(scan);
    if (!is_alphanumeric(scan.peek()) && scan.peek() != '.') {
        const auto text = scan.since(from);
        const auto number = gotext::parse_number(text);
        if (number) return {.value = *number, .duration = false};
        return {.error = fmt::format("error parsing number: strconv.ParseFloat: parsing {}: {}", gotext::quote(text),
                                     number.error().text)};
    }
    if (scan.take('.') || !skip_units(scan))
        return {.error = "bad number or duration syntax: " + gotext::quote(scan.since(from))};
    const auto text = scan.since(from);
    const auto duration = parse_duration(text);
    if (!duration) return {.error = duration_error(text)};
    return {.value = seconds_of(*duration), .duration = true};
}

ScannedString scan_string(Scanner& scan) {
    const auto from = scan.at();
    const char quote = scan.peek();
    const bool raw = quote == '`';
    scan.skip();
    ScannedString string;
    const auto failed = [&](std::string message, std::size_t offset) {
        return ScannedString{.value = {}, .error = std::move(message), .error_offset = offset};
    };
    while (!scan.take(quote)) {
        if (scan.done() || (!raw && scan.peek() == '\n'))
            return failed(raw ? "unterminated raw string" : "unterminated quoted string", from);
        const auto at = scan.at();
        if (!raw && scan.take('\\')) {
            if (auto problem = take_escape(scan, string.value, quote); !problem.empty())
                return failed(std::move(problem), at);
            continue;
        }
        const auto rune = gotext::decode(scan.rest());
        if (!rune.valid) return failed("invalid UTF-8 rune", at);
        string.value += scan.rest().substr(0, rune.width);
        scan.skip(rune.width);
    }
    return string;
}

}  // namespace outrider::rules::promql
