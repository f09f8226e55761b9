// Vectors in an order that says something.
#pragma once

#include <compare>
#include <string_view>

#include "rules/promql/functions/functions.h"

namespace outrider::rules::promql {

/// sort(v), sort_desc(v): by value, NaN last in both; equal ones by their labels.
VectorPtr make_sort(CallSite&& site);
VectorPtr make_sort_desc(CallSite&& site);

/// sort_by_label(v, label, …): by the first label that differs, in natural order; then by all labels.
VectorPtr make_sort_by_label(CallSite&& site);
VectorPtr make_sort_by_label_desc(CallSite&& site);

/// As people count: numbers in the text by their size, "node9" before "node10". Piece by piece, digits and what is
/// between them, so that "host1" is before "host-2"; numbers of more than 64 bits as text, as facette/natsort has it.
/// Where that has no order, it goes by bytes (leading zeros), and the empty text is first. No total order, for such
/// long numbers.
[[nodiscard]] std::strong_ordering natural_order(std::string_view a, std::string_view b) noexcept;

}  // namespace outrider::rules::promql
