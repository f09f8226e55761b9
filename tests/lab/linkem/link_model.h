// One direction of an emulated link, as a pure model: packets and times in, packets out. It reads no clock
// and does no I/O, so the same seed and the same calls give the same result in a test and in the lab.
//
//   offer ── blackhole, loss ──> queue (bounded) ── rate ──> flight (delay + jitter) ──> deliver
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <random>
#include <vector>

namespace outrider::lab {

/// A point on any monotonic time line; the model only compares and subtracts.
using Nanos = std::chrono::nanoseconds;

struct Packet {
    std::vector<std::uint8_t> bytes;
    std::uint32_t route = 0;  ///< for the owner: which way through the lab; the model ignores it
    std::uint32_t stage = 0;  ///< for the owner: how far along that way; the model ignores it
};

/// What is done to packets. All fractions are 0 to 1.
struct Impairment {
    Nanos delay{};       ///< one way
    Nanos jitter{};      ///< standard deviation of the one-way delay
    double loss = 0;     ///< each packet on its own
    double ge_p = 0;     ///< Gilbert–Elliott: good -> bad, per packet; 0 switches the chain off
    double ge_r = 1;     ///< bad -> good, per packet
    double ge_loss = 1;  ///< loss in the bad state
    double ge_good_loss = 0;
    double rate_bps = 0;                       ///< bits of IP packets per second; 0 is no limit
    std::optional<std::size_t> queue_bytes{};  ///< bound of the queue before the rate limiter …
    std::optional<Nanos> queue_time{};         ///< … or its length in time at `rate_bps`
    bool blackhole = false;                    ///< nothing comes out, also not what is inside already
    bool reorder = false;                      ///< let jitter overtake; otherwise delivery keeps the order

    /// Bound in bytes for these settings: the given one, or 200 ms at the rate and at least 32 KB, about
    /// what a shaped access line holds.
    [[nodiscard]] std::size_t queue_limit() const;
};

enum class Fate { accepted, lost, lost_in_burst, blackholed, queue_full };

/// Packets since the start. Lost ones are counted where they died; `in` counts every offered packet.
struct LinkCounters {
    std::uint64_t in = 0, out = 0, out_bytes = 0;
    std::uint64_t lost = 0, lost_in_burst = 0, blackholed = 0, queue_full = 0;
};

class LinkModel {
public:
    explicit LinkModel(std::uint64_t seed) : random_(seed) {}

    /// Changes the settings at `at`. Packets in flight keep their arrival time; queued ones feel a new rate.
    void set(Nanos at, const Impairment& impairment);

    /// Hands one packet in. Times of successive calls must not go back.
    Fate offer(Nanos at, Packet packet);

    /// When `deliver` will next have something to do; nullopt when the link is empty.
    [[nodiscard]] std::optional<Nanos> next_at() const;

    /// Appends to `out`, in order of arrival, every packet that has come out by `at`.
    void deliver(Nanos at, std::vector<Packet>& out);

    /// Forgets every packet inside for which `doomed(packet)` holds.
    template <class Predicate>
    void discard(Predicate doomed);

    [[nodiscard]] const Impairment& impairment() const { return impairment_; }
    [[nodiscard]] const LinkCounters& counters() const { return counters_; }
    [[nodiscard]] std::size_t queued_bytes() const { return waiting_bytes_; }

private:
    struct InFlight {
        Nanos due;
        std::uint64_t order;
        Packet packet;
    };
    struct Later {
        bool operator()(const InFlight& a, const InFlight& b) const {
            return a.due != b.due ? a.due > b.due : a.order > b.order;
        }
    };

    [[nodiscard]] Nanos head_leaves_at() const;
    void start_head(Nanos at);
    void move_queue(Nanos at);
    void launch(Nanos at, Packet packet);
    Nanos jitter_at(Nanos at);
    std::optional<Fate> decide_loss();
    bool chance(double probability);

    Impairment impairment_;
    LinkCounters counters_;
    std::mt19937_64 random_;
    bool bad_state_ = false;  // of the Gilbert–Elliott chain
    double wander_ = 0;       // of the jitter process, in standard deviations
    Nanos wander_at_{};

    std::deque<Packet> waiting_;  // the head is being sent
    std::size_t waiting_bytes_ = 0;
    Nanos head_since_{};    // since when the head's remaining bits are being sent
    double head_bits_ = 0;  // remaining at head_since_

    std::vector<InFlight> flight_;  // a heap by Later
    std::size_t flight_bytes_ = 0;
    std::uint64_t launched_ = 0;
    Nanos last_due_{};
};

template <class Predicate>
void LinkModel::discard(Predicate doomed) {
    // The head may be half sent: dropping it would need its rest to be credited, so it is kept and goes out.
    if (waiting_.size() > 1) {
        const auto first = waiting_.begin() + 1;
        const auto kept = std::remove_if(first, waiting_.end(), [&](const Packet& p) {
            if (!doomed(p)) return false;
            waiting_bytes_ -= p.bytes.size();
            return true;
        });
        waiting_.erase(kept, waiting_.end());
    }
    const auto kept = std::remove_if(flight_.begin(), flight_.end(), [&](const InFlight& f) {
        if (!doomed(f.packet)) return false;
        flight_bytes_ -= f.packet.bytes.size();
        return true;
    });
    flight_.erase(kept, flight_.end());
    std::make_heap(flight_.begin(), flight_.end(), Later{});
}

}  // namespace outrider::lab
