#include "rules/testing/expectation.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "rules/testing/comparison.h"

namespace outrider::rules::testing {
namespace {

constexpr double kEpsilon = 1e-6;  // promqltest's

using Steps = std::vector<std::optional<double>>;
using Rows = std::vector<std::pair<Labels, Steps>>;

bool same_steps(const Steps& expected, const Steps& got) {
    const auto at = [](const Steps& steps, std::size_t i) { return i < steps.size() ? steps[i] : std::nullopt; };
    for (std::size_t i = 0; i < std::max(expected.size(), got.size()); ++i) {
        const auto a = at(expected, i);
        const auto b = at(got, i);
        if (a.has_value() != b.has_value() || (a && !almost_equal(*a, *b, kEpsilon))) return false;
    }
    return true;
}

bool is_absent(const Steps& steps) {
    return std::ranges::none_of(steps, [](const auto& step) { return step.has_value(); });
}

/// A series that is expected twice counts as it was written last, as in promqltest; one expected to be nowhere is none.
Rows expected_rows(const Eval& eval) {
    Rows rows;
    std::map<Labels, std::size_t> places;
    for (const auto& series : eval.series) {
        if (is_absent(series.values.points)) continue;
        const auto [place, added] = places.emplace(series.labels, rows.size());
        if (added) {
            rows.emplace_back(series.labels, series.values.points);
        } else {
            rows[place->second].second = series.values.points;
        }
    }
    return rows;
}

std::vector<Line> lines_of(const Rows& rows) {
    std::vector<Line> lines;
    for (const auto& [labels, steps] : rows) lines.push_back({series_text(labels), values_text(steps)});
    return lines;
}

/// Compares as sets of series.
std::optional<std::string> rows_mismatch(const Rows& expected, const Rows& got) {
    std::map<Labels, std::size_t> places;
    for (std::size_t i = 0; i < got.size(); ++i)
        if (!places.emplace(got[i].first, i).second)
            return "    got two series of one label set: " + series_text(got[i].first) + "\n";
    std::vector<std::pair<std::size_t, std::size_t>> equal;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const auto place = places.find(expected[i].first);
        if (place != places.end() && same_steps(expected[i].second, got[place->second].second))
            equal.emplace_back(i, place->second);
    }
    if (equal.size() == expected.size() && equal.size() == got.size()) return std::nullopt;
    return difference(lines_of(expected), lines_of(got), equal);
}

std::optional<std::string> ordered_mismatch(const Rows& expected, const Rows& got) {
    const bool same = std::ranges::equal(expected, got, [](const auto& a, const auto& b) {
        return a.first == b.first && same_steps(a.second, b.second);
    });
    if (same) return std::nullopt;
    return both(lines_of(expected), lines_of(got));
}

/// The points of a matrix at the steps of `grid`; nullopt when one lies between them.
std::optional<Rows> on_grid(const std::vector<promql::SeriesResult>& series, const Grid& grid) {
    Rows rows;
    for (const auto& one : series) {
        Steps steps;
        for (const auto& point : one.points) {
            const auto offset = point.at - grid.start;
            if (offset < Duration{0} || offset % grid.step != Duration{0}) return std::nullopt;
            const auto step = static_cast<std::size_t>(offset / grid.step);
            if (step >= static_cast<std::size_t>(kMaxSteps)) return std::nullopt;
            if (step >= steps.size()) steps.resize(step + 1);
            steps[step] = point.value;
        }
        if (!is_absent(steps)) rows.emplace_back(one.labels, std::move(steps));
    }
    return rows;
}

std::string expected_kind(const Eval& eval) {
    if (eval.scalar) return "the scalar " + value_text(*eval.scalar);
    if (eval.string) return "the string \"" + *eval.string + "\"";
    if (eval.range_vector) return "a range vector";
    return eval.series.empty() ? "an empty instant vector" : "an instant vector";
}

std::string but_got(const Eval& eval, const std::string& got) {
    return "    expected " + expected_kind(eval) + ", got " + got + "\n";
}

std::optional<std::string> matrix_mismatch(const Eval& eval, const std::vector<promql::SeriesResult>& series,
                                           const Grid& grid) {
    const auto got = on_grid(series, grid);
    if (got) return rows_mismatch(expected_rows(eval), *got);
    std::string text = "    expected points at the steps only, got:\n";
    for (const auto& one : series) {
        text += "      " + series_text(one.labels);
        for (const auto& point : one.points)
            text += fmt::format(" {}@{}", value_text(point.value), unix_seconds(point.at));
        text += "\n";
    }
    return text;
}

std::optional<std::string> vector_mismatch(const Eval& eval, const std::vector<promql::Sample>& samples) {
    if (eval.scalar || eval.string || eval.range_vector) return but_got(eval, "an instant vector");
    Rows got;
    for (const auto& sample : samples) got.emplace_back(sample.labels, Steps{sample.value});
    return eval.ordered ? ordered_mismatch(expected_rows(eval), got) : rows_mismatch(expected_rows(eval), got);
}

/// Scripts may write an annotation with Prometheus's prefix, and with its place.
bool fits(const ExpectedText& expected, std::string_view prefix, const promql::Annotation& annotation) {
    const auto place = fmt::format(" (1:{})", annotation.begin + 1);
    const auto full = std::string{prefix} + annotation.text;
    const std::array<std::string, 4> spellings{full, annotation.text, full + place, annotation.text + place};
    return std::ranges::any_of(spellings, [&](const auto& text) { return expected.fits(text); });
}

std::string told(const std::vector<promql::Annotation>& annotations) {
    if (annotations.empty()) return "none";
    std::string text;
    for (const auto& one : annotations) text += (text.empty() ? "\"" : ", \"") + one.text + "\"";
    return text;
}

std::optional<std::string> kind_mismatch(std::string_view name, std::string_view prefix, bool some, bool none,
                                         const std::vector<ExpectedText>& expected,
                                         const std::vector<promql::Annotation>& got) {
    if (none && !got.empty()) return fmt::format("    expected no {}, got {}\n", name, told(got));
    if (some && got.empty()) return fmt::format("    expected some {}, got none\n", name);
    if (expected.empty()) return std::nullopt;
    for (const auto& one : expected)
        if (std::ranges::none_of(got, [&](const auto& annotation) { return fits(one, prefix, annotation); }))
            return fmt::format("    expected {} {}, got {}\n", name, one.to_string(), told(got));
    for (const auto& annotation : got)
        if (std::ranges::none_of(expected, [&](const auto& one) { return fits(one, prefix, annotation); }))
            return fmt::format("    expected no other {}, got \"{}\"\n", name, annotation.text);
    return std::nullopt;
}

}  // namespace

