#include "probes/net/curl_outcome.h"

#include <cerrno>

namespace outrider::probes {
namespace {

Outcome connect_failure(CURL* easy) {
    long os_error = 0;
    curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
    switch (os_error) {
        case ENETUNREACH:
        case EHOSTUNREACH:
        case ENETDOWN:
        case EADDRNOTAVAIL: return Outcome::unreachable;
        case ETIMEDOUT: return Outcome::timeout;
        default: return Outcome::refused;
    }
}

Outcome http_failure(CURL* easy) {
    long status = 0;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
    return status >= 500 ? Outcome::http_5xx : Outcome::http_4xx;
}

}  // namespace

Outcome outcome_of(CURL* easy, CURLcode code, bool malformed, std::string_view words) {
    if (malformed) return Outcome::malformed;
    // One code for a network that failed and for chunks that are none.
    if (code == CURLE_RECV_ERROR && words.find("chunked-encoding") != words.npos) return Outcome::malformed;
    switch (code) {
        case CURLE_OK: return Outcome::ended;
        case CURLE_ABORTED_BY_CALLBACK: return Outcome::stopped;
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_RESOLVE_PROXY: return Outcome::resolve_failed;
        case CURLE_COULDNT_CONNECT: return connect_failure(easy);
        case CURLE_OPERATION_TIMEDOUT: return Outcome::timeout;
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CIPHER:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_ISSUER_ERROR:
        case CURLE_SSL_INVALIDCERTSTATUS: return Outcome::tls_failed;
        case CURLE_HTTP_RETURNED_ERROR: return http_failure(easy);
        case CURLE_UNSUPPORTED_PROTOCOL:  // HTTP/0.9: bytes without a status line
        case CURLE_OUT_OF_MEMORY:         // 7.88's word for a header line beyond its limit; ours would be bad_alloc
        case CURLE_URL_MALFORMAT:
        case CURLE_WEIRD_SERVER_REPLY:
        case CURLE_HTTP2:
        case CURLE_BAD_CONTENT_ENCODING: return Outcome::malformed;
        default: return Outcome::reset;  // the connection broke while sending, receiving or in mid-body
    }
}

}  // namespace outrider::probes
