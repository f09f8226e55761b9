#include "stream.h"

#include <sstream>

#include "client.h"

namespace outrider::lab {

// A client may leave the set while it is served, so this walks over a copy of the pointers.
template <class Action>
void Stream::for_each_client(Action action) {
    const std::vector<std::shared_ptr<Client>> all(clients_.begin(), clients_.end());
    for (const auto& client : all) action(*client);
}

void Stream::origin_connected() {
    ++counters.origin_connects;
    online_ = true;
    lost_at_.reset();
    log_.clear();
}

void Stream::origin_lost(Time at) {
    if (!online_) return;
    ++counters.origin_losses;
    online_ = false;
    lost_at_ = at;
}

void Stream::take(const std::vector<FlvTag>& tags) {
    counters.tags_in += tags.size();
    for (const FlvTag& tag : tags) {
        const std::int64_t shifted = static_cast<std::int64_t>(tag.timestamp_ms) + misbehaviour_.timestamp_offset_ms;
        log_.append(with_timestamp(tag, static_cast<std::uint32_t>(std::max<std::int64_t>(shifted, 0))));
    }
}

void Stream::add(std::shared_ptr<Client> client) {
    ++counters.clients_total;
    clients_.insert(std::move(client));
}

void Stream::tick(Time at) {
    if (lost_at_ && at - *lost_at_ > limits_.linger) {
        lost_at_.reset();
        for_each_client([](Client& client) { client.close(); });
        return;
    }
    if (misbehaviour_.freeze) return;
    for_each_client([&](Client& client) { client.pump(at); });
}

std::string Stream::control(const std::vector<std::string>& words) {
    Misbehaviour changed = misbehaviour_;
    bool reset = false;
    for (const std::string& word : words) {
        std::string problem;
        const auto action = apply_control(changed, word, problem);
        if (!action) return problem;
        reset = reset || *action == ControlAction::reset;
    }
    misbehaviour_ = changed;
    if (!changed.stale) {
        stale_gop_.reset();
    } else if (!stale_gop_) {
        stale_gop_ = std::make_shared<const std::vector<FlvTag>>(log_.newest_gop());
    }
    if (reset) for_each_client([](Client& client) { client.reset(); });
    return {};
}

bool Stream::refuses_next() {
    if (misbehaviour_.status == 200) return false;
    const bool refused = std::uniform_real_distribution<double>{}(random_) < misbehaviour_.share;
    counters.refused += refused ? 1 : 0;
    return refused;
}

std::string Stream::stats_json() const {
    const Misbehaviour& m = misbehaviour_;
    std::ostringstream out;
    out << "{\"online\":" << (online_ ? "true" : "false") << ",\"clients\":" << clients_.size()
        << ",\"clients_total\":" << counters.clients_total << ",\"refused\":" << counters.refused
        << ",\"bytes_sent\":" << counters.bytes_sent << ",\"skips\":" << counters.skips
        << ",\"tags_skipped\":" << counters.tags_skipped << ",\"tags_in\":" << counters.tags_in
        << ",\"origin_connects\":" << counters.origin_connects << ",\"origin_losses\":" << counters.origin_losses
        << ",\"freeze\":" << m.freeze << ",\"stale\":" << m.stale << ",\"status\":" << m.status
        << ",\"share\":" << m.share << ",\"slow_first_byte_ms\":" << m.slow_first_byte.count()
        << ",\"timestamp_offset_ms\":" << m.timestamp_offset_ms << ",\"throttle_bps\":" << m.throttle_bps << "}";
    return out.str();
}

}  // namespace outrider::lab
