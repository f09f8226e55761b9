// Names to addresses without blocking the shard. Internal to this module.
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/ip/address.hpp>
#include <memory>
#include <string>
#include <vector>

namespace outrider::probes {

/// getaddrinfo on a thread of its own, as curl does it: a name server that is silent delays nobody else. A lookup that
/// is cancelled is abandoned; its thread ends when the system's resolver lets go of it.
class Resolver {
public:
    explicit Resolver(asio::io_context& io) : io_(io) {}
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    /// Addresses in the order in which a viewer's system tries them (RFC 6724); a numeric `host`, brackets or not, is
    /// its own answer. Empty: no such name, or cancelled. One lookup at a time.
    asio::awaitable<std::vector<asio::ip::address>> resolve(const std::string& host);

    /// Ends the lookup under way.
    void cancel();

private:
    struct Lookup;
    asio::io_context& io_;
    std::shared_ptr<Lookup> lookup_;
};

/// "live.example is 198.51.100.7, 2001:db8::1" for the trace.
[[nodiscard]] std::string address_text(const std::string& host, const std::vector<asio::ip::address>& addresses);

}  // namespace outrider::probes
