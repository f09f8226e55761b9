#include "rules/promql/functions/sorting.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "rules/promql/functions/arguments.h"
#include "rules/promql/step_invariance.h"

namespace outrider::rules::promql {
namespace {

enum class Direction : std::uint8_t { ascending, descending };

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// Takes the digits at the start of the text, or all up to the next digit. Want a text that is not empty.
std::string_view take_chunk(std::string_view& text) noexcept {
    std::size_t size = 1;
    while (size < text.size() && is_digit(text[size]) == is_digit(text.front())) ++size;
    const auto chunk = text.substr(0, size);
    text.remove_prefix(size);
    return chunk;
}

// A chunk as a number; nullopt when it is none, or more than 64 bits hold.
std::optional<std::int64_t> number_of(std::string_view chunk) noexcept {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(chunk.data(), chunk.data() + chunk.size(), number);
    return is_digit(chunk.front()) && error == std::errc{} ? std::optional{number} : std::nullopt;
}

// What all sorts do: evaluate, warn, put in order.
class Sort : public VectorNode {
public:
    explicit Sort(CallSite& site)
        : vector_(take_vector(site, 0)),
          begin_(site.begin),
          once_(site.call != nullptr && is_step_invariant(*site.call->args.front())) {}

    void evaluate(const Context& context, Vector& out) override {
        if (!once_ && !context.course.is_moment() && context.report.wants_annotations()) {
            context.report.annotate(Annotation::Kind::warning,
                                    "sort is ineffective for range queries since results are always ordered by labels",
                                    begin_);
        }
        vector_->evaluate(context, out);
        put_in_order(out);
    }

    [[nodiscard]] bool ordered() const noexcept override { return true; }

private:
    virtual void put_in_order(Vector& out) = 0;

    VectorPtr vector_;
    std::size_t begin_;
    bool once_;  // Prometheus evaluates it once, whatever the query
};

class SortByValue final : public Sort {
public:
    SortByValue(CallSite& site, Direction direction) : Sort(site), direction_(direction) {}

private:
    void put_in_order(Vector& out) override {
        std::ranges::sort(out, [this](const Element& a, const Element& b) { return before(a, b); });
    }

    [[nodiscard]] bool before(const Element& a, const Element& b) const {
        if (std::isnan(a.value) != std::isnan(b.value)) return std::isnan(b.value);
        if (a.value < b.value) return direction_ == Direction::ascending;
        if (a.value > b.value) return direction_ == Direction::descending;
        return *a.labels < *b.labels;
    }

    Direction direction_;
};

class SortByLabel final : public Sort {
public:
    SortByLabel(CallSite& site, Direction direction) : Sort(site), direction_(direction) {
        for (std::size_t i = 1; i < site.arguments.size(); ++i) labels_.push_back(take_text(site, i));
    }

private:
    void put_in_order(Vector& out) override {
        const auto before = [this](const Element& a, const Element& b) {
            const auto order = compare(*a.labels, *b.labels);
            return direction_ == Direction::ascending ? order < 0 : order > 0;
        };
        // Numbers of more than 64 bits can make a circle (5 < 10 < "70000000000000000000" < 8 as texts, and 8 < 10), in
        // which std::sort may lose its way out of the vector. A heap does not.
        std::ranges::make_heap(out, before);
        std::ranges::sort_heap(out, before);
    }

    [[nodiscard]] std::strong_ordering compare(const Labels& a, const Labels& b) const {
        for (const std::string& label : labels_) {
            const auto order = natural_order(a.value_of(label), b.value_of(label));
            if (order != 0) return order;
        }
        return a <=> b;
    }

    Direction direction_;
    std::vector<std::string> labels_;
};

}  // namespace

std::strong_ordering natural_order(std::string_view a, std::string_view b) noexcept {
    std::string_view left = a;
    std::string_view right = b;
    while (!left.empty() && !right.empty()) {
        const auto mine = take_chunk(left);
        const auto other = take_chunk(right);
        if (mine == other) continue;
        const auto my_number = number_of(mine);
        const auto other_number = number_of(other);
        if (!my_number || !other_number) return mine <=> other;  // as unsigned bytes
        if (*my_number != *other_number) return *my_number <=> *other_number;
    }
    if (left.empty() != right.empty())
        return right.empty() ? std::strong_ordering::greater : std::strong_ordering::less;
    return a <=> b;
}

VectorPtr make_sort(CallSite&& site) { return std::make_unique<SortByValue>(site, Direction::ascending); }
VectorPtr make_sort_desc(CallSite&& site) { return std::make_unique<SortByValue>(site, Direction::descending); }
VectorPtr make_sort_by_label(CallSite&& site) { return std::make_unique<SortByLabel>(site, Direction::ascending); }
VectorPtr make_sort_by_label_desc(CallSite&& site) {
    return std::make_unique<SortByLabel>(site, Direction::descending);
}

}  // namespace outrider::rules::promql
