// What libavformat tells only in its log: why it failed, and how far it came. Internal to this module.
#pragma once

#include <array>
#include <cstdarg>
#include <optional>
#include <string>
#include <string_view>

#include "outrider/outcome.h"
#include "outrider/time.h"

namespace outrider::probes {

/// While it lives, what libavformat logs on this thread comes to it; what is logged on other threads goes nowhere:
/// nothing of the library's reaches stderr, where it would show URLs with their secrets.
class LibavListener {
public:
    explicit LibavListener(const Clock& clock);
    ~LibavListener();
    LibavListener(const LibavListener&) = delete;
    LibavListener& operator=(const LibavListener&) = delete;

    /// Clock::uptime when the connection was up, and when its TLS was: the RTMP handshake began. nullopt: not seen.
    [[nodiscard]] std::optional<Duration> connected() const noexcept { return connected_; }
    [[nodiscard]] std::optional<Duration> handshaking() const noexcept { return handshaking_; }

    /// The cause of an error that a call returned on this thread.
    [[nodiscard]] Outcome cause(int averror) const;

    /// The same in words: what the server or the library said of it, fit to be shown.
    [[nodiscard]] std::string words(int averror) const;

    /// The address that answered, as in "127.0.0.1 port 1935"; empty: not seen.
    [[nodiscard]] const std::string& answered() const noexcept { return answered_; }

    /// One message; `source` is the name of the protocol or format that says it.
    void hear(std::string_view source, bool is_error, std::string_view text);

private:
    const Clock& clock_;
    std::optional<Duration> connected_;
    std::optional<Duration> handshaking_;
    bool name_unknown_ = false;
    bool tls_failed_ = false;
    std::string server_error_;  // "No such stream"
    std::string last_error_;    // the newest that the library called an error
    std::string answered_;
};

}  // namespace outrider::probes
