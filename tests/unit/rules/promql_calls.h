// Calls functions of the language as compiled expressions do, without a parser and without a store.
#pragma once

#include <catch2/catch.hpp>
#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <limits>
#include <memory>
#include <optional>
#include <ostream>
#include <sstream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "rules/promql/expr.h"
#include "rules/promql/functions/functions.h"

namespace outrider::rules::promql::test {

using namespace std::chrono_literals;

inline constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline constexpr double kLargest = std::numeric_limits<double>::max();

inline Instant at(double seconds) { return Instant{from_seconds(seconds)}; }

/// Equal, with NaN equal to NaN and 0 not equal to -0.
struct Same {
    double value;
    friend bool operator==(double got, Same wanted) {
        if (std::isnan(got) || std::isnan(wanted.value)) return std::isnan(got) && std::isnan(wanted.value);
        return got == wanted.value && std::signbit(got) == std::signbit(wanted.value);
    }
    friend std::ostream& operator<<(std::ostream& out, Same wanted) { return out << wanted.value; }
};

/// What an evaluation needs, and what it said.
struct Desk {
    LabelTable table;
    Options options;
    Report report;
    Context context{.at = at(1000),
                    .start = at(1000),
                    .end = at(1000),
                    .course = {.first = at(1000), .last = at(1000)},
                    .options = options,
                    .labels = table,
                    .report = report};

    Desk() = default;
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;

    [[nodiscard]] std::vector<std::string> said() const {
        std::vector<std::string> texts;
        for (const auto& annotation : report.annotations())
            texts.push_back((annotation.kind == Annotation::Kind::info ? "info: " : "warning: ") + annotation.text);
        return texts;
    }
};

/// A point each second, the last one at `to`.
inline std::vector<Point> each_second(std::initializer_list<double> values, double to = 1000) {
    std::vector<Point> points;
    auto time = to - static_cast<double>(values.size()) + 1;
    for (const double value : values) points.push_back({at(time++), value});
    return points;
}

/// A range function of the points in (from, to].
inline std::optional<double> over(Desk& desk, FunctionId id, std::vector<Point> points, double from, double to,
                                  std::vector<double> parameters = {}, std::string_view metric = "x_total") {
    const auto function = std::get<RangeFunction>(implementation_of(id));
    return function({.points = points, .from = at(from), .to = at(to), .metric = metric, .begin = 5}, parameters,
                    desk.context);
}

/// The same where the range does not matter: the values of consecutive seconds, evaluated at the last.
inline std::optional<double> over(FunctionId id, std::initializer_list<double> values,
                                  std::vector<double> parameters = {}) {
    Desk desk;
    return over(desk, id, each_second(values), 1000 - static_cast<double>(values.size()), 1000, std::move(parameters));
}

inline double of(FunctionId id, double value, std::vector<double> parameters = {}) {
    return std::get<ValueFunction>(implementation_of(id))(value, parameters);
}

/// What a fake argument gives: may be changed between evaluations.
struct Item {
    Labels labels;
    double value = 0;
    bool nameless = false;
};
using Items = std::vector<Item>;

class FakeScalar final : public ScalarNode {
public:
    explicit FakeScalar(double value) : value_(value) {}
    double evaluate(const Context&) override { return value_; }

private:
    double value_;
};

class FakeVector final : public VectorNode {
public:
    explicit FakeVector(std::shared_ptr<const Items> items) : items_(std::move(items)) {}
    void evaluate(const Context& context, Vector& out) override {
        out.clear();
        for (const Item& item : *items_)
            out.push_back(
                {.labels = context.labels.intern(item.labels), .value = item.value, .nameless = item.nameless});
    }

private:
    std::shared_ptr<const Items> items_;
};

class FakeRange final : public RangeNode {
public:
    explicit FakeRange(std::vector<Labels> series) : series_(std::move(series)) {}
    void evaluate(const Context& context, Matrix& out) override {
        out.elements.clear();
        for (const Labels& labels : series_)
            out.elements.push_back({.labels = context.labels.intern(labels), .nameless = false, .points = points_});
    }

private:
    std::vector<Labels> series_;
    std::vector<Point> points_{{at(1000), 1}};
};

inline Argument scalar(double value) { return std::make_unique<FakeScalar>(value); }
inline Argument text(std::string value) { return value; }
inline Argument vector(std::shared_ptr<const Items> items) { return std::make_unique<FakeVector>(std::move(items)); }
inline Argument vector(Items items) { return vector(std::make_shared<const Items>(std::move(items))); }
inline Argument range(std::vector<Labels> series) { return std::make_unique<FakeRange>(std::move(series)); }

template <class... Arguments>
CallSite site(Arguments&&... arguments) {
    CallSite made;
    (made.arguments.push_back(std::forward<Arguments>(arguments)), ...);
    for (std::size_t i = 0; i < made.arguments.size(); ++i) made.argument_begins.push_back(10 + i);
    return made;
}

template <class... Arguments>
VectorPtr node(FunctionId id, Arguments&&... arguments) {
    return std::get<VectorBuilder>(implementation_of(id))(site(std::forward<Arguments>(arguments)...));
}

/// The elements, each as `{labels} value`, and ` nameless` behind when it is so.
inline std::vector<std::string> elements(Desk& desk, VectorNode& node) {
    Vector out;
    node.evaluate(desk.context, out);
    std::vector<std::string> texts;
    for (const Element& element : out) {
        std::ostringstream number;
        number << element.value;
        texts.push_back(element.labels->to_string() + " " + number.str() + (element.nameless ? " nameless" : ""));
    }
    return texts;
}

template <class... Arguments>
std::vector<std::string> call(Desk& desk, FunctionId id, Arguments&&... arguments) {
    return elements(desk, *node(id, std::forward<Arguments>(arguments)...));
}

using Texts = std::vector<std::string>;

}  // namespace outrider::rules::promql::test
