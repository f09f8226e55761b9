// How a session asks for its stream, beside the URL. Nothing in here may be shown: headers and credentials are secrets.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace outrider {

/// RFC 7617. A password file wins over a password, and is read anew for every connection: secrets are rotated.
struct BasicAuth {
    std::string username;
    std::string password;
    std::string password_file;
    friend bool operator==(const BasicAuth&, const BasicAuth&) = default;
};

/// The header `Authorization: TYPE CREDENTIALS`. A file as in BasicAuth.
struct Authorization {
    std::string type = "Bearer";
    std::string credentials;
    std::string credentials_file;
    friend bool operator==(const Authorization&, const Authorization&) = default;
};

/// HTTP and HTTPS, and what libavformat speaks of it, unless said otherwise. Sent to the URL's own host only: a
/// redirect to another host carries neither the headers nor the credentials.
struct RequestOptions {
    std::vector<std::pair<std::string, std::string>> headers;  ///< name and value, each one line
    std::string user_agent;                                    ///< empty: outrider's own
    std::string referer;                                       ///< empty: none
    std::optional<BasicAuth> basic_auth;                       ///< at most one of these two
    std::optional<Authorization> authorization;
    std::string passphrase_file;  ///< SRT; wins over the URL's passphrase; empty: none
    bool insecure = false;        ///< any certificate will do
    friend bool operator==(const RequestOptions&, const RequestOptions&) = default;
};

}  // namespace outrider
