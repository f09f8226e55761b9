// A receiver's answer in a log line or a parked message.
#pragma once

#include <algorithm>
#include <string>

#include "probes/net/http_request.h"

namespace outrider::app {

/// `HTTP 404: no such hook`: the status and the first 200 bytes of the body, on one line of plain ASCII, because it was
/// written by somebody else.
[[nodiscard]] inline std::string excerpt(const probes::HttpResponse& answer) {
    auto text = "HTTP " + std::to_string(answer.status);
    if (!answer.body.empty()) text += ": " + answer.body.substr(0, 200);
    std::ranges::replace_if(
        text, [](unsigned char c) { return c < 0x20 || c >= 0x7F; }, ' ');
    return text;
}

}  // namespace outrider::app
