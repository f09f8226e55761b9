#include "rules/promql/comparison_parser.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "rules/promql/comparison_lexer.h"

namespace outrider::rules::comparison {
namespace {

constexpr std::array<std::pair<std::string_view, Compare>, 6> kComparisons{{{"==", Compare::equal},
                                                                            {"!=", Compare::not_equal},
                                                                            {">", Compare::greater},
                                                                            {"<", Compare::less},
                                                                            {">=", Compare::greater_equal},
                                                                            {"<=", Compare::less_equal}}};
constexpr std::array<std::pair<std::string_view, MatchOp>, 4> kMatchOps{
    {{"=", MatchOp::equal}, {"!=", MatchOp::not_equal}, {"=~", MatchOp::regex}, {"!~", MatchOp::not_regex}}};
// What a regular expression may cost; RE2's own default is 8 MiB.
constexpr std::int64_t kRegexMemory = 1 << 20;

template <class T, std::size_t N>
std::optional<T> look_up(const std::array<std::pair<std::string_view, T>, N>& table, std::string_view text) {
    const auto found = std::ranges::find(table, text, &std::pair<std::string_view, T>::first);
    if (found == table.end()) return std::nullopt;
    return found->second;
}

class Parser {
public:
    explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

    std::variant<Expr, ParseError> run() {
        Expr expr;
        if (auto error = selector(expr.selector)) return *error;
        if (peek().kind != TokenKind::end) {
            if (auto error = comparison(expr)) return *error;
        }
        if (peek().kind != TokenKind::end)
            return wanted("the end of the expression (only `metric{…} op number` is supported)");
        return expr;
    }

private:
    using Failure = std::optional<ParseError>;

    [[nodiscard]] const Token& peek() const { return tokens_[at_]; }
    const Token& take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
    [[nodiscard]] bool at_symbol(std::string_view text) const {
        return peek().kind == TokenKind::symbol && peek().text == text;
    }
    [[nodiscard]] ParseError wanted(const std::string& what) const {
        return {peek().offset, "want " + what + ", got " + peek().describe()};
    }

    Failure selector(Selector& out) {
        if (peek().kind != TokenKind::identifier) return wanted("a metric name");
        out.metric = take().text;
        if (at_symbol("("))
            return ParseError{peek().offset, "functions such as " + out.metric + "() are not supported"};
        if (!at_symbol("{")) return std::nullopt;
        take();
        while (!at_symbol("}")) {
            if (auto error = matcher(out)) return error;
            if (at_symbol(",")) {
                take();
            } else if (!at_symbol("}")) {
                return wanted("\",\" or \"}\"");
            }
        }
        take();
        return std::nullopt;
    }

    Failure matcher(Selector& out) {
        if (peek().kind != TokenKind::identifier) return wanted("a label name");
        Matcher matcher{.label = take().text, .op = {}, .value = {}, .compiled = nullptr};
        const auto op = peek().kind == TokenKind::symbol ? look_up(kMatchOps, peek().text) : std::nullopt;
        if (!op) return wanted("one of = != =~ !~");
        matcher.op = *op;
        take();
        if (peek().kind != TokenKind::string) return wanted("a quoted label value");
        const auto value_at = peek().offset;
        matcher.value = take().text;
        if (matcher.op == MatchOp::regex || matcher.op == MatchOp::not_regex) {
            RE2::Options options;
            options.set_log_errors(false);
            options.set_max_mem(kRegexMemory);
            options.set_dot_nl(true);
            auto compiled = std::make_shared<const RE2>(matcher.value, options);
            if (!compiled->ok())
                return ParseError{
                    value_at, "want a regular expression (RE2), got \"" + matcher.value + "\": " + compiled->error()};
            matcher.compiled = std::move(compiled);
        }
        out.matchers.push_back(std::move(matcher));
        return std::nullopt;
    }

    Failure comparison(Expr& out) {
        if (at_symbol("[")) return ParseError{peek().offset, "range selectors are not supported"};
        const auto op = peek().kind == TokenKind::symbol ? look_up(kComparisons, peek().text) : std::nullopt;
        if (!op) return wanted("one of == != > < >= <= or the end of the expression");
        out.compare = op;
        take();
        double sign = 1;
        if (at_symbol("-") || at_symbol("+")) sign = take().text == "-" ? -1 : 1;
        if (peek().kind != TokenKind::number) return wanted("a number");
        out.threshold = sign * take().number;
        return std::nullopt;
    }

    std::vector<Token> tokens_;
    std::size_t at_ = 0;
};

}  // namespace

bool Matcher::matches(std::string_view text) const {
    switch (op) {
        case MatchOp::equal: return text == value;
        case MatchOp::not_equal: return text != value;
        case MatchOp::regex: return RE2::FullMatch(text, *compiled);
        case MatchOp::not_regex: return !RE2::FullMatch(text, *compiled);
    }
    return false;
}

bool holds(Compare op, double left, double right) noexcept {
    switch (op) {
        case Compare::equal: return left == right;
        case Compare::not_equal: return left != right;
        case Compare::greater: return left > right;
        case Compare::less: return left < right;
        case Compare::greater_equal: return left >= right;
        case Compare::less_equal: return left <= right;
    }
    return false;
}

std::variant<Expr, ParseError> parse(std::string_view text) {
    auto tokens = tokenize(text);
    if (auto* error = std::get_if<ParseError>(&tokens)) return *error;
    return Parser{std::get<std::vector<Token>>(std::move(tokens))}.run();
}

}  // namespace outrider::rules::comparison
