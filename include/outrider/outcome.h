// How a session stands, or why its last connection ended.
#pragma once

#include <array>
#include <string_view>

namespace outrider {

enum class Outcome {
    ok,              ///< media is flowing
    connecting,      ///< no media yet on this connection, nothing has failed
    resolve_failed,  ///< the name has no address
    refused,         ///< TCP refused
    unreachable,     ///< no route, or the network is down
    timeout,         ///< connect, first byte or silence took longer than a player waits
    reset,           ///< the connection broke in mid-stream
    tls_failed,      ///< handshake or certificate
    http_4xx,
    http_5xx,
    redirect_refused,  ///< too many redirects, or one to another scheme
    malformed,         ///< not the format it claims to be
    ended,             ///< the server closed the stream in order
    stopped,           ///< we stopped
};

inline constexpr std::array kOutcomeNames{
    std::string_view{"ok"},       std::string_view{"connecting"},       std::string_view{"resolve_failed"},
    std::string_view{"refused"},  std::string_view{"unreachable"},      std::string_view{"timeout"},
    std::string_view{"reset"},    std::string_view{"tls_failed"},       std::string_view{"http_4xx"},
    std::string_view{"http_5xx"}, std::string_view{"redirect_refused"}, std::string_view{"malformed"},
    std::string_view{"ended"},    std::string_view{"stopped"}};
static_assert(kOutcomeNames.size() == static_cast<std::size_t>(Outcome::stopped) + 1);

/// The name used in logs, metric labels and the JSON of `outrider probe`.
[[nodiscard]] constexpr std::string_view to_string(Outcome outcome) noexcept {
    return kOutcomeNames[static_cast<std::size_t>(outcome)];
}

}  // namespace outrider
