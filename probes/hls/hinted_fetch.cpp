#include "probes/hls/hinted_fetch.h"

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <span>
#include <utility>

namespace outrider::probes {

HintedFetch::HintedFetch(asio::io_context& io, const HttpServices& http, const Target& target,
                         std::function<void(const FetchResult&)> on_answer)
    : io_(io),
      http_(http),
      target_(target),
      on_answer_(std::move(on_answer)),
      changed_(io, asio::steady_timer::time_point::max()) {}

void HintedFetch::request(const std::string& url, std::uint64_t offset, std::optional<std::uint64_t> length,
                          Duration timeout) {
    if (aborted_) return;
    if (state_ != State::idle && url == url_ && offset == offset_ && length == length_) return;
    drop();
    if (failures_ >= kTries) return;
    url_ = url;
    offset_ = offset;
    length_ = length;
    timeout_ = timeout;
    state_ = State::asked;
    if (!std::exchange(running_, true)) asio::co_spawn(io_, run(), asio::detached);
    changed_.cancel();
}

bool HintedFetch::covers(std::string_view url, const std::optional<ByteRange>& range) const {
    if (state_ == State::idle || state_ == State::failed || url != url_) return false;
    if (!range) return offset_ == 0 && !length_;
    return range->offset == offset_ && (!length_ || range->length <= *length_);
}

asio::awaitable<std::optional<std::string>> HintedFetch::take(std::optional<ByteRange> range) {
    while (still_to_come() && !(range && held_.size() >= range->length)) co_await news();
    const bool there = range ? held_.size() >= range->length : state_ == State::whole;
    if (!there) {
        drop();
        state_ = State::failed;
        co_return std::nullopt;
    }
    const auto size = range ? static_cast<std::size_t>(range->length) : held_.size();
    std::string out = held_.substr(0, size);
    held_.erase(0, size);
    offset_ += size;
    if (length_) *length_ -= size;
    if (state_ == State::whole && held_.empty()) state_ = State::idle;
    co_return out;
}

void HintedFetch::drop() {
    if (state_ == State::coming) fetcher_->cancel();
    state_ = State::idle;
    held_.clear();
    changed_.cancel();
}

void HintedFetch::abort() {
    aborted_ = true;
    if (fetcher_) fetcher_->abort();
    drop();
}

asio::awaitable<void> HintedFetch::over() {
    while (running_) co_await news();
}

asio::awaitable<void> HintedFetch::run() {
    while (!aborted_) {
        if (state_ != State::asked) {
            co_await news();
            continue;
        }
        state_ = State::coming;
        if (!fetcher_) fetcher_.emplace(http_, target_);
        FetchRequest request;
        request.url = url_;
        if (length_) {
            request.range = std::to_string(offset_) + "-" + std::to_string(offset_ + *length_ - 1);
        } else if (offset_ > 0) {
            request.range = std::to_string(offset_) + "-";
        }
        request.timeout = timeout_;
        request.max_body = SIZE_MAX;  // what is held is bounded, what is taken out in between is not
        request.on_body = [this](std::span<const std::byte> bytes) {
            held_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
            changed_.cancel();
            return held_.size() <= kMaxHeld;
        };
        const auto answer = co_await fetcher_->fetch(request);
        on_answer_(answer);
        if (state_ != State::coming) continue;  // dropped meanwhile
        state_ = answer.outcome == Outcome::ok ? State::whole : State::failed;
        failures_ = state_ == State::whole ? 0 : failures_ + 1;
        if (state_ == State::failed) held_.clear();
        if (state_ == State::whole && held_.empty() && offset_ > 0) state_ = State::idle;  // all of it was taken out
        changed_.cancel();
    }
    running_ = false;
    changed_.cancel();
}

asio::awaitable<void> HintedFetch::news() {
    asio::error_code cancelled;  // a cancelled wait is a wait that is over
    co_await changed_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
}

}  // namespace outrider::probes
