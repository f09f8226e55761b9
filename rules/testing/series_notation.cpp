#include "rules/testing/series_notation.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

#include "outrider/setting_value.h"
#include "rules/gotext/number.h"
#include "rules/promql/parser.h"
#include "rules/promql/text.h"
#include "rules/series.h"

namespace outrider::rules::testing {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

class ValueReader {
public:
    explicit ValueReader(std::string_view text) : text_(text) {}

    std::variant<Values, NotationError> read() {
        skip_space();
        while (!error_ && at_ < text_.size()) {
            read_item();
            if (!error_ && at_ < text_.size() && !is_space(text_[at_])) fail("a space between values");
            skip_space();
        }
        if (error_) return std::move(*error_);
        return std::move(values_);
    }

private:
    void read_item() {
        if (take('_')) return repeat(std::nullopt, 0, take('x') ? count() : 1);
        if (text_.substr(at_).starts_with("{{")) return read_histogram();
        const auto value = number(true);
        if (!value) return;
        if (take('x')) return repeat(*value, 0, count() + 1);
        const char sign = peek();
        if (sign != '+' && sign != '-') return repeat(*value, 0, 1);
        const auto step = number(false);
        if (!step) return;
        if (!take('x')) return fail("x and a number of repetitions behind the step");
        repeat(*value, *step, count() + 1);
    }

    /// `{{…}}`, also with xN, or with a histogram added N times.
    void read_histogram() {
        const auto first = values_.points.size();
        std::uint64_t times = 1;
        for (;;) {
            const auto close = text_.find("}}", at_);
            if (close == std::string_view::npos) return fail("}} at the end of a native histogram");
            at_ = close + 2;
            if (take('x')) {
                times = count() + 1;
                break;
            }
            if ((peek() != '+' && peek() != '-') || text_.substr(at_ + 1, 2) != "{{") break;
            ++at_;
        }
        repeat(std::nullopt, 0, times);
        auto& runs = values_.histograms;
        if (runs.empty() || runs.back().first + runs.back().count != first) runs.push_back({first, 0});
        runs.back().count += values_.points.size() - first;
    }

    /// A number with or without a sign, or a word that stands for one.
    std::optional<double> number(bool may_be_stale) {
        const auto begin = at_;
        const bool minus = peek() == '-';
        if (minus || peek() == '+') ++at_;
        if (is_letter(peek())) {
            const auto word = read_word();
            if (may_be_stale && word == "stale" && at_ - begin == word.size()) return kStale;
            const auto lower = promql::lower_case(word);
            if (lower == "inf" || lower == "nan") {
                const auto value = *gotext::parse_float(lower);
                return minus ? -value : value;
            }
            at_ -= word.size();
            fail("a number, _ or stale");
            return std::nullopt;
        }
        if (!is_digit(peek()) && !(peek() == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) {
            fail("a number, _ or stale");
            return std::nullopt;
        }
        const auto digits = number_text();
        const auto value = gotext::parse_number(digits);
        if (!value) {
            fail("a number that a double can hold");
            return std::nullopt;
        }
        at_ += digits.size();
        return minus ? -*value : *value;
    }

    /// What the number at hand consists of: digits with underscores, a dot, an exponent.
    [[nodiscard]] std::string_view number_text() const {
        auto end = at_;
        const auto skip_digits = [&] {
            while (end < text_.size() && (is_digit(text_[end]) || text_[end] == '_')) ++end;
        };
        skip_digits();
        if (end < text_.size() && text_[end] == '.') ++end;
        skip_digits();
        if (end < text_.size() && (text_[end] == 'e' || text_[end] == 'E')) {
            ++end;
            if (end < text_.size() && (text_[end] == '+' || text_[end] == '-')) ++end;
            skip_digits();
        }
        return text_.substr(at_, end - at_);
    }

    std::string_view read_word() {
        const auto begin = at_;
        while (is_letter(peek()) || is_digit(peek()) || peek() == '_' || peek() == ':') ++at_;
        return text_.substr(begin, at_ - begin);
    }

    std::uint64_t count() {
        std::uint64_t n = 0;
        const char* const first = text_.data() + at_;
        const auto [stop, error] = std::from_chars(first, text_.data() + text_.size(), n, 10);
        if (error != std::errc{} || n >= kMaxValues) {
            fail("a number of repetitions below " + std::to_string(kMaxValues));
            return 0;
        }
        at_ += static_cast<std::size_t>(stop - first);
        return n;
    }

    /// Appends `times` values; each is the last plus `step`, added up as promtool does, rounding included.
    void repeat(std::optional<double> value, double step, std::uint64_t times) {
        if (error_) return;
        if (times > kMaxValues - values_.points.size())
            return fail("at most " + std::to_string(kMaxValues) + " values in a series");
        for (std::uint64_t i = 0; i < times; ++i) {
            values_.points.push_back(value);
            if (value && i + 1 < times && step != 0) value = *value + step;
        }
    }

    [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
    bool take(char c) {
        if (peek() != c) return false;
        ++at_;
        return true;
    }
    void skip_space() {
        while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    }
    void fail(const std::string& wanted) {
        if (error_) return;
        const auto found = at_ < text_.size() ? as_written(text_.substr(at_)) : std::string{"the end"};
        error_ = NotationError{at_, "want " + wanted + ", got " + found};
    }

    std::string_view text_;
    std::size_t at_ = 0;
    Values values_;
    std::optional<NotationError> error_;
};

/// Where the series of a line ends: at the first space that is not in braces. Braces and spaces in quotes do not count.
std::size_t series_size(std::string_view text) {
    std::size_t i = 0;
    while (i < text.size() && text[i] != '{' && !is_space(text[i])) ++i;
    if (i == text.size() || text[i] != '{') return i;
    char quote = '\0';
    for (; i < text.size(); ++i) {
        const char c = text[i];
        if (quote != '\0') {
            if (c == '\\' && quote != '`') {
                ++i;
            } else if (c == quote) {
                quote = '\0';
            }
        } else if (c == '"' || c == '\'' || c == '`') {
            quote = c;
        } else if (c == '}') {
            return i + 1;
        }
    }
    return text.size();
}

}  // namespace

std::variant<Values, NotationError> parse_values(std::string_view text) { return ValueReader{text}.read(); }

std::variant<TestSeries, NotationError> parse_test_series(std::string_view text) {
    const auto size = std::min(series_size(text), text.size());
    auto labels = promql::parse_series(text.substr(0, size));
    if (auto* error = std::get_if<promql::ParseError>(&labels))
        return NotationError{std::min(error->offset, size), std::move(error->message)};
    auto values = parse_values(text.substr(size));
    if (auto* error = std::get_if<NotationError>(&values))
        return NotationError{size + error->offset, std::move(error->message)};
    return TestSeries{std::get<Labels>(std::move(labels)), std::get<Values>(std::move(values))};
}

}  // namespace outrider::rules::testing
