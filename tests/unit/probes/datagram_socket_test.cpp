#include "probes/udp/datagram_socket.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>

using namespace outrider;
using namespace outrider::probes;

namespace {

/// Sends to a port on loopback.
class Sender {
public:
    explicit Sender(int receiver) {
        socklen_t size = sizeof to_;
        REQUIRE(::getsockname(receiver, reinterpret_cast<sockaddr*>(&to_), &size) == 0);
    }
    ~Sender() { ::close(fd_); }
    Sender(const Sender&) = delete;
    Sender& operator=(const Sender&) = delete;
    void send(std::size_t size) {
        const std::array<std::byte, 2000> bytes{};
        REQUIRE(::sendto(fd_, bytes.data(), size, 0, reinterpret_cast<const sockaddr*>(&to_), sizeof to_) ==
                static_cast<ssize_t>(size));
    }

private:
    int fd_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in to_{};
};

DatagramSocket::Where loopback() {
    return {.address = asio::ip::address_v4::loopback(),
            .port = 0,
            .source = {},
            .local_interface = {},
            .receive_buffer = 1 << 20};
}

}  // namespace

TEST_CASE("datagram socket: each datagram comes with the kernel's time", "[probes][udp]") {
    DatagramSocket socket;
    REQUIRE(socket.open(loopback()) == Outcome::connecting);
    Sender sender{socket.descriptor()};
    for (std::size_t size = 100; size < 200; ++size) sender.send(size);
    std::size_t wanted = 100;
    std::optional<Instant> last;
    socket.receive([&](auto bytes, auto stamp) {
        CHECK(bytes.size() == wanted++);
        REQUIRE(stamp);
        if (last) CHECK(*stamp >= *last);
        last = stamp;
    });
    CHECK(wanted == 200);
    CHECK(socket.dropped() == 0);
    CHECK(last > Instant{std::chrono::sys_days{std::chrono::January / 1 / 2020}});
}

TEST_CASE("datagram socket: what this host drops is counted exactly", "[probes][udp]") {
    auto where = loopback();
    where.receive_buffer = 4096;  // room for a few
    DatagramSocket socket;
    REQUIRE(socket.open(where) == Outcome::connecting);
    Sender sender{socket.descriptor()};
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    const auto count = [&](auto, auto) { ++received; };
    for (int round = 0; round < 3; ++round) {
        for (int i = 0; i < 500; ++i, ++sent) sender.send(1316);
        socket.receive(count);
    }
    sender.send(1316);  // the kernel tells of drops with the next datagram that comes
    ++sent;
    socket.receive(count);
    CHECK(received < sent);
    CHECK(received + socket.dropped() == sent);
    socket.close();
    CHECK(socket.dropped() == 0);
}

TEST_CASE("datagram socket: other senders are not heard", "[probes][udp]") {
    auto where = loopback();
    where.source = asio::ip::make_address("127.0.0.9");
    DatagramSocket socket;
    REQUIRE(socket.open(where) == Outcome::connecting);
    Sender{socket.descriptor()}.send(100);
    int heard = 0;
    socket.receive([&](auto, auto) { ++heard; });
    CHECK(heard == 0);
}

TEST_CASE("datagram socket: a port in use, and an interface that is not there", "[probes][udp]") {
    DatagramSocket socket;
    REQUIRE(socket.open(loopback()) == Outcome::connecting);
    sockaddr_in taken{};
    socklen_t size = sizeof taken;
    REQUIRE(::getsockname(socket.descriptor(), reinterpret_cast<sockaddr*>(&taken), &size) == 0);
    auto where = loopback();
    where.port = ntohs(taken.sin_port);
    DatagramSocket second;
    CHECK(second.open(where) == Outcome::local_failure);
    where = {.address = asio::ip::make_address("239.255.77.2"),
             .port = 0,
             .source = {},
             .local_interface = asio::ip::make_address("192.0.2.55"),
             .receive_buffer = 4096};
    CHECK(second.open(where) == Outcome::local_failure);
}
