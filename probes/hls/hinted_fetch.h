// Asks for what a Low-Latency playlist hints at, ahead of its announcement (EXT-X-PRELOAD-HINT). Internal to this
// folder.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "outrider/target.h"
#include "probes/hls/fields.h"
#include "probes/net/http_fetch.h"
#include "probes/session.h"

namespace outrider::probes {

/// One transfer at a time, on a connection of its own that opens with the first. The server holds its answer back until
/// the media is made; what comes is kept here, unread, until the playlist confirms the hint. An open-ended range of a
/// file that still grows stays one transfer over all the parts that come out of it.
class HintedFetch {
public:
    /// Bytes kept at most; a part that is larger is fetched once it is announced.
    static constexpr std::size_t kMaxHeld = 16UL * 1024 * 1024;
    /// After so many hints in a row that failed nothing is asked for ahead any more.
    static constexpr int kTries = 3;

    /// `on_answer`: told of each transfer that ended.
    HintedFetch(asio::io_context& io, const HttpServices& http, const Target& target,
                std::function<void(const FetchResult&)> on_answer);
    HintedFetch(const HintedFetch&) = delete;
    HintedFetch& operator=(const HintedFetch&) = delete;

    /// Asks for `length` bytes from `offset`, to the end of the resource where it is absent, in `timeout` at most. What
    /// is here or under way for something else is dropped. Nothing happens when this is here, under way, or failed.
    void request(const std::string& url, std::uint64_t offset, std::optional<std::uint64_t> length, Duration timeout);
    /// What was asked for last is that, and has not failed.
    [[nodiscard]] bool covers(std::string_view url, const std::optional<ByteRange>& range) const;
    /// Want it to be covered: waits for it and hands it out once; nullopt when it could not be had.
    asio::awaitable<std::optional<std::string>> take(std::optional<ByteRange> range);
    void drop();

    /// Ends what is under way, for good.
    void abort();
    /// After abort(): returns when nothing runs any more. Only then may this be destroyed.
    asio::awaitable<void> over();

private:
    enum class State : std::uint8_t { idle, asked, coming, whole, failed };
    asio::awaitable<void> run();
    asio::awaitable<void> news();
    [[nodiscard]] bool still_to_come() const { return state_ == State::asked || state_ == State::coming; }

    asio::io_context& io_;
    HttpServices http_;
    const Target& target_;
    std::function<void(const FetchResult&)> on_answer_;
    std::optional<HttpFetcher> fetcher_;
    asio::steady_timer changed_;  // never expires: cancelled when there is news for take(), run() or over()
    State state_ = State::idle;
    int failures_ = 0;  // in a row
    bool running_ = false;
    bool aborted_ = false;
    std::string url_;
    std::uint64_t offset_ = 0;  // of the first byte in `held_`
    std::optional<std::uint64_t> length_;
    Duration timeout_{};
    std::string held_;
};

}  // namespace outrider::probes
