// How a session stands, or why its last connection ended: one table, used in logs, metric labels, JSON and the docs.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace outrider {

// X(name, meaning)
#define OUTRIDER_OUTCOMES(X)                                                                       \
    X(ok, "media is flowing")                                                                      \
    X(connecting, "no media yet on this connection, nothing has failed")                           \
    X(resolve_failed, "the name has no address")                                                   \
    X(refused, "turned away: TCP refused, or the server said no")                                  \
    X(unreachable, "no route, or the network is down")                                             \
    X(timeout, "connect, first byte or silence took longer than a player waits")                   \
    X(reset, "the connection broke in mid-stream")                                                 \
    X(tls_failed, "handshake or certificate")                                                      \
    X(http_4xx, "the server answered with a status of 400 to 499")                                 \
    X(http_5xx, "the server answered with a status of 500 or more")                                \
    X(redirect_refused, "too many redirects, or one to another scheme")                            \
    X(malformed, "not the format it claims to be")                                                 \
    X(ended, "the server closed the stream in order")                                              \
    X(not_published, "the server is well, and nobody sends it this stream")                        \
    X(local_failure, "this host could not: a port in use, no permission, a URL it has no use for") \
    X(stopped, "we stopped")

enum class Outcome {
#define OUTRIDER_X(name, meaning) name,
    OUTRIDER_OUTCOMES(OUTRIDER_X)
#undef OUTRIDER_X
};

struct OutcomeInfo {
    std::string_view name;
    std::string_view meaning;
};

inline constexpr std::array kOutcomes{
#define OUTRIDER_X(name, meaning) OutcomeInfo{#name, meaning},
    OUTRIDER_OUTCOMES(OUTRIDER_X)
#undef OUTRIDER_X
};

[[nodiscard]] constexpr std::string_view to_string(Outcome outcome) noexcept {
    return kOutcomes[static_cast<std::size_t>(outcome)].name;
}

}  // namespace outrider
