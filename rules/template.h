// Templates in labels and annotations: Prometheus's, a part of Go's text/template with Prometheus's functions. The
// language is in rules/templating/: lexer, parser, tree, expander, and functions/.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "outrider/labels.h"
#include "outrider/result.h"
#include "rules/templating/data.h"

namespace outrider::rules {

namespace templating {
struct Tree;
}

class Template {
public:
    /// What is not supported is refused here, by name and with its offset in the text.
    static Result<Template> parse(std::string_view text);

    /// Never fails: an error stands in the text's place, as `<error expanding template: ...>`. At most 1 MiB.
    [[nodiscard]] std::string expand(const TemplateData& data) const;

    /// Without external labels and external URL.
    [[nodiscard]] std::string expand(const Labels& labels, double value) const;

    /// Whether it has no actions: whatever the data, it expands to itself.
    [[nodiscard]] bool is_plain() const noexcept { return !tree_; }

private:
    std::string text_;                              // of a template without actions: all of it
    std::shared_ptr<const templating::Tree> tree_;  // of any other; shared by copies
};

}  // namespace outrider::rules
