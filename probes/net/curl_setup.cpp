#include "probes/net/curl_setup.h"

#include <algorithm>
#include <chrono>

#include "outrider/url_text.h"

namespace outrider::probes {
namespace {

class ParsedUrl {
public:
    explicit ParsedUrl(const std::string& url) : handle_(curl_url()) {
        ok_ = curl_url_set(handle_, CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
    }
    ~ParsedUrl() { curl_url_cleanup(handle_); }
    ParsedUrl(const ParsedUrl&) = delete;
    ParsedUrl& operator=(const ParsedUrl&) = delete;

    [[nodiscard]] bool ok() const noexcept { return ok_; }
    [[nodiscard]] std::string part(CURLUPart which) const {
        char* text = nullptr;
        std::string value;
        if (curl_url_get(handle_, which, &text, CURLU_DEFAULT_PORT) == CURLUE_OK) value = text;
        curl_free(text);
        return value;
    }
    /// `HOST:PORT`, an IPv6 host in brackets, as curl's CONNECT_TO wants it.
    [[nodiscard]] std::string authority() const { return part(CURLUPART_HOST) + ":" + part(CURLUPART_PORT); }

private:
    CURLU* handle_;
    bool ok_;
};

}  // namespace

CurlList prepare_stream(CURL* easy, const Target& target, const SessionLimits& limits) {
    const auto connect = std::chrono::ceil<std::chrono::milliseconds>(limits.connect).count();
    const auto silence = std::chrono::ceil<std::chrono::seconds>(limits.silence).count();
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(connect, 1)));
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(std::max<std::int64_t>(silence, 1)));
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    CurlList connect_to;
    if (!target.connect_to.empty()) {
        // Only the URL's own host goes to the POP: a redirect to another host is followed to that host. Without a port
        // the URL's is kept, which CONNECT_TO spells as an empty one.
        const auto& pop = target.connect_to;
        const bool has_port = pop.ends_with(']') ? false : pop.find(':') != std::string::npos;
        const ParsedUrl url{target.url};
        const auto rule = (url.ok() ? url.authority() : "") + ":" + pop + (has_port ? "" : ":");
        connect_to.reset(curl_slist_append(nullptr, rule.c_str()));
        curl_easy_setopt(easy, CURLOPT_CONNECT_TO, connect_to.get());
    }
    return connect_to;
}

std::string origin_of(const std::string& url) {
    const ParsedUrl parsed{url};
    if (!parsed.ok()) return {};
    return url_detail::lower(parsed.part(CURLUPART_SCHEME) + "://" + parsed.authority());
}

}  // namespace outrider::probes
