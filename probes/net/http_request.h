// One HTTP request and its answer, for those who may wait: notifiers and tests. Streams use CurlMulti instead.
#pragma once

#include <cstddef>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "outrider/result.h"
#include "outrider/time.h"

namespace outrider::probes {

/// Name and value, in order; a name may come more than once.
using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
    std::string method = "GET";
    std::string url;  ///< http or https, anything else is refused
    HttpHeaders headers;
    std::string body;
    Duration timeout = std::chrono::seconds{10};  ///< for the whole exchange; > 0
};

struct HttpResponse {
    static constexpr std::size_t kMaxBody = 64 * 1024;

    long status = 0;      ///< of the final answer, 200 to 599 in practice
    std::string body;     ///< its first kMaxBody bytes; the rest is not downloaded
    HttpHeaders headers;  ///< names in lower case

    /// The first value of that header; empty when it is absent. `name` in lower case.
    [[nodiscard]] std::string_view header(std::string_view name) const noexcept;
};

/// Sends and waits for the whole answer. Redirects are not followed: a 3xx is an answer. Proxies named by the
/// environment are ignored. An Error is anything but an HTTP answer: no connection, TLS, time-out, or `stop` was
/// requested, which ends the wait at once. Its text names method and origin only: paths of webhooks are secrets. Any
/// thread; each call is a connection of its own.
Result<HttpResponse> send(const HttpRequest& request, std::stop_token stop);

}  // namespace outrider::probes
