#include "link_model.h"

#include <cmath>
#include <utility>

namespace outrider::lab {
namespace {

// A link without a rate has no queue; this bounds what a long delay can hold (400 ms at 1 Gbit/s is 50 MB).
constexpr std::size_t kMaxFlightBytes = 64U << 20U;
constexpr std::size_t kMinDefaultQueue = 32U << 10U;
constexpr Nanos kDefaultQueueTime = std::chrono::milliseconds(200);

Nanos nanos(double seconds) { return Nanos(static_cast<Nanos::rep>(std::llround(seconds * 1e9))); }
double seconds(Nanos t) { return static_cast<double>(t.count()) * 1e-9; }

}  // namespace

std::size_t Impairment::queue_limit() const {
    if (queue_bytes) return *queue_bytes;
    const double bytes = rate_bps / 8 * seconds(queue_time.value_or(kDefaultQueueTime));
    const auto limit = static_cast<std::size_t>(bytes);
    return queue_time ? limit : std::max(limit, kMinDefaultQueue);
}

void LinkModel::set(Nanos at, const Impairment& impairment) {
    move_queue(at);
    if (!waiting_.empty() && impairment_.rate_bps > 0) {
        head_bits_ = std::max(0.0, head_bits_ - seconds(at - head_since_) * impairment_.rate_bps);
        head_since_ = at;
    }
    if (impairment.ge_p <= 0) bad_state_ = false;
    impairment_ = impairment;
    move_queue(at);
}

Fate LinkModel::offer(Nanos at, Packet packet) {
    move_queue(at);
    ++counters_.in;
    if (impairment_.blackhole) {
        ++counters_.blackholed;
        return Fate::blackholed;
    }
    if (const auto fate = decide_loss()) return *fate;

    const std::size_t size = packet.bytes.size();
    // An empty queue takes any packet: a bound below one packet must not close the link.
    const bool queue_full = !waiting_.empty() && waiting_bytes_ + size > impairment_.queue_limit();
    if (queue_full || flight_bytes_ + size > kMaxFlightBytes) {
        ++counters_.queue_full;
        return Fate::queue_full;
    }
    waiting_bytes_ += size;
    waiting_.push_back(std::move(packet));
    if (waiting_.size() == 1) start_head(at);
    move_queue(at);
    return Fate::accepted;
}

std::optional<Nanos> LinkModel::next_at() const {
    std::optional<Nanos> next;
    if (!flight_.empty()) next = flight_.front().due;
    if (!waiting_.empty()) next = next ? std::min(*next, head_leaves_at()) : head_leaves_at();
    return next;
}

void LinkModel::deliver(Nanos at, std::vector<Packet>& out) {
    move_queue(at);
    while (!flight_.empty() && flight_.front().due <= at) {
        std::pop_heap(flight_.begin(), flight_.end(), Later{});
        Packet packet = std::move(flight_.back().packet);
        flight_.pop_back();
        flight_bytes_ -= packet.bytes.size();
        if (impairment_.blackhole) {
            ++counters_.blackholed;
            continue;
        }
        ++counters_.out;
        counters_.out_bytes += packet.bytes.size();
        out.push_back(std::move(packet));
    }
}

Nanos LinkModel::head_leaves_at() const {
    if (impairment_.rate_bps <= 0) return head_since_;
    return head_since_ + nanos(head_bits_ / impairment_.rate_bps);
}

void LinkModel::start_head(Nanos at) {
    head_since_ = at;
    head_bits_ = 8.0 * static_cast<double>(waiting_.front().bytes.size());
}

// Each departure starts the next packet at its own time, not at the caller's: being called late, as any
// process is, does not lower the rate.
void LinkModel::move_queue(Nanos at) {
    while (!waiting_.empty()) {
        const Nanos leaves = head_leaves_at();
        if (leaves > at) return;
        Packet packet = std::move(waiting_.front());
        waiting_.pop_front();
        waiting_bytes_ -= packet.bytes.size();
        if (!waiting_.empty()) start_head(leaves);
        launch(leaves, std::move(packet));
    }
}

void LinkModel::launch(Nanos at, Packet packet) {
    Nanos due = at + std::max(Nanos{0}, impairment_.delay + jitter_at(at));
    if (!impairment_.reorder) due = std::max(due, last_due_);
    last_due_ = std::max(due, last_due_);
    flight_bytes_ += packet.bytes.size();
    flight_.push_back({due, launched_++, std::move(packet)});
    std::push_heap(flight_.begin(), flight_.end(), Later{});
}

// An Ornstein–Uhlenbeck walk: normal with standard deviation `jitter`, and correlated over tau = 2 jitter.
// Independent jitter per packet would, once order is kept, turn into its own upper envelope on dense
// traffic; a queue's delay cannot fall faster than time passes, and with this tau it seldom wants to.
Nanos LinkModel::jitter_at(Nanos at) {
    if (impairment_.jitter <= Nanos{0}) return Nanos{0};
    const double sigma = seconds(impairment_.jitter);
    const double keep = std::exp(-std::max(0.0, seconds(at - wander_at_)) / (2 * sigma));
    wander_ = wander_ * keep + std::sqrt(1 - keep * keep) * std::normal_distribution<double>{}(random_);
    wander_at_ = at;
    return nanos(sigma * wander_);
}

std::optional<Fate> LinkModel::decide_loss() {
    if (impairment_.ge_p > 0) {
        bad_state_ = bad_state_ ? !chance(impairment_.ge_r) : chance(impairment_.ge_p);
        if (chance(bad_state_ ? impairment_.ge_loss : impairment_.ge_good_loss)) {
            ++counters_.lost_in_burst;
            return Fate::lost_in_burst;
        }
    }
    if (chance(impairment_.loss)) {
        ++counters_.lost;
        return Fate::lost;
    }
    return std::nullopt;
}

bool LinkModel::chance(double probability) {
    if (probability <= 0) return false;
    return std::uniform_real_distribution<double>{}(random_) < probability;
}

}  // namespace outrider::lab
