// Which segment, or part of one, a viewer fetches next, while playlists come and go.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "probes/hls/playlist.h"
#include "probes/hls/reload.h"

namespace outrider::probes {

/// What a viewer fetches at a time: a segment, or a part of one.
struct Piece {
    std::uint64_t sequence = 0;
    std::optional<std::size_t> part;  ///< nullopt: the whole segment
    std::string uri;                  ///< as written
    std::optional<ByteRange> range;
    Duration duration{};  ///< of what it adds to the media fetched before
    Encryption encryption = Encryption::none;
    std::optional<InitSection> init;
    bool discontinuity = false;  ///< its timestamps do not follow what came before it in the stream
    bool gap = false;
    bool jumped = false;                  ///< what came before it in the stream was left out
    bool begun = false;                   ///< its first parts were fetched, but the server lists them no more
    std::optional<Instant> program_date;  ///< of its first sample
    friend bool operator==(const Piece&, const Piece&) = default;
};

/// What a new load of the playlist means to the viewer's place in it.
struct CursorMove {
    /// Missing more segments than this is no account of what passed.
    static constexpr std::uint64_t kBelievable = 1000;
    std::size_t fresh = 0;     ///< pieces still to fetch that no earlier load announced
    std::uint64_t missed = 0;  ///< segments that left the playlist before they were fetched whole
    Duration left_out{};       ///< how long that plays, as far as can be told
    bool began_anew = false;   ///< the packager counts from elsewhere: what was announced before is void
    friend bool operator==(const CursorMove&, const CursorMove&) = default;
};

/// A viewer's place in a live playlist. It begins where start_place() says, takes one piece after the other, jumps
/// back to the live edge when it fell out of the playlist, and starts over when the packager does. Pieces are parts
/// where the playlist lists them, which it does near its edge only (RFC 8216bis 6.2.2), else whole segments:
///
///   playlist                          | next | taken as
///   10, 11, 12: parts 0 1 2           | 12.0 | parts 12.0, 12.1, 12.2; nothing more is announced
///   11, 12: parts 0 1 2 3, 13: part 0 | 12.3 | parts 12.3, 13.0
///   13, 14: no parts                  | 13.1 | all of 13, whose beginning is known; then 14
///
/// A playlist that is older than the one before may come from another cache of a CDN, or from a packager that began
/// anew. It is the latter when its numbers are further back than it is long, or when it stays for a third load.
class PlaylistCursor {
public:
    CursorMove load(MediaPlaylist playlist);

    /// What to fetch; nullopt when all that is announced is done.
    [[nodiscard]] std::optional<Piece> next() const;
    /// It is fetched, or given up.
    void advance();
    /// Announced pieces that are still to fetch.
    [[nodiscard]] std::size_t pending() const { return count_from(next_); }
    /// No load has shown more than the newest one does.
    [[nodiscard]] bool current() const;
    /// It is current, and everything in it has been taken: a preload hint is for us.
    [[nodiscard]] bool at_edge() const { return current() && !locate(next_); }
    /// The newest load.
    [[nodiscard]] const MediaPlaylist& playlist() const noexcept { return playlist_; }
    /// Everything of a playlist that ended has been taken.
    [[nodiscard]] bool finished() const { return started_ && playlist_.ended && !locate(next_); }

private:
    /// A piece as it lies in the playlist.
    struct Located {
        const Segment* segment;
        std::optional<std::size_t> part;
        Place at;  // of the piece
        Place then;
    };
    [[nodiscard]] std::optional<Located> locate(Place place) const;
    [[nodiscard]] std::size_t count_from(Place place) const;
    [[nodiscard]] Duration taken_of(std::uint64_t sequence) const;
    CursorMove start_over();
    void fall_back_in(Place there, CursorMove& move);

    MediaPlaylist playlist_;
    bool started_ = false;
    bool jumped_ = false;
    Place next_;
    Duration taken_{};  // media of parts fetched of segment next_.sequence
    Place announced_;   // one after the newest that was ever announced
    int older_loads_ = 0;
};

}  // namespace outrider::probes
