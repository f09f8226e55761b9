// The functions of functions.def, each a function of its Call.
#pragma once

#include "rules/templating/functions/table.h"

namespace outrider::rules::templating {

// go.cpp: what every Go template has
[[nodiscard]] Result<Value> index_of(const Call& call);
[[nodiscard]] Result<Value> slice(const Call& call);
[[nodiscard]] Result<Value> length(const Call& call);
[[nodiscard]] Result<Value> negate(const Call& call);
[[nodiscard]] Result<Value> print(const Call& call);
[[nodiscard]] Result<Value> print_formatted(const Call& call);
[[nodiscard]] Result<Value> print_line(const Call& call);
[[nodiscard]] Result<Value> make_args(const Call& call);

// compare.cpp
[[nodiscard]] Result<Value> compare_eq(const Call& call);
[[nodiscard]] Result<Value> compare_ne(const Call& call);
[[nodiscard]] Result<Value> compare_lt(const Call& call);
[[nodiscard]] Result<Value> compare_le(const Call& call);
[[nodiscard]] Result<Value> compare_gt(const Call& call);
[[nodiscard]] Result<Value> compare_ge(const Call& call);

// escape.cpp
[[nodiscard]] Result<Value> escape_html(const Call& call);
[[nodiscard]] Result<Value> escape_js(const Call& call);
[[nodiscard]] Result<Value> escape_url(const Call& call);
[[nodiscard]] Result<Value> graph_link(const Call& call);
[[nodiscard]] Result<Value> table_link(const Call& call);
[[nodiscard]] Result<Value> safe_html(const Call& call);

// humanize.cpp
[[nodiscard]] Result<Value> humanize(const Call& call);
[[nodiscard]] Result<Value> humanize_1024(const Call& call);
[[nodiscard]] Result<Value> humanize_duration(const Call& call);
[[nodiscard]] Result<Value> humanize_percentage(const Call& call);
[[nodiscard]] Result<Value> humanize_timestamp(const Call& call);
[[nodiscard]] Result<Value> to_time(const Call& call);
[[nodiscard]] Result<Value> parse_duration(const Call& call);

// text.cpp
[[nodiscard]] Result<Value> title(const Call& call);
[[nodiscard]] Result<Value> upper_case(const Call& call);
[[nodiscard]] Result<Value> lower_case(const Call& call);

// regex.cpp
[[nodiscard]] Result<Value> match(const Call& call);
[[nodiscard]] Result<Value> replace_all(const Call& call);

// host.cpp
[[nodiscard]] Result<Value> strip_port(const Call& call);
[[nodiscard]] Result<Value> strip_domain(const Call& call);
[[nodiscard]] Result<Value> external_url(const Call& call);
[[nodiscard]] Result<Value> path_prefix(const Call& call);

}  // namespace outrider::rules::templating
