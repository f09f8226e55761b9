// One SRT connection as a caller. Internal to this module.
#pragma once

#include <srt/srt.h>

#include <asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "outrider/outcome.h"
#include "outrider/time.h"
#include "probes/srt/srt_url.h"

namespace outrider::probes {

/// Counts of one connection, or the sum of several.
struct SrtCounts {
    std::uint64_t expected = 0;  ///< packets that came, resent ones once, and those dropped
    std::uint64_t dropped = 0;   ///< too late to play, or never come: damage that a viewer sees
    std::uint64_t missed = 0;    ///< gaps seen, mended by a resend or not
    SrtCounts& operator+=(const SrtCounts& other) noexcept;
};

/// Closes its socket with itself. Never blocks.
class SrtSocket {
public:
    /// Not open when libsrt refuses an option or has no socket left.
    explicit SrtSocket(const SrtUrl& options);
    ~SrtSocket();
    SrtSocket(const SrtSocket&) = delete;
    SrtSocket& operator=(const SrtSocket&) = delete;

    [[nodiscard]] bool is_open() const noexcept { return socket_ != SRT_INVALID_SOCK; }
    [[nodiscard]] SRTSOCKET handle() const noexcept { return socket_; }

    /// Begins to connect. False when this host cannot: no route.
    [[nodiscard]] bool connect(const asio::ip::address& address, std::uint16_t port);
    [[nodiscard]] bool connected() const;
    /// Why a connection did not come to be.
    [[nodiscard]] Outcome rejection() const;
    /// The same as libsrt says it.
    [[nodiscard]] std::string rejection_words() const;

    struct Received {
        std::size_t size = 0;  ///< 0: nothing more now
        bool closed = false;   ///< the connection is no more
    };
    /// One message into `buffer`, which should hold 1,456 bytes.
    [[nodiscard]] Received receive(std::span<std::byte> buffer);

    /// nullopt before the connection.
    [[nodiscard]] std::optional<SrtCounts> counts() const;
    [[nodiscard]] std::optional<Duration> round_trip() const;

private:
    [[nodiscard]] std::optional<SRT_TRACEBSTATS> statistics() const;
    SRTSOCKET socket_;
};

}  // namespace outrider::probes
