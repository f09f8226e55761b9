// The session behind hls.h: one coroutine looks at the playlist, the other fetches segments or parts. Internal to this
// folder.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "probes/hls/cursor.h"
#include "probes/hls/hinted_fetch.h"
#include "probes/hls/playlist.h"
#include "probes/hls/reload.h"
#include "probes/hls/report.h"
#include "probes/hls/segment_reader.h"
#include "probes/hls/timeline.h"
#include "probes/meters/segment_lag.h"
#include "probes/net/http_session.h"

namespace outrider::probes {

/// The place in the stream, its timeline and its schedule outlive a play: after a lost connection the viewer goes on
/// where it was.
class HlsSession final : public HttpSession {
public:
    HlsSession(const ShardServices& services, const Target& target, std::uint64_t seed);

protected:
    asio::awaitable<Outcome> play() override;
    void interrupt() override { finish(Outcome::stopped); }
    [[nodiscard]] Sample measure(Instant at) override;

private:
    [[nodiscard]] Instant now() const { return services().clock.now(); }
    /// Ends this play for the first reason given; both coroutines return soon after.
    void finish(Outcome outcome);
    static asio::awaitable<void> wait(asio::steady_timer& timer, Duration length);

    // hls.cpp: playlists
    /// From the target's URL, by way of a master playlist perhaps, to the first load of a media playlist.
    asio::awaitable<Outcome> open();
    asio::awaitable<void> watch();
    asio::awaitable<void> look();
    void take(MediaPlaylist list, const FetchResult& answer, Instant asked, bool held_back);
    /// What was wrong with a playlist, for the trace: the reason, and its end where there was one.
    void trace_playlist(const std::string& reason, const FetchResult& answer);
    /// Of an answer that is no playlist of the kind that was wanted.
    void refuse(const Result<Playlist>& parsed, const FetchResult& answer);
    void miss(const CursorMove& move);

    // hls_segments.cpp
    asio::awaitable<void> fetch_pieces();
    /// Where nothing is announced any more: what the playlist hints at.
    void ask_ahead();
    asio::awaitable<void> fetch_piece(const Piece& piece);
    /// Unless it is the one in force.
    asio::awaitable<Outcome> fetch_init(const std::optional<InitSection>& init);
    asio::awaitable<Outcome> fetch_body(const Piece& piece, bool follows, bool opaque);
    /// From what was asked for ahead, if that is it; else asks for it now.
    asio::awaitable<Outcome> fetch_media(HintedFetch& ahead, std::string url, const std::optional<ByteRange>& range,
                                         Duration timeout, std::size_t max_body);
    /// False: not what a segment holds.
    bool take_bytes(std::span<const std::byte> bytes);
    void give_units();
    void on_whole(const Piece& piece, Duration took);
    void note(const FetchResult& answer);

    struct Start {
        Instant at{};
        Duration position{};
    };

    std::optional<HttpFetcher> lists_;
    std::optional<HttpFetcher> media_;
    std::optional<HintedFetch> next_part_;
    std::optional<HintedFetch> next_init_;
    std::optional<Outcome> ending_;  // set: this play is over
    asio::steady_timer look_timer_;
    asio::steady_timer news_;        // the fetching coroutine's sleep, cut short by news
    asio::steady_timer watch_over_;  // cancelled once the playlist coroutine has returned
    bool watching_ = false;
    std::string list_url_;  // of the media playlist
    std::string base_url_;  // where its newest load came from
    PlaylistCursor cursor_;
    ReloadPlan plan_;
    SegmentLag lag_;
    SegmentTimeline timeline_;
    SegmentReader reader_;
    std::optional<InitSection> init_;  // in force, its URI resolved
    HlsReport report_;
    MediaUnits units_;
    Start started_;                     // of this play
    std::optional<Duration> quickest_;  // answer of the playlist
    bool in_parts_ = false;             // the newest playlist offers them
    bool contiguous_ = false;           // the piece before is whole
    bool between_tries_ = false;        // of a piece
    bool stale_ = false;                // the playlist, and the trace says so
    int lost_lists_ = 0;                // in a row
    int lost_pieces_ = 0;
};

}  // namespace outrider::probes
