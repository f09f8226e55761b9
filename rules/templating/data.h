// What a template of a rule can see.
#pragma once

#include <string_view>

#include "outrider/labels.h"

namespace outrider::rules {

/// One element as its template sees it. Lives as long as the expansion it is made for.
struct TemplateData {
    const Labels& labels;
    const Labels& external_labels;
    std::string_view external_url;
    double value = 0;
};

}  // namespace outrider::rules
