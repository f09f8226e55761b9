#include "probes/hls/hls.h"

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <utility>
#include <variant>

#include "probes/hls/hls_session.h"
#include "probes/hls/uri.h"
#include "probes/redaction.h"

namespace outrider::probes {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPlaylistTimeout = 10s;
// A viewer gives up after so many lost playlists in a row.
constexpr int kTries = 3;
// A server that answered later than this held the request back until there was news.
constexpr Duration kHeldBack = 300ms;
// Held-back answers must come before curl takes silence for a dead connection (10 s).
constexpr Duration kLongestHold = 8s;
// In target durations, as the guide has it: the packager, or a cache, has stopped.
constexpr double kStale = 1.5;
// Missing more than this is no account of what passed: the schedule begins anew.
constexpr std::uint64_t kBelievable = 1000;

FetchRequest playlist_request(std::string url, bool fresh_connection) {
    FetchRequest request;
    request.url = std::move(url);
    request.timeout = kPlaylistTimeout;
    request.max_body = kMaxPlaylistBytes;
    request.fresh_connection = fresh_connection;
    return request;
}

}  // namespace

HlsSession::HlsSession(const ShardServices& services, const Target& target, std::uint64_t seed)
    : HttpSession(services, target, seed), look_timer_(services.io), news_(services.io), watch_over_(services.io) {}

asio::awaitable<Outcome> HlsSession::play() {
    ending_.reset();
    lists_.emplace(http(), target());
    media_.emplace(http(), target());
    const auto opened = co_await open();
    if (opened != Outcome::ok) finish(opened);
    if (!ending_) {
        watching_ = true;
        asio::co_spawn(services().io, watch(), asio::detached);
        co_await fetch_segments();
        while (watching_) co_await wait(watch_over_, 1h);
    }
    lists_.reset();
    media_.reset();
    co_return *ending_;
}

Sample HlsSession::measure(Instant at) {
    auto sample = Session::measure(at);
    report_.complete(sample.readings, plan_, lag_, at);
    add_tcp(sample, {&lists_, &media_});
    return sample;
}

void HlsSession::finish(Outcome outcome) {
    if (!ending_) ending_ = outcome;
    if (lists_) lists_->abort();
    if (media_) media_->abort();
    look_timer_.cancel();
    news_.cancel();
}

asio::awaitable<void> HlsSession::wait(asio::steady_timer& timer, Duration length) {
    timer.expires_after(std::max(length, Duration{0}));
    asio::error_code cancelled;  // a cancelled wait is a wait that is over
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
}

asio::awaitable<Outcome> HlsSession::open() {
    list_url_ = target().url;
    for (bool from_master = false;; from_master = true) {
        const auto asked = now();
        lag_.look_begins(asked);
        const auto request = playlist_request(list_url_, !from_master);
        const auto answer = co_await lists_->fetch(request);
        note(answer);
        if (!from_master) note_phases(answer);
        auto outcome = answer.outcome;
        if (outcome == Outcome::ok) {
            auto parsed = parse_playlist(answer.body);
            if (parsed && std::holds_alternative<MediaPlaylist>(*parsed)) {
                take(std::get<MediaPlaylist>(std::move(*parsed)), answer, asked, false);
                co_return Outcome::ok;
            }
            if (parsed && !from_master) {
                // The highest: what viewers end up with on a good line, and what breaks first.
                const auto& variant = choose_variant(std::get<MasterPlaylist>(*parsed), VariantRule::highest);
                if (const auto url = resolve_uri(answer.url, variant.uri)) {
                    list_url_ = *url;
                    continue;
                }
            }
            outcome = Outcome::malformed;
            refuse(parsed, answer);
        }
        lag_.look_ends(now(), 0);
        co_return outcome;
    }
}

asio::awaitable<void> HlsSession::watch() {
    while (!ending_) {
        const auto next = plan_.next_load();
        if (!next) break;  // it has ended
        co_await wait(look_timer_, *next - now());
        if (!ending_) co_await look();
    }
    watching_ = false;
    watch_over_.cancel();
}

asio::awaitable<void> HlsSession::look() {
    const auto& list = cursor_.playlist();
    const auto last = list.last_sequence();
    const bool blocking = list.server_control.can_block_reload && last && list.target_duration <= kLongestHold;
    auto request = playlist_request(list_url_, false);
    if (blocking) request.url = with_query(list_url_, "_HLS_msn=" + std::to_string(*last + 1));
    const auto asked = now();
    lag_.look_begins(asked);
    const auto answer = co_await lists_->fetch(request);
    note(answer);
    if (ending_) co_return;
    auto outcome = answer.outcome;
    if (outcome == Outcome::ok) {
        auto parsed = parse_playlist(answer.body);
        if (parsed && std::holds_alternative<MediaPlaylist>(*parsed)) {
            lost_lists_ = 0;
            take(std::get<MediaPlaylist>(std::move(*parsed)), answer, asked, blocking && now() - asked >= kHeldBack);
            co_return;
        }
        outcome = Outcome::malformed;
        refuse(parsed, answer);
    } else {
        trace_playlist(std::string{to_string(outcome)} + ": " + answer.words, answer);
    }
    plan_.failed(asked);
    lag_.look_ends(now(), 0);
    if (++lost_lists_ >= kTries) finish(outcome);
}

void HlsSession::take(MediaPlaylist list, const FetchResult& answer, Instant asked, bool held_back) {
    const auto answered = now();
    base_url_ = answer.url;
    lag_.set_target_duration(list.target_duration);
    const auto news = plan_.loaded(list, asked, answered);
    if (news == PlaylistNews::went_back) trace_playlist("went back", answer);
    const bool stale = plan_.age(answered).value_or(0) > kStale;
    if (stale && !stale_) trace_playlist("has not changed for more than one and a half target durations", answer);
    stale_ = stale;
    const auto move = cursor_.load(std::move(list));
    if (move.began_anew) lag_.restart();
    if (move.missed > 0) miss(move.missed);
    lag_.look_ends(answered, move.fresh, held_back);
    news_.cancel();
}

void HlsSession::trace_playlist(const std::string& reason, const FetchResult& answer) {
    const auto tail = playlist_tail(answer.body);
    trace(TraceKind::playlist, reason + (tail.empty() ? "" : "\n" + tail));
}

void HlsSession::refuse(const Result<Playlist>& parsed, const FetchResult& answer) {
    const auto reason = parsed ? std::string{"a playlist of playlists, where one of segments was wanted"}
                               : redacted_text(parsed.error().text);
    trace_playlist("malformed: " + reason, answer);
    say(reason);
}

void HlsSession::miss(std::uint64_t count) {
    report_.on_segment(SegmentResult::missed, count);
    const auto& segments = cursor_.playlist().segments;
    Duration total{};
    for (const auto& segment : segments) total += segment.duration;
    const auto mean = total / std::max<std::int64_t>(std::ssize(segments), 1);
    if (count > kBelievable) lag_.restart();
    for (std::uint64_t i = 0; i < std::min(count, kBelievable); ++i) lag_.pass_over(mean);
}

std::unique_ptr<Session> make_hls_session(const ShardServices& services, const Target& target, std::uint64_t seed) {
    return std::make_unique<HlsSession>(services, target, seed);
}

}  // namespace outrider::probes
