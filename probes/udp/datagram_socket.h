// A UDP socket that receives in batches, with the kernel's arrival times and its count of drops. Internal.
#pragma once

#include <asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "outrider/outcome.h"
#include "outrider/time.h"

namespace outrider::probes {

class DatagramSocket {
public:
    struct Where {
        asio::ip::address address;  ///< a group to join, or an address of this host
        std::uint16_t port = 0;
        std::optional<asio::ip::address> source;  ///< take its datagrams only; for a group IGMPv3 or MLDv2 tells
        std::optional<asio::ip::address> local_interface;  ///< whose address; where to join
        int receive_buffer = 0;                            ///< bytes
    };

    DatagramSocket() = default;
    ~DatagramSocket() { close(); }
    DatagramSocket(const DatagramSocket&) = delete;
    DatagramSocket& operator=(const DatagramSocket&) = delete;

    /// Binds and joins. connecting when all is well; local_failure, unreachable when not.
    [[nodiscard]] Outcome open(const Where& where);
    void close();
    [[nodiscard]] int descriptor() const noexcept { return fd_; }

    /// Each datagram and when the kernel got it (the system's UTC); nullopt where it does not say.
    using OnDatagram = std::function<void(std::span<const std::byte>, std::optional<Instant>)>;
    /// Takes what is there, at most a few hundred datagrams, so that other sockets have their turn. Never blocks.
    void receive(const OnDatagram& on_datagram);

    /// Datagrams the kernel dropped for want of room since the socket was opened, as told with the last one that came.
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

private:
    [[nodiscard]] bool join(const Where& where) const;

    int fd_ = -1;
    std::optional<asio::ip::address> source_;
    std::uint32_t last_drops_ = 0;  // the kernel's counter wraps at 32 bits
    std::uint64_t dropped_ = 0;
};

}  // namespace outrider::probes
