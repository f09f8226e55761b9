// How one round trip is made: ICMP echo where this process may, else TCP connects. Internal to this module.
#pragma once

#include <asio/io_context.hpp>
#include <asio/ip/address.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

#include "outrider/outcome.h"
#include "outrider/time.h"

namespace outrider::probes {

/// On the io_context's thread. What is under way when it is destroyed is forgotten.
class Pinger {
public:
    struct Listener {
        std::function<void(std::uint16_t number, Instant at)> answered;
        std::function<void(std::uint16_t number)> failed;  ///< the network says that no answer can come
    };

    virtual ~Pinger() = default;
    virtual void send(std::uint16_t number) = 0;
    /// The label `layer`: icmp or tcp_syn.
    [[nodiscard]] virtual std::string_view layer() const noexcept = 0;
};

/// A ping socket (sysctl net.ipv4.ping_group_range), else a raw one (CAP_NET_RAW). nullptr when neither is allowed.
[[nodiscard]] std::unique_ptr<Pinger> make_icmp_pinger(asio::io_context& io, const Clock& clock,
                                                       const asio::ip::address& to, Pinger::Listener listener);

/// A connection begun and dropped for each round trip. A refusal is an answer too.
[[nodiscard]] std::unique_ptr<Pinger> make_tcp_pinger(asio::io_context& io, const Clock& clock,
                                                      const asio::ip::address& to, std::uint16_t port,
                                                      Pinger::Listener listener);

}  // namespace outrider::probes
