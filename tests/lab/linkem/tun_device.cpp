#include "tun_device.h"

#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace outrider::lab {
namespace {

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

/// The calling thread is in another network namespace while this lives.
class InNamespace {
public:
    explicit InNamespace(const std::string& path) : home_(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)) {
        if (home_.get() < 0) fail("open own network namespace");
        const Fd target(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        if (target.get() < 0) fail("open network namespace " + path);
        if (::setns(target.get(), CLONE_NEWNET) != 0) fail("enter network namespace " + path);
    }
    ~InNamespace() { (void)::setns(home_.get(), CLONE_NEWNET); }
    InNamespace(const InNamespace&) = delete;
    InNamespace& operator=(const InNamespace&) = delete;

private:
    Fd home_;
};

}  // namespace

Fd& Fd::operator=(Fd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

Fd::~Fd() {
    if (fd_ >= 0) ::close(fd_);
}

int Fd::release() { return std::exchange(fd_, -1); }

TunDevice::TunDevice(const std::string& netns_path, const std::string& name) {
    const InNamespace inside(netns_path);
    fd_ = Fd(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (fd_.get() < 0) fail("open /dev/net/tun");
    ifreq request{};
    request.ifr_flags = IFF_TUN | IFF_NO_PI;
    std::copy_n(name.begin(), std::min(name.size(), sizeof request.ifr_name - 1), request.ifr_name);
    if (::ioctl(fd_.get(), TUNSETIFF, &request) != 0) fail("create TUN device " + name + " in " + netns_path);
}

std::span<const std::uint8_t> TunDevice::read(std::span<std::uint8_t> buffer) const {
    const ssize_t n = ::read(fd_.get(), buffer.data(), buffer.size());
    return n > 0 ? buffer.first(static_cast<std::size_t>(n)) : buffer.first(0);
}

bool TunDevice::write(std::span<const std::uint8_t> packet) const {
    return ::write(fd_.get(), packet.data(), packet.size()) == static_cast<ssize_t>(packet.size());
}

}  // namespace outrider::lab
