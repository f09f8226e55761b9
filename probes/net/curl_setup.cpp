#include "probes/net/curl_setup.h"

#include <string>

namespace outrider::probes {
namespace {

constexpr long kConnectTimeoutMs = 5'000;
// A player gives a silent connection up after about this long.
constexpr long kSilenceSeconds = 10;
constexpr long kMaxRedirects = 5;

/// `HOST:PORT` of the URL as curl's CONNECT_TO wants it; empty when curl cannot parse the URL, which it then says
/// itself.
std::string authority(const std::string& url) {
    struct Url {
        CURLU* handle = curl_url();
        ~Url() { curl_url_cleanup(handle); }
    } parsed;
    if (curl_url_set(parsed.handle, CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return {};
    const auto part = [&](CURLUPart which, unsigned flags) {
        char* text = nullptr;
        std::string value;
        if (curl_url_get(parsed.handle, which, &text, flags) == CURLUE_OK) value = text;
        curl_free(text);
        return value;
    };
    return part(CURLUPART_HOST, 0) + ":" + part(CURLUPART_PORT, CURLU_DEFAULT_PORT);
}

}  // namespace

CurlList prepare_stream(CURL* easy, const Target& target) {
    curl_easy_setopt(easy, CURLOPT_URL, target.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, kMaxRedirects);
    curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, kConnectTimeoutMs);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, kSilenceSeconds);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "outrider");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    // Every start is measured as a new viewer's: no connection is shared or kept.
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    CurlList connect_to;
    if (!target.connect_to.empty()) {
        // Only the URL's own host goes to the POP: a redirect to another host is followed to that host. Without a port
        // the URL's is kept, which CONNECT_TO spells as an empty one.
        const auto& pop = target.connect_to;
        const bool has_port = pop.ends_with(']') ? false : pop.find(':') != std::string::npos;
        const auto rule = authority(target.url) + ":" + pop + (has_port ? "" : ":");
        connect_to.reset(curl_slist_append(nullptr, rule.c_str()));
        curl_easy_setopt(easy, CURLOPT_CONNECT_TO, connect_to.get());
    }
    return connect_to;
}

}  // namespace outrider::probes
