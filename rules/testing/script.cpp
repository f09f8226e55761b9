#include "rules/testing/script.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "outrider/setting_value.h"
#include "outrider/time_text.h"
#include "rules/gotext/number.h"
#include "rules/gotext/regex.h"
#include "rules/promql/parser.h"
#include "rules/promql/text.h"

namespace outrider::rules::testing {
namespace {

constexpr double kMostSeconds = 3.2e9;  // a hundred years: sums of a few such moments still fit into an Instant

struct Line {
    std::string_view text;   // without spaces around it
    std::size_t column = 1;  // of its first byte
};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r'; }

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

/// The lines of the script; a comment is an empty one.
std::vector<Line> lines_of(std::string_view text) {
    std::vector<Line> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const auto content = trimmed(text.substr(0, end));
        Line line{content, 1};
        if (content.starts_with('#')) line.text = {};
        if (!content.empty()) line.column = static_cast<std::size_t>(content.data() - text.data()) + 1;
        lines.push_back(line);
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

/// Takes the first word off `text`.
std::string_view take_word(std::string_view& text) {
    std::size_t size = 0;
    while (size < text.size() && !is_space(text[size])) ++size;
    const auto word = text.substr(0, size);
    text = trimmed(text.substr(size));
    return word;
}

/// A duration with or without a sign, or a number of seconds; nullopt for anything else, or beyond a hundred years.
std::optional<Duration> parse_time(std::string_view text) {
    auto digits = text;
    const bool minus = digits.starts_with('-');
    if (minus || digits.starts_with('+')) digits.remove_prefix(1);
    auto value = parse_duration(digits);
    if (!value)
        if (const auto number = gotext::parse_number(digits); number && std::abs(*number) <= kMostSeconds)
            value = from_seconds(*number);
    if (!value || std::abs(seconds(*value)) > kMostSeconds) return std::nullopt;
    return minus ? -*value : *value;
}

/// Reads one command: its first line, and the lines below it. They end at the next empty one, if not before.
class CommandReader {
public:
    CommandReader(const std::vector<Line>& lines, std::size_t first) : lines_(lines), first_(first), end_(first + 1) {
        while (end_ < lines_.size() && !lines_[end_].text.empty()) ++end_;
    }

    /// The line behind the command, once it has been read.
    [[nodiscard]] std::size_t end() const noexcept { return end_; }

    Command read() {
        auto rest = lines_[first_].text;
        const auto word = take_word(rest);
        if (promql::lower_case(word) == "clear") {  // whatever follows in its line, as in promqltest
            end_ = first_ + 1;
            return Clear{};
        }
        if (word == "load" || word == "load_with_nhcb") return finish(read_load(rest, word != "load"));
        constexpr std::array<std::string_view, 5> evals{"eval", "eval_fail", "eval_ordered", "eval_warn", "eval_info"};
        if (std::ranges::find(evals, word) != evals.end()) return finish(read_eval(word, rest));
        fail(first_, lines_[first_].text, "want load, clear or eval, got " + as_written(lines_[first_].text));
        return finish(Clear{});
    }

private:
    Command finish(Command command) {
        if (!message_.empty()) return BadCommand{first_ + 1, std::string{lines_[first_].text}, std::move(message_)};
        return command;
    }

    Load read_load(std::string_view step_text, bool with_nhcb) {
        Load load{.line = first_ + 1, .step = {}, .with_nhcb = with_nhcb, .series = {}, .with_start = {}};
        const auto step = parse_duration(step_text);
        if (!step || *step <= Duration{0}) {
            fail(first_, step_text, "want a step such as 5m, got " + as_written(step_text));
        } else {
            load.step = *step;
        }
        for (auto i = first_ + 1; i < end_ && message_.empty(); ++i) {
            if (take_start_timestamps(i, load)) continue;
            auto series = read_series(i);
            const double length = seconds(load.step) * static_cast<double>(series.values.points.size());
            if (length > kMostSeconds) fail(i, lines_[i].text, "want a series of at most a hundred years, got more");
            load.series.push_back(std::move(series));
        }
        return load;
    }

    /// `metric{…}@st …` for the line below it, `@st …` for all below it.
    bool take_start_timestamps(std::size_t i, Load& load) {
        auto rest = lines_[i].text;
        auto word = take_word(rest);
        if (!word.ends_with("@st")) return false;
        word.remove_suffix(3);
        if (word.empty()) {
            load.all_with_start = true;
        } else if (auto labels = promql::parse_series(word); auto* found = std::get_if<Labels>(&labels)) {
            load.with_start.push_back(std::move(*found));
        } else {
            fail(i, word, std::get<promql::ParseError>(labels).message);
        }
        return true;
    }

    Eval read_eval(std::string_view word, std::string_view rest) {
        Eval eval;
        eval.line = first_ + 1;
        if (word == "eval_fail") eval.fail.emplace();
        is_eval_fail_ = word == "eval_fail";
        eval.ordered = word == "eval_ordered";
        eval.some_warning = word == "eval_warn";
        eval.some_info = word == "eval_info";
        const auto kind = take_word(rest);
        if (kind == "instant") {
            want_word("at", rest);
            eval.at = moment(rest);
        } else if (kind == "range") {
            eval.range = grid(rest);
        } else {
            fail(first_, kind, "want instant or range, got " + as_written(kind));
        }
        if (rest.empty()) fail(first_, rest, "want an expression, got the end of the line");
        eval.expr = rest;
        for (auto i = first_ + 1; i < end_ && message_.empty(); ++i)
            if (read_expectation(i, eval)) end_ = i + 1;
        check(eval);
        return eval;
    }

    /// True when the line is the last of the eval, and the next may be a command: promqltest looks no further behind a
    /// scalar or what an eval_fail must say.
    bool read_expectation(std::size_t i, Eval& eval) {
        const auto line = lines_[i].text;
        auto rest = line;
        const auto word = take_word(rest);
        if (is_eval_fail_ && word == "expected_fail_message") {
            eval.fail = rest.empty() ? ExpectedText{} : ExpectedText::exactly(std::string{rest});
            return true;
        }
        if (is_eval_fail_ && word == "expected_fail_regexp") {
            eval.fail = pattern(i, rest);
            return true;
        }
        if (word == "expect") {
            read_expect(i, rest, eval);
            return false;
        }
        if (const auto number = gotext::parse_number(line)) {
            eval.scalar = *number;
            eval.series.clear();  // promqltest then looks at the scalar alone
            return true;
        }
        eval.series.push_back(read_series(i));
        if (message_.empty()) check_count(i, eval);
        return false;
    }

    void check_count(std::size_t i, const Eval& eval) {
        const auto& grid = eval.range ? eval.range : eval.range_vector;
        const auto n = static_cast<std::int64_t>(eval.series.back().values.points.size());
        if (!grid) {
            if (n != 1) fail(i, lines_[i].text, "want one value behind a series of an instant query");
        } else if (n > (grid->end - grid->start) / grid->step + 1) {
            fail(i, lines_[i].text, "want at most a value for each step of the query, got " + std::to_string(n));
        }
    }

    void read_expect(std::size_t i, std::string_view rest, Eval& eval) {
        const auto what = take_word(rest);
        if (what == "string") {
            eval.string = string_literal(i, rest);
        } else if (what == "range") {
            want_word("vector", rest, i);
            eval.range_vector = grid(rest, i);
            eval.at = eval.range_vector->end;
        } else if (what == "ordered" || what == "no_warn" || what == "no_info") {
            (void)expected_text(i, rest);  // promqltest takes one here, and does nothing with it
            (what == "ordered" ? eval.ordered : what == "no_warn" ? eval.no_warning : eval.no_info) = true;
        } else if (what == "fail") {
            if (std::exchange(has_fail_, true)) fail(i, lines_[i].text, "want one expect fail, got two");
            eval.fail = expected_text(i, rest);
        } else if (what == "warn") {
            eval.warnings.push_back(expected_text(i, rest));
        } else if (what == "info") {
            eval.infos.push_back(expected_text(i, rest));
        } else {
            fail(i, lines_[i].text,
                 "want expect and one of string, range vector, ordered, fail, warn, info, no_warn, no_info, got " +
                     as_written(lines_[i].text));
        }
    }

    void check(const Eval& eval) {
        if (!eval.warnings.empty() && eval.no_warning) fail(first_, {}, "want expect warn or no_warn, got both");
        if (!eval.infos.empty() && eval.no_info) fail(first_, {}, "want expect info or no_info, got both");
        if (eval.string && (eval.scalar || !eval.series.empty())) fail(first_, {}, "want a string or values, got both");
    }

    ExpectedText expected_text(std::size_t i, std::string_view rest) {
        if (rest.empty()) return {};
        if (rest.starts_with("msg:")) return ExpectedText::exactly(std::string{trimmed(rest.substr(4))});
        if (rest.starts_with("regex:")) return pattern(i, trimmed(rest.substr(6)));
        fail(i, rest, "want msg: or regex: and a text, got " + as_written(rest));
        return {};
    }

    ExpectedText pattern(std::size_t i, std::string_view text) {
        if (auto found = ExpectedText::matching(std::string{text})) return *found;
        fail(i, text, "want a regular expression, got " + as_written(text));
        return {};
    }

    std::string string_literal(std::size_t i, std::string_view text) {
        const auto parsed = promql::parse(text);
        if (const auto* expr = std::get_if<promql::ExprPtr>(&parsed))
            if (const auto* literal = std::get_if<promql::StringLiteral>(&(*expr)->node)) return literal->value;
        fail(i, text, "want a string in quotes, got " + as_written(text));
        return {};
    }

    TestSeries read_series(std::size_t i) {
        auto parsed = parse_test_series(lines_[i].text);
        if (auto* series = std::get_if<TestSeries>(&parsed)) return std::move(*series);
        const auto& error = std::get<NotationError>(parsed);
        fail(i, lines_[i].text.substr(std::min(error.offset, lines_[i].text.size())), error.message);
        return {};
    }

    void want_word(std::string_view wanted, std::string_view& rest) { want_word(wanted, rest, first_); }
    void want_word(std::string_view wanted, std::string_view& rest, std::size_t i) {
        const auto word = take_word(rest);
        if (word != wanted) fail(i, word, "want " + std::string{wanted} + ", got " + as_written(word));
    }

    Instant moment(std::string_view& rest) { return moment(rest, first_); }
    Instant moment(std::string_view& rest, std::size_t i) {
        const auto word = take_word(rest);
        const auto time = parse_time(word);
        if (!time) fail(i, word, "want a time such as 50m, got " + as_written(word));
        return Instant{time.value_or(Duration{0})};
    }

    Grid grid(std::string_view& rest) { return grid(rest, first_); }
    /// `from T to T step D`.
    Grid grid(std::string_view& rest, std::size_t i) {
        Grid out;
        want_word("from", rest, i);
        out.start = moment(rest, i);
        want_word("to", rest, i);
        out.end = moment(rest, i);
        want_word("step", rest, i);
        const auto word = take_word(rest);
        const auto step = parse_time(word);
        out.step = step.value_or(Duration{0});
        if (out.step <= Duration{0}) {
            fail(i, word, "want a step such as 5m, got " + as_written(word));
            out.step = Duration{1};
        } else if (out.end < out.start) {
            fail(i, word, "want an end behind the start");
        } else if ((out.end - out.start) / out.step >= kMaxSteps) {
            fail(i, word, "want at most " + std::to_string(kMaxSteps) + " steps, got more");
        }
        return out;
    }

    /// `where` is a piece of line `i`, or nothing for the whole.
    void fail(std::size_t i, std::string_view where, const std::string& message) {
        if (!message_.empty()) return;
        auto column = lines_[i].column;
        const auto& text = lines_[i].text;
        if (!where.empty() && where.data() >= text.data() && where.data() <= text.data() + text.size())
            column += static_cast<std::size_t>(where.data() - text.data());
        message_ = std::to_string(i + 1) + ":" + std::to_string(column) + ": " + message;
    }

    const std::vector<Line>& lines_;
    std::size_t first_;
    std::size_t end_;
    bool is_eval_fail_ = false;
    bool has_fail_ = false;
    std::string message_;
};

}  // namespace

ExpectedText ExpectedText::exactly(std::string text) {
    ExpectedText out;
    out.kind_ = Kind::exact;
    out.text_ = std::move(text);
    return out;
}

std::optional<ExpectedText> ExpectedText::matching(const std::string& pattern) {
    ExpectedText out;
    out.kind_ = Kind::pattern;
    out.text_ = pattern;
    auto compiled = gotext::compile_regex(pattern);
    if (!compiled->ok()) return std::nullopt;
    out.compiled_ = std::move(compiled);
    return out;
}

bool ExpectedText::fits(std::string_view text) const {
    switch (kind_) {
        case Kind::anything: return true;
        case Kind::exact: break;
        case Kind::pattern: return re2::RE2::PartialMatch(re2::StringPiece{text.data(), text.size()}, *compiled_);
    }
    if (text == text_) return true;
    return text_.size() >= 2 && text_.front() == '"' && text_.back() == '"' &&
           text == std::string_view{text_}.substr(1, text_.size() - 2);
}

std::string ExpectedText::to_string() const {
    switch (kind_) {
        case Kind::anything: return "anything";
        case Kind::exact: return "\"" + text_ + "\"";
        case Kind::pattern: break;
    }
    return "/" + text_ + "/";
}

std::vector<Command> parse_script(std::string_view text) {
    const auto lines = lines_of(text);
    std::vector<Command> commands;
    for (std::size_t i = 0; i < lines.size();) {
        if (lines[i].text.empty()) {
            ++i;
            continue;
        }
        CommandReader reader{lines, i};
        commands.push_back(reader.read());
        i = reader.end();
    }
    return commands;
}

}  // namespace outrider::rules::testing
