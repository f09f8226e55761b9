#include "rules/testing/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <set>

#include "rules/promql/matcher.h"
#include "rules/series.h"

namespace outrider::rules::testing {
namespace {

constexpr std::size_t kMostLines = 100;  // of one difference; nobody reads more

std::string listed(const std::vector<Line>& lines) {
    std::string text;
    for (std::size_t i = 0; i < std::min(lines.size(), kMostLines); ++i)
        text += fmt::format("      {} {}\n", lines[i].subject, lines[i].said);
    if (lines.size() > kMostLines) text += fmt::format("      … and {} more\n", lines.size() - kMostLines);
    return lines.empty() ? "      nothing\n" : text;
}

}  // namespace

bool almost_equal(double a, double b, double epsilon) {
    if (is_stale(a) || is_stale(b)) return is_stale(a) && is_stale(b);
    if (std::isnan(a) && std::isnan(b)) return true;
    if (a == b) return true;
    constexpr double smallest = std::numeric_limits<double>::min();  // that is normal
    const double sum = std::abs(a) + std::abs(b);
    const double difference = std::abs(a - b);
    if (a == 0 || b == 0 || sum < smallest) return difference < epsilon * smallest;
    return difference / std::min(sum, std::numeric_limits<double>::max()) < epsilon;
}

bool same_value(double a, double b, bool fuzzy) {
    if (is_stale(a) || is_stale(b)) return is_stale(a) && is_stale(b);
    if (a == b || (std::isnan(a) && std::isnan(b))) return true;
    constexpr double infinity = std::numeric_limits<double>::infinity();
    return fuzzy && (std::nextafter(a, infinity) == b || std::nextafter(a, -infinity) == b);
}

std::string value_text(double value) {
    if (is_stale(value)) return "stale";
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
    return fmt::format("{}", value);
}

std::string values_text(const std::vector<std::optional<double>>& values) {
    std::string text;
    for (const auto& value : values) text.append(text.empty() ? "" : " ").append(value ? value_text(*value) : "_");
    return text;
}

std::string series_text(const Labels& labels) {
    const auto name = labels.get(promql::kMetricName);
    if (!name) return labels.to_string();
    auto others = labels;
    others.set(promql::kMetricName, "");
    return std::string{*name} + (others.empty() ? "" : others.to_string());
}

std::string difference(const std::vector<Line>& expected, const std::vector<Line>& got,
                       const std::vector<std::pair<std::size_t, std::size_t>>& equal) {
    struct Row {
        Line line;
        char mark;
    };
    std::set<std::size_t> expected_done;
    std::set<std::size_t> got_done;
    std::vector<Row> rows;
    for (const auto& [e, g] : equal) {
        rows.push_back({expected[e], ' '});
        expected_done.insert(e);
        got_done.insert(g);
    }
    for (std::size_t i = 0; i < expected.size(); ++i)
        if (!expected_done.contains(i)) rows.push_back({expected[i], '-'});
    for (std::size_t i = 0; i < got.size(); ++i)
        if (!got_done.contains(i)) rows.push_back({got[i], '+'});
    std::ranges::stable_sort(rows, {}, [](const Row& row) { return std::pair{row.line.subject, row.mark == '+'}; });

    std::string text = "    expected (-), got (+):\n";
    if (expected.empty()) text = "    expected nothing, got (+):\n";
    if (got.empty()) text = "    expected (-), got nothing:\n";
    for (std::size_t i = 0; i < std::min(rows.size(), kMostLines); ++i)
        text += fmt::format("    {} {} {}\n", rows[i].mark, rows[i].line.subject, rows[i].line.said);
    if (rows.size() > kMostLines) text += fmt::format("      … and {} more\n", rows.size() - kMostLines);
    return text;
}

std::string both(const std::vector<Line>& expected, const std::vector<Line>& got) {
    return "    expected, in this order:\n" + listed(expected) + "    got:\n" + listed(got);
}

}  // namespace outrider::rules::testing
