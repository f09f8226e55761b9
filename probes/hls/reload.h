// When to look at a live playlist again, and what a new look shows (RFC 8216 6.3.3 and 6.3.4).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "outrider/time.h"
#include "probes/hls/playlist.h"

namespace outrider::probes {

/// How one load of a playlist compares with the one before.
enum class PlaylistNews : std::uint8_t {
    first,      ///< nothing to compare with
    unchanged,  ///< nothing new at its end
    changed,
    went_back,  ///< the newest media, or the media sequence, is older than before: the packager began anew
};

/// Schedules the reloads of one media playlist and knows how old it is. Pure; times must not go back.
///
///   target duration 6 s                    | news      | next load |
///   loaded at 0.0, newest segment 10       | first     | 6.375     |
///   loaded at 6.375, newest segment 11     | changed   | 12.75     |
///   loaded at 12.75, newest segment 11     | unchanged | 15.75     |
///   loaded at 15.75, newest segment 5      | went_back | 22.125    |
class ReloadPlan {
public:
    /// A load that was begun at `asked` and gave `playlist` at `answered`.
    PlaylistNews loaded(const MediaPlaylist& playlist, Instant asked, Instant answered);
    /// A load that was begun at `asked` and gave no playlist: it is tried again as if nothing had changed.
    void failed(Instant asked);

    /// When the next load may begin: one target duration and a sixteenth after the last one began if that one brought
    /// news, else half of one; the same with the part target where there are parts. Where the server holds requests
    /// back until there is news, at once after news, but four times a (part) target duration at most. nullopt once the
    /// playlist has ended.
    [[nodiscard]] std::optional<Instant> next_load() const noexcept { return next_; }

    /// Time since a load last brought news, in target durations; nullopt before the first load and once it has ended.
    [[nodiscard]] std::optional<double> age(Instant at) const;
    /// Time since the newest announced media was first seen; nullopt before the first and once it has ended.
    [[nodiscard]] std::optional<Duration> edge_age(Instant at) const;
    /// How often it went back.
    [[nodiscard]] std::uint64_t steps_back() const noexcept { return steps_back_; }

private:
    /// Orders what two loads show.
    struct Edge {
        std::uint64_t next_sequence = 0;  // one after the newest whole segment
        std::size_t parts = 0;            // known of that one
        friend auto operator<=>(const Edge&, const Edge&) = default;
    };
    bool loaded_ = false;
    bool ended_ = false;
    Edge edge_;
    std::uint64_t media_sequence_ = 0;
    Duration target_ = std::chrono::seconds{6};  // until a playlist says it; RFC 8216's own example
    Instant news_at_{};
    Instant edge_at_{};
    std::optional<Instant> next_;
    std::uint64_t steps_back_ = 0;
};

/// A place in a stream: before that part of that segment, which may be one that is still to come.
struct Place {
    std::uint64_t sequence = 0;
    std::size_t part = 0;
    friend auto operator<=>(const Place&, const Place&) = default;
};

/// Where a viewer who joins now begins. In parts: at the newest one with a keyframe that starts at least PART-HOLD-BACK
/// before the end of the playlist (two part targets at least, three where it is not said). Else at the newest segment
/// that starts at least three target durations (or HOLD-BACK) before it, the oldest when the playlist is shorter, the
/// first one of a recording. nullopt when there is nothing to play yet.
[[nodiscard]] std::optional<Place> start_place(const MediaPlaylist& playlist);

/// The `_HLS_msn=…&_HLS_part=…` that asks the server to answer once something newer than `playlist` is there; nullopt
/// when it does not offer that (CAN-BLOCK-RELOAD), has ended, or would have to hold the request for longer than a
/// connection may be silent.
[[nodiscard]] std::optional<std::string> blocking_reload_query(const MediaPlaylist& playlist);

}  // namespace outrider::probes
