#include "probes/hls/hls.h"

#include <algorithm>
#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/redirect_error.hpp>
#include <asio/use_awaitable.hpp>
#include <utility>
#include <variant>

#include "probes/hls/hls_session.h"
#include "probes/net/uri.h"
#include "probes/redaction.h"

namespace outrider::probes {
namespace {

using namespace std::chrono_literals;

constexpr Duration kPlaylistTimeout = 10s;
// A viewer gives up after so many lost playlists in a row.
constexpr int kTries = 3;
// A server that answered this much later than it has shown to be able to, or that late at all, held the request back
// until there was news.
constexpr Duration kHeldBackBy = 30ms;
constexpr Duration kHeldBack = 300ms;
// In target durations, as the guide has it: the packager, or a cache, has stopped.
constexpr double kStale = 1.5;

FetchRequest playlist_request(std::string url, bool fresh_connection) {
    FetchRequest request;
    request.url = std::move(url);
    request.timeout = kPlaylistTimeout;
    request.max_body = kMaxPlaylistBytes;
    request.fresh_connection = fresh_connection;
    return request;
}

/// nullptr where it is none, or one that cannot be used: a delta update (EXT-X-SKIP), which we never ask for, says
/// nothing of the keys and initialisation sections in force.
MediaPlaylist* media_playlist(Result<Playlist>& parsed) {
    auto* list = parsed ? std::get_if<MediaPlaylist>(&*parsed) : nullptr;
    return list != nullptr && list->skipped == 0 ? list : nullptr;
}

}  // namespace

HlsSession::HlsSession(const ShardServices& services, const Target& target, std::uint64_t seed)
    : HttpSession(services, target, seed), look_timer_(services.io), news_(services.io), watch_over_(services.io) {}

asio::awaitable<Outcome> HlsSession::play() {
    ending_.reset();
    lists_.emplace(http(), target());
    media_.emplace(http(), target());
    next_part_.emplace(services().io, http(), target(), [this](const FetchResult& answer) { note(answer); });
    next_init_.emplace(services().io, http(), target(), [this](const FetchResult& answer) { note(answer); });
    const auto opened = co_await open();
    if (opened != Outcome::ok) finish(opened);
    if (!ending_) {
        watching_ = true;
        asio::co_spawn(services().io, watch(), asio::detached);
        co_await fetch_pieces();
        while (watching_) co_await wait(watch_over_, 1h);
    }
    co_await next_part_->over();
    co_await next_init_->over();
    next_part_.reset();
    next_init_.reset();
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
    if (next_part_) next_part_->abort();
    if (next_init_) next_init_->abort();
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
    const auto choice = variant_choice(list_url_);
    if (!choice) {
        trace(TraceKind::playlist, "URL: want #rendition= highest, lowest, first or bits a second");
        co_return Outcome::malformed;
    }
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
            if (auto* list = media_playlist(parsed)) {
                if (answer.first_byte)
                    quickest_ = *answer.first_byte - answer.tls_done.value_or(answer.connected.value_or(Duration{0}));
                take(std::move(*list), answer, asked, false);
                co_return Outcome::ok;
            }
            if (parsed && !from_master && std::holds_alternative<MasterPlaylist>(*parsed)) {
                const auto& variant =
                    choose_variant(std::get<MasterPlaylist>(*parsed), choice->rule, choice->max_bandwidth);
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
    // After a lost one without: a server that counts from elsewhere now may refuse the number.
    const auto query = lost_lists_ == 0 ? blocking_reload_query(cursor_.playlist()) : std::nullopt;
    const auto request = playlist_request(query ? with_query(list_url_, *query) : list_url_, false);
    const auto asked = now();
    lag_.look_begins(asked);
    const auto answer = co_await lists_->fetch(request);
    note(answer);
    if (ending_) co_return;
    auto outcome = answer.outcome;
    if (outcome == Outcome::ok) {
        auto parsed = parse_playlist(answer.body);
        if (auto* list = media_playlist(parsed)) {
            lost_lists_ = 0;
            const auto took = now() - asked;
            quickest_ = std::min(took, quickest_.value_or(took));
            take(std::move(*list), answer, asked, query && took >= std::min(kHeldBack, *quickest_ + kHeldBackBy));
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
    const bool parts = list.offers_parts();
    lag_.set_target_duration(parts ? *list.part_target : list.target_duration);
    if (parts != std::exchange(in_parts_, parts)) lag_.pieces_change();
    const auto news = plan_.loaded(list, asked, answered);
    if (news == PlaylistNews::went_back) trace_playlist("went back", answer);
    const bool stale = plan_.age(answered).value_or(0) > kStale;
    if (stale && !stale_) trace_playlist("has not changed for more than one and a half target durations", answer);
    stale_ = stale;
    const auto move = cursor_.load(std::move(list));
    if (move.began_anew) lag_.restart();
    if (move.missed > 0) miss(move);
    lag_.look_ends(answered, move.fresh, held_back);
    if (cursor_.current()) lag_.keep_announced(cursor_.pending() + (between_tries_ ? 1 : 0));
    news_.cancel();
}

void HlsSession::trace_playlist(const std::string& reason, const FetchResult& answer) {
    const auto tail = playlist_tail(answer.body);
    trace(TraceKind::playlist, reason + (tail.empty() ? "" : "\n" + tail));
}

void HlsSession::refuse(const Result<Playlist>& parsed, const FetchResult& answer) {
    std::string reason = "a playlist of playlists, where one of segments was wanted";
    if (!parsed) {
        reason = redacted_text(parsed.error().text);
    } else if (std::holds_alternative<MediaPlaylist>(*parsed)) {
        reason = "a delta update (EXT-X-SKIP), which was not asked for";
    }
    trace_playlist("malformed: " + reason, answer);
    say(reason);
}

void HlsSession::miss(const CursorMove& move) {
    report_.on_segment(SegmentResult::missed, move.missed);
    if (move.missed > CursorMove::kBelievable) lag_.restart();
    lag_.pass_over(move.left_out);
}

std::unique_ptr<Session> make_hls_session(const ShardServices& services, const Target& target, std::uint64_t seed) {
    return std::make_unique<HlsSession>(services, target, seed);
}

}  // namespace outrider::probes
