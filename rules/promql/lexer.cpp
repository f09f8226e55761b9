#include "rules/promql/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "rules/gotext/quote.h"
#include "rules/gotext/utf8.h"
#include "rules/promql/scanner.h"
#include "rules/promql/text.h"

namespace outrider::rules::promql {
namespace {

using enum TokenKind;

constexpr std::array<std::pair<std::string_view, TokenKind>, 35> kWords{{{"and", set_and},
                                                                         {"or", set_or},
                                                                         {"unless", set_unless},
                                                                         {"atan2", atan2},
                                                                         {"sum", aggregator},
                                                                         {"avg", aggregator},
                                                                         {"count", aggregator},
                                                                         {"min", aggregator},
                                                                         {"max", aggregator},
                                                                         {"group", aggregator},
                                                                         {"stddev", aggregator},
                                                                         {"stdvar", aggregator},
                                                                         {"topk", aggregator},
                                                                         {"bottomk", aggregator},
                                                                         {"count_values", aggregator},
                                                                         {"quantile", aggregator},
                                                                         {"limitk", aggregator},
                                                                         {"limit_ratio", aggregator},
                                                                         {"offset", kw_offset},
                                                                         {"anchored", kw_anchored},
                                                                         {"smoothed", kw_smoothed},
                                                                         {"by", kw_by},
                                                                         {"without", kw_without},
                                                                         {"on", kw_on},
                                                                         {"ignoring", kw_ignoring},
                                                                         {"group_left", kw_group_left},
                                                                         {"group_right", kw_group_right},
                                                                         {"bool", kw_bool},
                                                                         {"start", kw_start},
                                                                         {"end", kw_end},
                                                                         {"step", kw_step},
                                                                         {"range", kw_range},
                                                                         {"inf", number},
                                                                         {"nan", number},
                                                                         {"", identifier}}};

constexpr std::array<std::string_view, 4> kDurationWords{"min", "max", "min_of", "max_of"};
constexpr std::string_view kDurationSymbols = "+-*/%^(),]";

constexpr std::array<std::pair<std::string_view, TokenKind>, 8> kSymbols{
    {{"(", left_paren}, {")", right_paren}, {",", comma}, {"+", add}, {"-", sub}, {"*", mul}, {"%", mod}, {"^", pow}}};

TokenKind word_kind(std::string_view word) {
    const auto lower = lower_case(word);
    const auto found = std::ranges::find(kWords, lower, &std::pair<std::string_view, TokenKind>::first);
    if (found != kWords.end()) return found->second;
    return word.find(':') == std::string_view::npos ? identifier : metric_identifier;
}

class Lexer {
public:
    explicit Lexer(std::string_view text) : scan_(text) {}

    std::vector<Token> run() {
        while (!done_) {
            skip_blank();
            start_ = scan_.at();
            if (scan_.done()) {
                finish();
            } else if (in_braces_) {
                inside_braces();
            } else {
                statement();
            }
        }
        return std::move(tokens_);
    }

private:
    void skip_blank() {
        while (!scan_.done()) {
            if (scan_.peek() == '#') {
                while (!scan_.done() && scan_.peek() != '\n' && scan_.peek() != '\r') scan_.skip();
            } else if (is_space(scan_.peek())) {
                scan_.skip();
            } else {
                return;
            }
        }
    }

    Token& push(TokenKind kind) {
        tokens_.push_back(
            {.kind = kind, .offset = start_, .text = scan_.since(start_), .amount = 0, .value = {}, .unsupported = {}});
        return tokens_.back();
    }
    void fail_at(std::size_t offset, std::string message, std::string unsupported = {}) {
        start_ = offset;
        auto& token = push(error);
        token.value = std::move(message);
        token.unsupported = std::move(unsupported);
        done_ = true;
    }
    void fail(std::string message) { fail_at(start_, std::move(message)); }
    void refuse(const std::string& construct) { fail_at(start_, construct + " is not supported", construct); }

    void finish() {
        if (in_braces_) return fail("unexpected end of input inside braces");
        if (in_brackets_ && !amount_in_brackets_) return fail("unexpected end of input in duration expression");
        if (open_parens_ != 0) return fail("unclosed left parenthesis");
        if (in_brackets_) return fail("unclosed left bracket");
        push(end);
        done_ = true;
    }

    void inside_braces() {
        const char c = scan_.peek();
        if (is_alpha(c)) {
            scan_.skip_while(is_alphanumeric);
            push(identifier);
        } else if (is_quote(c)) {
            string_token();
        } else if (scan_.take(',')) {
            push(comma);
        } else if (scan_.take('=')) {
            push(scan_.take('~') ? match_regex : assign);
        } else if (scan_.take('!')) {
            if (scan_.take('~')) {
                push(match_not_regex);
            } else if (scan_.take('=')) {
                push(not_equal);
            } else {
                fail("unexpected character after '!' inside braces: " + gotext::quote_first(scan_.rest()));
            }
        } else if (c == '{') {
            fail("unexpected left brace '{'");
        } else if (scan_.take('}')) {
            push(right_brace);
            in_braces_ = false;
        } else {
            fail("unexpected character inside braces: " + gotext::quote_first(scan_.rest()));
        }
    }

    void statement() {
        const char c = scan_.peek();
        if (is_digit(c) || (c == '.' && is_digit(scan_.peek(1)))) return number_token();
        if (in_brackets_ && (is_alpha(c) || c == ':')) return inside_brackets();
        if (in_brackets_ && !amount_in_brackets_ && kDurationSymbols.find(c) == std::string_view::npos)
            return fail("unexpected character in duration expression: " + gotext::quote_first(scan_.rest()));
        if (is_quote(c)) return string_token();
        if (is_alpha(c) || c == ':') return word();
        symbol();
    }

