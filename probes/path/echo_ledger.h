// Which echo requests were answered, how fast, and which never were. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "outrider/time.h"

namespace outrider::probes {

/// A request counts once its fate is known: answered, or not for kPatience. So loss = lost / settled at any moment. An
/// answer that comes later than that, or twice, changes nothing.
class EchoLedger {
public:
    /// Later than any answer that is of use to a viewer; satellites have 0.6 s.
    static constexpr Duration kPatience = std::chrono::seconds{2};

    /// The number to send with a request that leaves at `at`; numbers go round after 65,535.
    std::uint16_t send(Instant at);
    /// Its answer came. The round-trip time; nullopt for a number that is not awaited.
    std::optional<Duration> answer(std::uint16_t number, Instant at);
    /// A request that will not be answered, as the network said.
    void fail(std::uint16_t number);
    /// Lets time pass to `at`.
    void advance(Instant at);

    [[nodiscard]] std::uint64_t settled() const noexcept { return answered_ + lost_; }
    [[nodiscard]] std::uint64_t lost() const noexcept { return lost_; }
    [[nodiscard]] std::optional<Instant> last_answer() const noexcept { return last_answer_; }
    [[nodiscard]] std::optional<Duration> round_trip() const noexcept { return round_trip_; }

private:
    struct Request {
        std::uint16_t number = 0;
        std::optional<Instant> sent;  // absent: settled
    };
    static constexpr std::size_t kAwaited = 64;  // at 5 a second 12 s, far beyond kPatience

    [[nodiscard]] Request& slot(std::uint16_t number) { return requests_[number % kAwaited]; }

    std::array<Request, kAwaited> requests_{};
    std::uint16_t next_ = 0;
    std::uint64_t answered_ = 0;
    std::uint64_t lost_ = 0;
    std::optional<Instant> last_answer_;
    std::optional<Duration> round_trip_;
};

}  // namespace outrider::probes
