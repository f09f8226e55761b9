// As whom a session asks: its headers and credentials, and whom they are for. Internal to this module.
#pragma once

#include <string>

#include "outrider/result.h"
#include "outrider/target.h"
#include "probes/net/curl_multi.h"

namespace outrider::probes {

/// Sets a target's RequestOptions on a handle. User agent and referer go wherever the stream leads, as a player's do;
/// headers and credentials to the URL's own scheme, host and port only.
class HttpIdentity {
public:
    explicit HttpIdentity(const Target& target);

    /// Reads the credential files anew. The error names the file, or the header that is no header.
    [[nodiscard]] Status refresh();
    /// For a transfer from `url`; what it set is valid until the next call of either.
    void apply(CURL* easy, const std::string& url) const;

private:
    RequestOptions options_;
    std::string origin_;
    CurlList headers_;
};

/// The value of an Authorization header for the options; empty when they want none. Reads files anew.
[[nodiscard]] Result<std::string> authorization_of(const RequestOptions& options);

/// Of basic_auth, from its file if there is one; empty without basic_auth.
[[nodiscard]] Result<std::string> password_of(const RequestOptions& options);

/// "outrider", unless the options say otherwise.
[[nodiscard]] std::string user_agent_of(const RequestOptions& options);

/// A line break in a header would smuggle in another one.
[[nodiscard]] bool is_one_line(const std::string& text);

}  // namespace outrider::probes