std::optional<std::string> value_mismatch(const Eval& eval, const promql::Value& value) {
    if (const auto* scalar = std::get_if<double>(&value)) {
        if (!eval.scalar) return but_got(eval, "the scalar " + value_text(*scalar));
        if (almost_equal(*eval.scalar, *scalar, kEpsilon)) return std::nullopt;
        return but_got(eval, value_text(*scalar));
    }
    if (const auto* string = std::get_if<std::string>(&value)) {
        if (eval.string.value_or("") == *string) return std::nullopt;  // promqltest expects "" when nothing is said
        return but_got(eval, "the string \"" + *string + "\"");
    }
    if (const auto* samples = std::get_if<std::vector<promql::Sample>>(&value)) return vector_mismatch(eval, *samples);
    const auto& series = std::get<std::vector<promql::SeriesResult>>(value);
    if (eval.range_vector) return matrix_mismatch(eval, series, *eval.range_vector);
    return but_got(eval, "a range vector");
}

std::optional<std::string> range_mismatch(const Eval& eval, const std::vector<promql::SeriesResult>& series) {
    if (eval.ordered) return "    a range query has no order to expect\n";
    if (eval.scalar || eval.string) return but_got(eval, "a matrix");
    return matrix_mismatch(eval, series, *eval.range);
}

std::optional<std::string> annotation_mismatch(const Eval& eval, std::span<const promql::Annotation> annotations) {
    std::vector<promql::Annotation> infos;
    std::vector<promql::Annotation> warnings;
    for (const auto& one : annotations) (one.kind == promql::Annotation::Kind::info ? infos : warnings).push_back(one);
    if (auto found =
            kind_mismatch("warning", "PromQL warning: ", eval.some_warning, eval.no_warning, eval.warnings, warnings))
        return found;
    return kind_mismatch("info", "PromQL info: ", eval.some_info, eval.no_info, eval.infos, infos);
}

}  // namespace outrider::rules::testing
