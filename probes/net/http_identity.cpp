#include "probes/net/http_identity.h"

#include <string_view>
#include <utility>

#include "probes/net/base64.h"
#include "probes/net/curl_setup.h"
#include "probes/net/secret_file.h"

namespace outrider::probes {
namespace {

bool append(CurlList& list, const std::string& line) {
    auto* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) return false;
    (void)list.release();  // now owned by `longer`, which is the same list unless it was empty
    list.reset(longer);
    return true;
}

Result<std::string> secret(const std::string& text, const std::string& file, std::string_view what) {
    return file.empty() ? Result<std::string>{text} : read_secret_file(file, what);
}

}  // namespace

HttpIdentity::HttpIdentity(const Target& target) : options_(target.request), origin_(origin_of(target.url)) {}

Status HttpIdentity::refresh() {
    const auto authorization = authorization_of(options_);
    if (!authorization) return authorization.error();
    CurlList headers;
    for (const auto& [name, value] : options_.headers) {
        if (name.empty() || !is_one_line(name) || !is_one_line(value))
            return Error{"headers: want a name and a value of one line each"};
        // libcurl's notation for a header without a value is a semicolon.
        auto line = name;
        line.append(value.empty() ? ";" : ": ").append(value);
        if (!append(headers, line)) return Error{"out of memory"};
    }
    if (!authorization->empty() && !append(headers, "Authorization: " + *authorization)) return Error{"out of memory"};
    headers_ = std::move(headers);
    return Done{};
}

void HttpIdentity::apply(CURL* easy, const std::string& url) const {
    const bool own = headers_ && !origin_.empty() && origin_of(url) == origin_;
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, own ? headers_.get() : nullptr);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, user_agent_of(options_).c_str());
    curl_easy_setopt(easy, CURLOPT_REFERER, options_.referer.empty() ? nullptr : options_.referer.c_str());
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, options_.insecure ? 0L : 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, options_.insecure ? 0L : 2L);
}

Result<std::string> authorization_of(const RequestOptions& options) {
    if (const auto& basic = options.basic_auth) {
        const auto password = password_of(options);
        if (!password) return password.error();
        return "Basic " + base64(basic->username + ":" + *password);
    }
    if (const auto& other = options.authorization) {
        const auto credentials =
            secret(other->credentials, other->credentials_file, "the credentials of authorization");
        if (!credentials) return credentials.error();
        const auto value = other->type + " " + *credentials;
        if (!is_one_line(value)) return Error{"authorization: want type and credentials of one line"};
        return value;
    }
    return std::string{};
}

Result<std::string> password_of(const RequestOptions& options) {
    if (!options.basic_auth) return std::string{};
    return secret(options.basic_auth->password, options.basic_auth->password_file, "the password of basic_auth");
}

std::string user_agent_of(const RequestOptions& options) {
    return options.user_agent.empty() ? "outrider" : options.user_agent;
}

bool is_one_line(const std::string& text) { return text.find_first_of(std::string_view{"\r\n\0", 3}) == text.npos; }

}  // namespace outrider::probes
