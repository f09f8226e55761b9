// One stream of the server: its newest tags, its clients and what it does wrong. All on the server's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <unordered_set>
#include <vector>

#include "misbehaviour.h"
#include "tag_log.h"

namespace outrider::lab {

class Client;
using Time = std::chrono::steady_clock::time_point;

struct StreamLimits {
    std::size_t log_bytes = 4U << 20U;     ///< of tags kept for clients that lag
    std::size_t client_bytes = 2U << 20U;  ///< a client further behind skips to the newest key frame
    std::chrono::seconds linger{30};       ///< how long clients stay when the origin is lost
};

struct StreamCounters {
    std::uint64_t clients_total = 0, refused = 0, bytes_sent = 0;
    std::uint64_t skips = 0, tags_skipped = 0;  // of clients that were too slow
    std::uint64_t tags_in = 0, origin_connects = 0, origin_losses = 0;
};

class Stream {
public:
    Stream(std::string name, StreamLimits limits) : name_(std::move(name)), limits_(limits), log_(limits.log_bytes) {}

    // From the source.
    void origin_connected();
    void origin_lost(Time at);
    void take(const std::vector<FlvTag>& tags);

    // From the server.
    void add(std::shared_ptr<Client> client);
    void remove(const std::shared_ptr<Client>& client) { clients_.erase(client); }
    /// Sends what is due; closes everyone once the origin has been away for too long.
    void tick(Time at);
    /// Applies the words of one control request; returns what is wrong, or an empty string.
    std::string control(const std::vector<std::string>& words);
    /// Whether a new request shall be answered with `misbehaviour().status` instead of media.
    [[nodiscard]] bool refuses_next();

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] const TagLog& log() const { return log_; }
    [[nodiscard]] const Misbehaviour& misbehaviour() const { return misbehaviour_; }
    [[nodiscard]] const StreamLimits& limits() const { return limits_; }
    /// The GOP that new clients of a stale stream get; nullptr while the stream is not stale.
    [[nodiscard]] const std::shared_ptr<const std::vector<FlvTag>>& stale_gop() const { return stale_gop_; }
    [[nodiscard]] std::string stats_json() const;

    StreamCounters counters;

private:
    template <class Action>
    void for_each_client(Action action);

    std::string name_;
    StreamLimits limits_;
    TagLog log_;
    Misbehaviour misbehaviour_;
    std::shared_ptr<const std::vector<FlvTag>> stale_gop_;
    std::unordered_set<std::shared_ptr<Client>> clients_;
    std::optional<Time> lost_at_;
    bool online_ = false;
    std::mt19937 random_{std::random_device{}()};
};

}  // namespace outrider::lab
