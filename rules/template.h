// Templates in labels and annotations: text with {{ $labels.NAME }} and {{ $value }}.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "outrider/labels.h"
#include "outrider/result.h"

namespace outrider::rules {

class Template {
public:
    /// What is not supported is refused here, by name.
    static Result<Template> parse(std::string_view text);

    [[nodiscard]] std::string expand(const Labels& labels, double value) const;

private:
    struct LabelValue {
        std::string name;
    };
    struct ElementValue {};
    using Part = std::variant<std::string, LabelValue, ElementValue>;
    std::vector<Part> parts_;
};

}  // namespace outrider::rules
