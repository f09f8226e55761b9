// Which segment a viewer fetches next, while playlists come and go.
#pragma once

#include <cstdint>
#include <optional>

#include "probes/hls/playlist.h"
#include "probes/hls/reload.h"

namespace outrider::probes {

/// What a new load of the playlist means to the viewer's place in it.
struct CursorMove {
    std::size_t fresh = 0;     ///< segments still to fetch that no earlier load announced
    std::uint64_t missed = 0;  ///< segments that left the playlist before they were fetched
    bool began_anew = false;   ///< the packager counts from elsewhere: what was announced before is void
    friend bool operator==(const CursorMove&, const CursorMove&) = default;
};

/// A viewer's place in a live playlist. It begins where start_sequence() says, takes one segment after the other, jumps
/// back to the live edge when it fell out of the playlist, and starts over when the packager does.
///
/// A playlist that is older than the one before may come from another cache of a CDN, or from a packager that began
/// anew. It is the latter when its numbers are further back than it is long, or when it stays for a third load.
class PlaylistCursor {
public:
    CursorMove load(MediaPlaylist playlist);

    /// The segment to fetch; nullptr when all announced ones are done.
    [[nodiscard]] const Segment* next() const;
    /// It is fetched, or given up.
    void advance() noexcept { ++next_; }
    /// The newest load.
    [[nodiscard]] const MediaPlaylist& playlist() const noexcept { return playlist_; }
    /// Everything of a playlist that ended has been taken.
    [[nodiscard]] bool finished() const { return started_ && playlist_.ended && next() == nullptr; }

private:
    CursorMove start_over();

    MediaPlaylist playlist_;
    bool started_ = false;
    std::uint64_t next_ = 0;       // sequence number
    std::uint64_t announced_ = 0;  // one after the newest that was ever announced
    int older_loads_ = 0;
};

}  // namespace outrider::probes
