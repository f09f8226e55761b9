#include "rules/template.h"

#include <utility>

#include "rules/templating/budget.h"
#include "rules/templating/expander.h"
#include "rules/templating/parser.h"

namespace outrider::rules {

Result<Template> Template::parse(std::string_view text) {
    Template made;
    if (text.size() <= templating::kLongestSource && text.find("{{") == std::string_view::npos) {
        made.text_ = text;
        return made;
    }
    auto tree = templating::parse(text);
    if (!tree) return tree.error();
    made.tree_ = std::make_shared<const templating::Tree>(std::move(*tree));
    return made;
}

std::string Template::expand(const TemplateData& data) const {
    if (!tree_) return text_;
    auto text = templating::expand(*tree_, data);
    if (!text) return "<error expanding template: " + text.error().text + ">";
    return std::move(*text);
}

std::string Template::expand(const Labels& labels, double value) const {
    return expand({.labels = labels, .external_labels = {}, .external_url = {}, .value = value});
}

}  // namespace outrider::rules
