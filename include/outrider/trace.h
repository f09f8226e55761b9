// The trace of a session: what happened, for a person who asks why. Bounded, and free of secrets.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "outrider/time.h"

namespace outrider {

// X(name, meaning)
#define OUTRIDER_TRACE_KINDS(X)                                                       \
    X(connect, "a connection begins: protocol, URL without secrets, POP")             \
    X(address, "what a name resolved to, and which address answered")                 \
    X(tls, "version, cipher, certificate's subject, issuer and end")                  \
    X(response, "status and the headers that tell of caches and servers")             \
    X(phase, "a phase of the start is over, with the time since its begin")           \
    X(tcp, "TCP_INFO of the connection: rtt, retransmits seen, out of order, window") \
    X(playlist, "the end of a playlist that went back, went stale or was refused")    \
    X(media, "tracks found, codec or resolution changed")                             \
    X(timeline, "the stream's timestamps began anew")                                 \
    X(end, "the connection ended: outcome, and the library's own words")

enum class TraceKind : std::uint8_t {
#define OUTRIDER_X(name, meaning) name,
    OUTRIDER_TRACE_KINDS(OUTRIDER_X)
#undef OUTRIDER_X
};

[[nodiscard]] constexpr std::string_view to_string(TraceKind kind) noexcept {
    constexpr std::array names{
#define OUTRIDER_X(name, meaning) std::string_view{#name},
        OUTRIDER_TRACE_KINDS(OUTRIDER_X)
#undef OUTRIDER_X
    };
    return names[static_cast<std::size_t>(kind)];
}

struct TraceEvent {
    static constexpr std::size_t kMaxText = 1024;

    std::uint64_t number = 0;  ///< of this target's events, from 1: a gap says that older ones were dropped
    Instant at{};
    TraceKind kind = TraceKind::connect;
    std::string text;  ///< at most kMaxText bytes of UTF-8 without control characters, but line feeds
    friend bool operator==(const TraceEvent&, const TraceEvent&) = default;
};

}  // namespace outrider