    void inside_brackets() {
        if (scan_.take(':')) {
            if (scan_.take(':')) return refuse("aligned subquery (::)");
            if (tokens_.back().kind == left_bracket)
                return fail("unexpected colon before duration in duration expression");
            push(colon);
            return;
        }
        scan_.skip_while(is_alphanumeric);
        const auto text = scan_.since(start_);
        const auto kind = word_kind(text);
        if (kind == kw_step || kind == kw_range) {
            push(kind);
        } else if (std::ranges::find(kDurationWords, lower_case(text)) != kDurationWords.end()) {
            push(duration_word);
        } else if (amount_in_brackets_) {
            fail(fmt::format("unexpected character: {}, expected ':'", gotext::quote_first(text)));
        } else {
            fail("unexpected character in duration expression: " + gotext::quote_first(text));
        }
    }

    void word() {
        scan_.skip_while([](char c) { return is_alphanumeric(c) || c == ':'; });
        const auto kind = word_kind(scan_.since(start_));
        auto& token = push(kind);
        if (kind != number) return;
        const bool infinite = token.text.front() == 'i' || token.text.front() == 'I';
        token.amount = infinite ? std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
    }

    void number_token() {
        auto scanned = scan_number(scan_);
        if (!scanned.error.empty()) return fail(std::move(scanned.error));
        push(scanned.duration ? duration : number).amount = scanned.value;
        amount_in_brackets_ = in_brackets_;
    }

    void string_token() {
        auto scanned = scan_string(scan_);
        if (!scanned.error.empty()) return fail_at(scanned.error_offset, std::move(scanned.error));
        push(string).value = std::move(scanned.value);
    }

    void symbol() {
        const char c = scan_.peek();
        const auto simple =
            std::ranges::find(kSymbols, scan_.rest().substr(0, 1), &std::pair<std::string_view, TokenKind>::first);
        if (simple != kSymbols.end()) {
            scan_.skip();
            if (c == '(') ++open_parens_;
            if (c == ')' && open_parens_-- == 0) return fail("unexpected right parenthesis ')'");
            push(simple->second);
        } else if (c == '{') {
            if (scan_.peek(1) == '{') return refuse("native histogram literal");
            scan_.skip();
            push(left_brace);
            in_braces_ = true;
        } else if (c == '[') {
            if (in_brackets_) return fail("unexpected left bracket '['");
            scan_.skip();
            push(left_bracket);
            in_brackets_ = true;
            amount_in_brackets_ = false;
        } else if (c == ']') {
            if (!in_brackets_) return fail("unexpected right bracket ']'");
            scan_.skip();
            push(right_bracket);
            in_brackets_ = false;
        } else {
            comparison(c);
        }
    }

    void comparison(char c) {
        scan_.skip();
        if (c == '@') {
            push(at);
        } else if (c == '/') {
            push(div);
        } else if (c == '=') {
            if (scan_.peek() == '~') return fail("unexpected character after '=': '~'");
            push(scan_.take('=') ? equal : assign);
        } else if (c == '!') {
            if (!scan_.take('=')) return fail("unexpected character after '!': " + gotext::quote_first(scan_.rest()));
            push(not_equal);
        } else if (c == '<' || c == '>') {
            // Behind a comparison no operand begins with a slash.
            if (scan_.peek() == '/') return refuse(fmt::format("trim operator {}/", c));
            if (scan_.take('=')) {
                push(c == '<' ? less_equal : greater_equal);
            } else {
                push(c == '<' ? less : greater);
            }
        } else {
            fail("unexpected character: " + gotext::quote_first(scan_.from(start_)));
        }
    }

    Scanner scan_;
    std::size_t start_ = 0;  // of the token being read
    std::size_t open_parens_ = 0;
    bool in_braces_ = false;
    bool in_brackets_ = false;
    bool amount_in_brackets_ = false;  // a number or a duration has come: Prometheus says it in other words from there
    bool done_ = false;
    std::vector<Token> tokens_;
};

}  // namespace

std::string Token::describe() const {
    // Go's %q of long tokens: the first ten characters.
    const auto shortened = [this] {
        return text.size() > 10 ? gotext::quote(gotext::first_runes(text, 10)) + "..." : gotext::quote(text);
    };
    switch (kind) {
        case end: return "end of input";
        case error: return value;
        case identifier: return "identifier " + gotext::quote(text);
        case metric_identifier: return "metric identifier " + gotext::quote(text);
        case number: return "number " + shortened();
        case duration: return "duration " + shortened();
        case string: return "string " + shortened();
        case add:
        case sub:
        case mul:
        case div:
        case mod:
        case pow:
        case equal:
        case not_equal:
        case greater:
        case less:
        case greater_equal:
        case less_equal:
        case at:
        case atan2:
        case set_and:
        case set_or:
        case set_unless:
        case match_regex:
        case match_not_regex: return fmt::format("<op:{}>", text);
        case aggregator: return fmt::format("<aggr:{}>", text);
        case kw_bool:
        case kw_by:
        case kw_without:
        case kw_on:
        case kw_ignoring:
        case kw_group_left:
        case kw_group_right:
        case kw_offset:
        case kw_anchored:
        case kw_smoothed: return fmt::format("<{}>", text);
        case left_paren:
        case right_paren:
        case left_brace:
        case right_brace:
        case left_bracket:
        case right_bracket:
        case comma:
        case colon:
        case assign:
        case kw_start:
        case kw_end:
        case kw_step:
        case kw_range:
        case duration_word: return shortened();
    }
    return {};
}

std::vector<Token> tokenize(std::string_view text) { return Lexer{text}.run(); }

}  // namespace outrider::rules::promql
