// A coded frame recognised by its payload: the same at every POP, whatever a server does to its timestamps.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

struct XXH64_state_s;

namespace outrider::probes {

/// XXH64 of bytes that come in pieces.
class Fingerprint {
public:
    Fingerprint();
    ~Fingerprint();
    Fingerprint(Fingerprint&&) noexcept;
    Fingerprint& operator=(Fingerprint&&) noexcept;

    void reset();
    void add(std::span<const std::byte> bytes);
    /// Of all bytes since reset(); never 0, which stands for "none".
    [[nodiscard]] std::uint64_t value() const;

private:
    struct Free {
        void operator()(XXH64_state_s* state) const noexcept;
    };
    std::unique_ptr<XXH64_state_s, Free> state_;
};

}  // namespace outrider::probes
