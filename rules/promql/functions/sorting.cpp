#include "rules/promql/functions/sorting.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rules/promql/functions/arguments.h"

namespace outrider::rules::promql {
namespace {

enum class Direction : std::uint8_t { ascending, descending };

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

// The number at the start of `text` without leading zeros, its last digit always kept; takes it from the text.
std::string_view take_number(std::string_view& text) noexcept {
    const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
    std::string_view number = text.substr(0, end);
    text.remove_prefix(end);
    number.remove_prefix(std::min(number.find_first_not_of('0'), number.size() - 1));
    return number;
}

std::strong_ordering by_size(std::string_view a, std::string_view b) noexcept {
    return a.size() != b.size() ? a.size() <=> b.size() : a <=> b;
}

// What all sorts do: evaluate, warn, put in order.
class Sort : public VectorNode {
public:
    explicit Sort(CallSite& site) : vector_(take_vector(site, 0)), begin_(site.begin) {}

    void evaluate(const Context& context, Vector& out) override {
        if (context.start != context.end && context.report.wants_annotations()) {
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
        std::ranges::sort(out, [this](const Element& a, const Element& b) {
            const auto order = compare(*a.labels, *b.labels);
            return direction_ == Direction::ascending ? order < 0 : order > 0;
        });
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
        if (is_digit(left.front()) && is_digit(right.front())) {
            const auto order = by_size(take_number(left), take_number(right));
            if (order != 0) return order;
            continue;
        }
        if (left.front() != right.front()) return left.substr(0, 1) <=> right.substr(0, 1);  // as unsigned bytes
        left.remove_prefix(1);
        right.remove_prefix(1);
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
