#include "probes/net/libav_listener.h"

extern "C" {
#include <libavutil/error.h>
#include <libavutil/log.h>
}

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <mutex>

#include "probes/redaction.h"

namespace outrider::probes {
namespace {

thread_local LibavListener* listening = nullptr;

std::string_view source_of(void* object) {
    if (object == nullptr) return {};
    const auto* type = *static_cast<const AVClass* const*>(object);
    const char* name = type == nullptr || type->item_name == nullptr ? nullptr : type->item_name(object);
    return name == nullptr ? std::string_view{} : name;
}

void on_log(void* object, int level, const char* format, va_list arguments) {
    if (listening == nullptr) return;
    const std::string_view template_text{format};
    // Debug messages come with every packet: only those are looked at that need no formatting.
    const bool plain = template_text.find('%') == template_text.npos;
    if (level > AV_LOG_DEBUG || (level == AV_LOG_DEBUG && !plain)) return;
    std::array<char, 512> text{};
    if (plain) {
        listening->hear(source_of(object), level <= AV_LOG_ERROR, template_text);
        return;
    }
    const int size = std::vsnprintf(text.data(), text.size(), format, arguments);
    if (size < 0) return;
    listening->hear(source_of(object), level <= AV_LOG_ERROR,
                    {text.data(), std::min(static_cast<std::size_t>(size), text.size() - 1)});
}

bool contains(std::string_view text, std::string_view word) {
    const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
    return std::search(text.begin(), text.end(), word.begin(), word.end(), same) != text.end();
}

/// A server says in words of its own that nobody publishes the stream: nginx-rtmp "No such stream", Wowza and FMS
/// "Failed to play demo; stream not found.", others the code itself, NetStream.Play.StreamNotFound.
bool says_not_published(std::string_view text) {
    return contains(text, "not found") || contains(text, "notfound") || contains(text, "no such stream") ||
           contains(text, "not publish") || contains(text, "not exist");
}

std::string one_line(std::string_view text) {
    return std::string{text.substr(0, std::min(text.find_first_of("\r\n"), std::size_t{300}))};
}

}  // namespace

LibavListener::LibavListener(const Clock& clock) : clock_(clock) {
    static std::once_flag once;
    std::call_once(once, [] { av_log_set_callback(&on_log); });
    listening = this;
}

LibavListener::~LibavListener() { listening = nullptr; }

void LibavListener::hear(std::string_view source, bool is_error, std::string_view text) {
    if (text.starts_with("Successfully connected to")) {
        if (!connected_) connected_ = clock_.uptime();
        answered_ = one_line(text.substr(text.find(" to ") + 4));
    } else if (text.starts_with("Handshaking...")) {
        if (!handshaking_) handshaking_ = clock_.uptime();
    } else if (text.starts_with("Failed to resolve hostname")) {
        name_unknown_ = true;
    } else if (text.starts_with("Server error: ")) {
        server_error_ = one_line(text.substr(14));
    } else if (is_error && source == "tls" && !handshaking_) {
        tls_failed_ = true;
    }
    if (is_error) last_error_ = redacted_text(one_line(text));
}

std::string LibavListener::words(int averror) const {
    if (!server_error_.empty()) return "the server said: " + redacted_text(server_error_);
    std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
    av_strerror(averror, text.data(), text.size());
    return std::string{text.data()} + (last_error_.empty() ? "" : ": " + last_error_);
}

Outcome LibavListener::cause(int averror) const {
    if (name_unknown_) return Outcome::resolve_failed;
    if (tls_failed_) return Outcome::tls_failed;
    if (!server_error_.empty()) return says_not_published(server_error_) ? Outcome::not_published : Outcome::refused;
    switch (averror) {
        case AVERROR_EOF: return Outcome::ended;
        case AVERROR(ECONNREFUSED): return Outcome::refused;
        case AVERROR(ETIMEDOUT): return Outcome::timeout;
        case AVERROR(ENETUNREACH):
        case AVERROR(EHOSTUNREACH):
        case AVERROR(ENETDOWN):
        case AVERROR(EADDRNOTAVAIL): return Outcome::unreachable;
        case AVERROR_HTTP_BAD_REQUEST:
        case AVERROR_HTTP_UNAUTHORIZED:
        case AVERROR_HTTP_FORBIDDEN:
        case AVERROR_HTTP_NOT_FOUND:
        case AVERROR_HTTP_OTHER_4XX: return Outcome::http_4xx;
        case AVERROR_HTTP_SERVER_ERROR: return Outcome::http_5xx;
        case AVERROR_INVALIDDATA:
        case AVERROR_PROTOCOL_NOT_FOUND:
        case AVERROR_DEMUXER_NOT_FOUND: return Outcome::malformed;
        case AVERROR(ENOMEM):
        case AVERROR(EMFILE):
        case AVERROR(ENFILE): return Outcome::local_failure;
        default: return Outcome::reset;
    }
}

}  // namespace outrider::probes
