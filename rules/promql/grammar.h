// The recursive descent whose parts are parser.cpp (operators), parse_call.cpp (calls, aggregations),
// parse_selector.cpp (selectors and their modifiers), parse_duration.cpp (ranges, steps and offsets) and
// parse_series.cpp. The first error stands; after it every step gives nothing.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/promql/lexer.h"
#include "rules/promql/parser.h"

namespace outrider::rules::promql {

/// How deeply parentheses, calls and right operands of ^ may be nested: each costs stack while parsing.
inline constexpr std::size_t kMaxNesting = 200;
/// How high the tree may be; chains such as a + b + c … grow it too. Whoever walks a tree recurses as deep.
inline constexpr std::size_t kMaxHeight = 1000;

/// How many matchers may be regular expressions: compiling one takes up to a millisecond.
inline constexpr std::size_t kMaxRegexes = 500;
/// Bytes of an expression or a series.
inline constexpr std::size_t kMaxText = std::size_t{64} * 1024;

/// An expression under construction; without one after an error.
struct Tree {
    std::unique_ptr<Expr> expr{};
    std::size_t height = 0;

    explicit operator bool() const noexcept { return expr != nullptr; }
};

/// The same of a duration.
struct DurationTree {
    std::shared_ptr<DurationExpr> expr{};
    std::size_t height = 0;

    explicit operator bool() const noexcept { return expr != nullptr; }
};

/// A range, step or offset.
struct Length {
    Duration value{};
    DurationExprPtr expr{};  ///< when it is no literal; the value is then 0
};

/// Where a duration stands, for errors.
struct DurationPlace {
    std::string_view context;
    std::string_view wanted;
};

class Grammar {
public:
    explicit Grammar(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

    /// The whole text as one expression, not type-checked yet.
    [[nodiscard]] ParseResult expression();

    /// The whole text as a metric with `=` labels only.
    [[nodiscard]] std::variant<Labels, ParseError> series();

private:
    // parser.cpp. What gives a bool gives false after an error, here and below.
    [[nodiscard]] Tree binary(int least_precedence);
    [[nodiscard]] Tree unary();
    [[nodiscard]] Tree primary();
    [[nodiscard]] Tree paren();
    [[nodiscard]] bool modifiers(Binary& binary);
    [[nodiscard]] Tree join(Tree left, Binary binary, Tree right);
    [[nodiscard]] Tree negated(const Token& sign, Tree operand);
    /// One level deeper.
    [[nodiscard]] Tree nested(int least_precedence);

    // parse_call.cpp
    [[nodiscard]] Tree call();
    [[nodiscard]] Tree aggregate();
    [[nodiscard]] Tree aggregate_of(Aggregate node, const Token& name, std::vector<Tree> given);
    [[nodiscard]] bool grouping(Aggregate& node);
    [[nodiscard]] bool arguments(std::vector<Tree>& out);
    [[nodiscard]] bool grouping_labels(std::vector<std::string>& out);
    [[nodiscard]] bool grouping_label(std::vector<std::string>& out);

    // parse_selector.cpp
    [[nodiscard]] Tree postfix();
    [[nodiscard]] Tree selector();
    [[nodiscard]] bool matchers(VectorSelector& out);
    [[nodiscard]] bool matcher(VectorSelector& out);
    [[nodiscard]] Tree bracket(Tree operand);
    [[nodiscard]] Tree range(Tree operand, const Token& opening, Length length);
    [[nodiscard]] Tree subquery(Tree operand, Length range);
    [[nodiscard]] Tree offset(Tree operand);
    [[nodiscard]] Tree at(Tree operand);
    [[nodiscard]] Tree edges(Tree operand);
    [[nodiscard]] std::optional<AtModifier> at_moment(const Expr& operand);

    // parse_duration.cpp
    [[nodiscard]] std::optional<Length> offset_length(const DurationPlace& place);
    [[nodiscard]] std::optional<Length> bracket_length(const DurationPlace& place);
    [[nodiscard]] DurationTree duration_binary(int least_precedence, const DurationPlace& place);
    [[nodiscard]] DurationTree duration_unary(const DurationPlace& place);
    [[nodiscard]] DurationTree duration_primary(const DurationPlace& place);
    [[nodiscard]] DurationTree duration_literal_of(const Token& token, std::size_t begin, bool negative);
    [[nodiscard]] DurationTree duration_of_query(const DurationPlace& place);
    [[nodiscard]] DurationTree duration_choice(const DurationPlace& place);
    [[nodiscard]] DurationTree duration_paren(const DurationPlace& place);
    [[nodiscard]] DurationTree signed_duration(const Token& sign, DurationTree operand);
    [[nodiscard]] DurationTree join_durations(DurationTree left, const Token& token, DurationTree right);
    /// One level deeper.
    [[nodiscard]] DurationTree nested_duration(int least_precedence, const DurationPlace& place);
    [[nodiscard]] bool expect(TokenKind kind, const DurationPlace& place);
    [[nodiscard]] bool enter();

    // parse_series.cpp
    [[nodiscard]] bool series_label(Labels& out);

    [[nodiscard]] const Token& peek(std::size_t ahead = 0) const {
        return tokens_[next_ + ahead < tokens_.size() ? next_ + ahead : tokens_.size() - 1];
    }
    [[nodiscard]] bool is(TokenKind kind) const { return peek().kind == kind; }
    const Token& take() { return next_ + 1 < tokens_.size() ? tokens_[next_++] : tokens_[next_]; }
    bool accept(TokenKind kind) {
        if (!is(kind)) return false;
        take();
        return true;
    }

    // Each remembers the error if it is the first.
    void fail(std::size_t offset, std::string message, std::string unsupported = {});
    /// The next token is not what may come here. `context` and `wanted` may be empty.
    void unexpected(std::string_view context, std::string_view wanted);
    /// The same where no rule of its own names the context.
    void unexpected();
    void unsupported(std::size_t offset, std::string construct, std::string_view why = {});

    /// A node on trees of height `below`; nothing when that makes it too high.
    [[nodiscard]] Tree make(Expr::Node node, ValueType type, std::size_t begin, std::size_t end, std::size_t below);
    [[nodiscard]] DurationTree make(DurationExpr node, std::size_t below);

    std::vector<Token> tokens_;
    std::size_t next_ = 0;
    std::size_t nesting_ = 0;
    std::size_t open_aggregations_ = 0;
    std::size_t regexes_ = 0;
    std::optional<ParseError> error_;
};

/// The first thing wrong with types, names and arguments in a tree; nullopt when it is fine. `text` is what it was
/// parsed from.
[[nodiscard]] std::optional<ParseError> check(const Expr& expr, std::string_view text);

/// A word that may be a metric's name where an operand is wanted.
[[nodiscard]] bool may_name_metric(TokenKind kind) noexcept;

/// What an operand may begin with.
[[nodiscard]] bool begins_operand(TokenKind kind) noexcept;

}  // namespace outrider::rules::promql
