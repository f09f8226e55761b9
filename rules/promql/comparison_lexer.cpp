#include "rules/promql/comparison_lexer.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "outrider/time_text.h"

namespace outrider::rules::comparison {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
}
constexpr bool is_name(char c) { return is_name_start(c) || is_digit(c); }
constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

constexpr std::array<std::string_view, 6> kTwoCharSymbols{"==", "!=", ">=", "<=", "=~", "!~"};

class Lexer {
public:
    explicit Lexer(std::string_view text) : text_(text) {}

    std::variant<std::vector<Token>, ParseError> run() {
        while (skip_blank()) {
            const char c = text_[at_];
            std::optional<ParseError> error;
            if (is_name_start(c)) {
                take_name();
            } else if (is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) {
                error = take_number();
            } else if (c == '"' || c == '\'' || c == '`') {
                error = take_string(c);
            } else {
                take_symbol();
            }
            if (error) return *error;
        }
        tokens_.push_back({.kind = TokenKind::end, .offset = text_.size(), .text = {}, .number = 0});
        return std::move(tokens_);
    }

private:
    bool skip_blank() {
        while (at_ < text_.size()) {
            if (text_[at_] == '#') {
                while (at_ < text_.size() && text_[at_] != '\n') ++at_;
            } else if (is_space(text_[at_])) {
                ++at_;
            } else {
                return true;
            }
        }
        return false;
    }

    void push(TokenKind kind, std::size_t from, std::string text, double number = 0) {
        tokens_.push_back({.kind = kind, .offset = from, .text = std::move(text), .number = number});
    }

    void take_name() {
        const auto from = at_;
        while (at_ < text_.size() && is_name(text_[at_])) ++at_;
        auto name = std::string{text_.substr(from, at_ - from)};
        if (name == "Inf" || name == "inf") {
            push(TokenKind::number, from, name, std::numeric_limits<double>::infinity());
        } else if (name == "NaN" || name == "nan") {
            push(TokenKind::number, from, name, std::numeric_limits<double>::quiet_NaN());
        } else {
            push(TokenKind::identifier, from, std::move(name));
        }
    }

    std::optional<ParseError> take_number() {
        const auto from = at_;
        double value = 0;
        const auto [end, status] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
        at_ = static_cast<std::size_t>(end - text_.data());
        if (at_ < text_.size() && is_name(text_[at_])) {
            // 200ms, 1m30s: a duration is a number of seconds.
            at_ = from;
            while (at_ < text_.size() && is_name(text_[at_])) ++at_;
            const auto duration = parse_duration(text_.substr(from, at_ - from));
            if (!duration)
                return ParseError{from, "want a number, got \"" + std::string{text_.substr(from, at_ - from)} + "\""};
            value = seconds(*duration);
        } else if (status != std::errc{}) {
            return ParseError{from, "want a number that a double can hold"};
        }
        push(TokenKind::number, from, std::string{text_.substr(from, at_ - from)}, value);
        return std::nullopt;
    }

    std::optional<ParseError> take_string(char quote) {
        const auto from = at_++;
        std::string value;
        while (at_ < text_.size() && text_[at_] != quote) {
            char c = text_[at_++];
            if (c == '\n' && quote != '`') return ParseError{from, "want the closing quote on the same line"};
            if (c == '\\' && quote != '`') {
                if (at_ == text_.size()) break;
                c = text_[at_++];
                if (c == 'n') {
                    c = '\n';
                } else if (c == 't') {
                    c = '\t';
                } else if (c != '\\' && c != '"' && c != '\'') {
                    return ParseError{at_ - 2,
                                      std::string{"want an escape from \\\\ \\\" \\' \\n \\t, got \"\\"} + c + "\""};
                }
            }
            value += c;
        }
        if (at_ == text_.size()) return ParseError{from, "want a closing quote, got end of expression"};
        ++at_;
        push(TokenKind::string, from, std::move(value));
        return std::nullopt;
    }

    void take_symbol() {
        for (const auto symbol : kTwoCharSymbols) {
            if (text_.substr(at_).starts_with(symbol)) {
                push(TokenKind::symbol, at_, std::string{symbol});
                at_ += symbol.size();
                return;
            }
        }
        push(TokenKind::symbol, at_, std::string{text_.substr(at_, 1)});
        ++at_;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::vector<Token> tokens_;
};

}  // namespace

std::string Token::describe() const {
    switch (kind) {
        case TokenKind::end: return "end of expression";
        case TokenKind::string: return "string \"" + text + "\"";
        case TokenKind::identifier:
        case TokenKind::number:
        case TokenKind::symbol: return "\"" + text + "\"";
    }
    return {};
}

std::variant<std::vector<Token>, ParseError> tokenize(std::string_view text) { return Lexer{text}.run(); }

}  // namespace outrider::rules::comparison
