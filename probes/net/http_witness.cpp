#include "probes/net/http_witness.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "outrider/url_text.h"
#include "probes/redaction.h"

namespace outrider::probes {
namespace {

// libcurl keeps all headers of an answer.
constexpr std::size_t kMaxHeaderBytes = 64 * 1024;
constexpr std::size_t kLongestValue = 160;
constexpr std::size_t kLongestTried = 400;

// Those that tell of caches and servers. Never Set-Cookie, nor anything else that lets somebody in.
constexpr std::array<std::string_view, 13> kShown{"location",
                                                  "server",
                                                  "via",
                                                  "age",
                                                  "x-cache",
                                                  "etag",
                                                  "date",
                                                  "cache-control",
                                                  "retry-after",
                                                  "content-type",
                                                  "content-length",
                                                  "content-encoding",
                                                  "transfer-encoding"};

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string shown(std::string_view text) {
    auto out = redacted_text(text);
    if (out.size() > kLongestValue) out = out.substr(0, kLongestValue) + "...";
    return out;
}

/// The headers are redacted here and not as they come, because those of a kept connection are hardly ever noted.
std::string shown_headers(std::string_view lines) {
    std::string out;
    while (!lines.empty() && out.size() < TraceEvent::kMaxText) {
        const auto line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(line.size() + 1, lines.size()));
        const auto colon = out.empty() ? 0 : line.find(": ") + 2;  // of the status line all may be a secret
        if (!out.empty()) out += '\n';
        out.append(line.substr(0, colon)).append(shown(line.substr(colon)));
    }
    return out;
}

/// What follows `mark` in a message of libcurl's, which begins with it after blanks; empty: another message.
std::string_view after(std::string_view text, std::string_view mark) {
    text = trimmed(text);
    return text.starts_with(mark) ? trimmed(text.substr(mark.size())) : std::string_view{};
}

std::string text_of(CURL* easy, CURLINFO what) {
    const char* text = nullptr;
    return curl_easy_getinfo(easy, what, &text) == CURLE_OK && text != nullptr ? text : "";
}

long number_of(CURL* easy, CURLINFO what) {
    long number = 0;
    curl_easy_getinfo(easy, what, &number);
    return number;
}

std::string with_port(const std::string& address, long port) {
    const bool ipv6 = address.find(':') != std::string::npos;
    return (ipv6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

}  // namespace

void HttpWitness::begin(CURL* easy, const std::string& url) {
    const auto parts = split_url(url);
    host_ = parts ? parts->host : "?";
    for (auto* text : {&tried_, &tls_, &subject_, &issuer_, &expires_, &verified_, &headers_, &location_})
        text->clear();
    header_bytes_ = 0;
    status_ = 0;
    concluded_ = false;
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, &HttpWitness::on_debug);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, this);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
}

int HttpWitness::on_debug(CURL*, curl_infotype type, char* text, std::size_t size, void* self) {
    if (type == CURLINFO_TEXT) static_cast<HttpWitness*>(self)->hear({text, size});
    return 0;
}

/// libcurl has no other interface that tells of addresses tried in vain, or of TLS without its library's own handles.
/// Messages as of 7.88.
void HttpWitness::hear(std::string_view text) {
    if (const auto address = after(text, "Trying "); !address.empty() && tried_.size() < kLongestTried) {
        const auto end = address.find("...");
        tried_.append(tried_.empty() ? "" : ", ").append(address.substr(0, end));
    } else if (const auto tls = after(text, "SSL connection using "); !tls.empty()) {
        tls_ = tls;
    } else if (const auto subject = after(text, "subject: "); !subject.empty()) {
        subject_ = shown(subject);
    } else if (const auto issuer = after(text, "issuer: "); !issuer.empty()) {
        issuer_ = shown(issuer);
    } else if (const auto expires = after(text, "expire date: "); !expires.empty()) {
        expires_ = expires;
    } else if (const auto result = after(text, "SSL certificate verify "); !result.empty()) {
        verified_ = shown(result);
    }
}

bool HttpWitness::on_header(std::string_view line) {
    header_bytes_ += line.size();
    if (header_bytes_ > kMaxHeaderBytes) return false;
    if (line.starts_with("HTTP/")) {  // a final answer after an interim one
        headers_ = trimmed(line);
        location_.clear();
        status_ = 0;
        const auto code = line.substr(std::min(line.find(' '), line.size()));
        const auto digits = trimmed(code).substr(0, 3);
        std::from_chars(digits.data(), digits.data() + digits.size(), status_);
        return true;
    }
    const auto colon = line.find(':');
    if (colon == line.npos) return true;
    const auto name = url_detail::lower(trimmed(line.substr(0, colon)));
    if (std::ranges::find(kShown, name) == kShown.end()) return true;
    const auto value = trimmed(line.substr(colon + 1));
    if (name == "location" && status_ >= 300 && status_ < 400) location_ = value;
    headers_.append("\n").append(trimmed(line.substr(0, colon))).append(": ").append(value);
    return true;
}

void HttpWitness::conclude(CURL* easy) {
    if (std::exchange(concluded_, true)) return;
    const bool connected = number_of(easy, CURLINFO_NUM_CONNECTS) > 0 || status_ == 0;
    if (connected) {
        note_address(easy);
        note_tls();
    }
    if (!headers_.empty() && (connected || status_ != noted_status_)) {
        tracer_.note(TraceKind::response, shown_headers(headers_));
        noted_status_ = status_;
    }
}

void HttpWitness::note_address(CURL* easy) {
    const auto primary = text_of(easy, CURLINFO_PRIMARY_IP);
    auto text = host_ + ": ";
    if (!tried_.empty()) {
        text += "tried " + tried_;
    } else {
        text += primary.empty() ? "no address to try" : "on a kept connection";
    }
    const auto local = text_of(easy, CURLINFO_LOCAL_IP);
    if (!primary.empty() && !local.empty())
        text += "; " + with_port(primary, number_of(easy, CURLINFO_PRIMARY_PORT)) + " answered, from " +
                with_port(local, number_of(easy, CURLINFO_LOCAL_PORT));
    tracer_.note(TraceKind::address, std::move(text));
}

void HttpWitness::note_tls() {
    if (tls_.empty() && subject_.empty() && verified_.empty()) return;
    auto text = tls_.empty() ? std::string{"no handshake"} : tls_;
    const auto add = [&text](std::string_view what, const std::string& value) {
        if (!value.empty()) text.append("\n").append(what).append(value);
    };
    add("certificate of ", subject_);
    add("issued by ", issuer_);
    add("ends ", expires_);
    add("verify ", verified_);
    tracer_.note(TraceKind::tls, std::move(text));
}

}  // namespace outrider::probes
