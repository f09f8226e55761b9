// Reads text character by character: the numbers, durations and strings among PromQL's tokens.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace outrider::rules::promql {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
constexpr bool is_hex_digit(char c) noexcept { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
constexpr bool is_alpha(char c) noexcept { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
constexpr bool is_alphanumeric(char c) noexcept { return is_alpha(c) || is_digit(c); }
constexpr bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
constexpr bool is_quote(char c) noexcept { return c == '"' || c == '\'' || c == '`'; }

class Scanner {
public:
    explicit Scanner(std::string_view text) : text_(text) {}

    [[nodiscard]] std::size_t at() const noexcept { return at_; }
    [[nodiscard]] bool done() const noexcept { return at_ == text_.size(); }
    /// The character `ahead` from here; 0 behind the end.
    [[nodiscard]] char peek(std::size_t ahead = 0) const noexcept {
        return ahead < text_.size() - at_ ? text_[at_ + ahead] : '\0';
    }
    [[nodiscard]] std::string_view rest() const noexcept { return text_.substr(at_); }
    [[nodiscard]] std::string_view from(std::size_t offset) const noexcept { return text_.substr(offset); }
    [[nodiscard]] std::string_view since(std::size_t offset) const noexcept {
        return text_.substr(offset, at_ - offset);
    }

    void skip(std::size_t count = 1) noexcept { at_ += count < text_.size() - at_ ? count : text_.size() - at_; }
    bool take(char c) noexcept {
        if (done() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    template <class Predicate>
    void skip_while(Predicate&& wanted) {
        while (at_ < text_.size() && wanted(text_[at_])) ++at_;
    }

private:
    std::string_view text_;
    std::size_t at_ = 0;
};

struct ScannedNumber {
    double value = 0;
    bool duration = false;
    std::string error{};  ///< empty when it is fine
};

/// Wants to stand on a digit, or on a dot before one.
[[nodiscard]] ScannedNumber scan_number(Scanner& scan);

struct ScannedString {
    std::string value;
    std::string error{};  ///< empty when it is fine
    std::size_t error_offset = 0;
};

/// Wants to stand on a quote.
[[nodiscard]] ScannedString scan_string(Scanner& scan);

}  // namespace outrider::rules::promql
