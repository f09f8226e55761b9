// Series as tests write them.
#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

#include "rules/gotext/quote.h"
#include "rules/promql/grammar.h"
#include "rules/promql/parser.h"

namespace outrider::rules::promql {

using enum TokenKind;

std::variant<Labels, ParseError> Grammar::series() {
    Labels labels;
    std::string name;
    if (may_name_metric(peek().kind)) name = take().text;
    if (name.empty() && !is(left_brace)) {
        unexpected();
    } else if (accept(left_brace)) {
        bool fine = true;
        while (fine && !accept(right_brace)) {
            fine = series_label(labels);
            if (fine && !is(comma) && !is(right_brace)) {
                unexpected("label set", "\",\" or \"}\"");
                fine = false;
            }
            accept(comma);
        }
    }
    if (!error_ && !is(end)) unexpected();
    if (error_) return *std::move(error_);
    if (!name.empty()) labels.set(kMetricName, name);
    return labels;
}

bool Grammar::series_label(Labels& out) {
    constexpr std::string_view context = "label set";
    const auto& label = peek();
    if (label.kind != identifier && label.kind != string) {
        unexpected(context, "identifier or \"}\"");
        return false;
    }
    take();
    const bool bare = label.kind == string && !is(assign);
    if (!bare && !accept(assign)) {
        unexpected(context, "\"=\"");
        return false;
    }
    if (!bare && !is(string)) {
        unexpected(context, "string");
        return false;
    }
    const auto name = bare ? kMetricName : label.kind == string ? std::string_view{label.value} : label.text;
    const auto& value = bare ? label.value : take().value;
    if (out.get(name)) {
        fail(label.offset, fmt::format("label {} is set twice", gotext::quote(name)));
        return false;
    }
    out.set(name, value);
    return true;
}

std::variant<Labels, ParseError> parse_series(std::string_view text) {
    if (text.size() > kMaxText) return ParseError{kMaxText, fmt::format("series is longer than {} bytes", kMaxText)};
    return Grammar{tokenize(text)}.series();
}

}  // namespace outrider::rules::promql
