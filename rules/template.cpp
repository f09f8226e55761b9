#include "rules/template.h"

#include <fmt/format.h>

#include <utility>

namespace outrider::rules {
namespace {

std::string_view trim(std::string_view text) {
    const auto blank = " \t\r\n";
    const auto from = text.find_first_not_of(blank);
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(blank) - from + 1);
}

}  // namespace

Result<Template> Template::parse(std::string_view text) {
    Template result;
    while (!text.empty()) {
        const auto open = text.find("{{");
        if (open > 0) result.parts_.emplace_back(std::string{text.substr(0, open)});
        if (open == std::string_view::npos) break;
        const auto close = text.find("}}", open);
        if (close == std::string_view::npos) return Error{"want \"}}\" after \"{{\""};
        const auto action = trim(text.substr(open + 2, close - open - 2));
        constexpr std::string_view labels = "$labels.";
        if (action == "$value") {
            result.parts_.emplace_back(ElementValue{});
        } else if (action.starts_with(labels) && is_label_name(action.substr(labels.size()))) {
            result.parts_.emplace_back(LabelValue{std::string{action.substr(labels.size())}});
        } else {
            return Error{fmt::format("want {{{{ $labels.NAME }}}} or {{{{ $value }}}}, got \"{{{{ {} }}}}\"", action)};
        }
        text.remove_prefix(close + 2);
    }
    return result;
}

std::string Template::expand(const Labels& labels, double value) const {
    struct Expand {
        const Labels& labels;
        double value;
        std::string operator()(const std::string& text) const { return text; }
        std::string operator()(const LabelValue& label) const { return std::string{labels.value_of(label.name)}; }
        std::string operator()(const ElementValue&) const { return fmt::format("{:.6g}", value); }
    };
    std::string text;
    for (const auto& part : parts_) text += std::visit(Expand{labels, value}, part);
    return text;
}

}  // namespace outrider::rules
