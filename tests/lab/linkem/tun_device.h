// A TUN device inside a network namespace: one IP packet per read and per write.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace outrider::lab {

/// Owns a file descriptor.
class Fd {
public:
    Fd() = default;
    explicit Fd(int fd) : fd_(fd) {}
    Fd(Fd&& other) noexcept : fd_(other.release()) {}
    Fd& operator=(Fd&& other) noexcept;
    Fd(const Fd&) = delete;
    Fd& operator=(const Fd&) = delete;
    ~Fd();

    [[nodiscard]] int get() const { return fd_; }
    int release();

private:
    int fd_ = -1;
};

class TunDevice {
public:
    /// Creates device `name` in the namespace bound at `netns_path`. It vanishes with this object.
    /// Throws std::system_error naming what failed.
    TunDevice(const std::string& netns_path, const std::string& name);

    /// The next packet into `buffer`; empty when none waits.
    [[nodiscard]] std::span<const std::uint8_t> read(std::span<std::uint8_t> buffer) const;

    /// Hands a packet to the kernel; false if it refused (the device is down, for instance).
    bool write(std::span<const std::uint8_t> packet) const;

    [[nodiscard]] int fd() const { return fd_.get(); }

private:
    Fd fd_;
};

}  // namespace outrider::lab
