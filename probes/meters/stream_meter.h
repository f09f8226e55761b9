// All meters of one session together: media units and connection events in, readings out.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "outrider/outcome.h"
#include "outrider/sample.h"
#include "outrider/target.h"
#include "outrider/time.h"
#include "probes/meters/cadence.h"
#include "probes/meters/lag.h"
#include "probes/meters/latency.h"
#include "probes/meters/media_unit.h"
#include "probes/meters/playout.h"
#include "probes/meters/sighting.h"

namespace outrider::probes {

/// Phases of a connection's start in their order; each reading is the time from the connection's beginning to its end.
enum class Phase : std::uint8_t { resolve, connect, tls, first_byte, first_media, first_keyframe };
inline constexpr std::size_t kPhases = 6;
[[nodiscard]] std::string_view to_string(Phase phase) noexcept;

/// Protocol sessions share this. Pure: every call carries its time, times must not go back.
class StreamMeter {
public:
    StreamMeter(const std::vector<ViewerSpec>& viewers, Instant joined);

    void connection_begins(Instant at);
    void phase_done(Phase phase, Duration since_begin);
    void on_bytes(std::size_t count) noexcept { bytes_ += count; }
    void on_unit(const MediaUnit& unit);
    void connection_ends(Outcome reason);

    /// Keyframes seen since the last call, those of a connection's first burst left out: they may come from the
    /// server's cache, see StartBurst. At most 16.
    [[nodiscard]] std::vector<Sighting> take_sightings() { return std::exchange(sightings_, {}); }

    /// Everything known as of `at`.
    [[nodiscard]] std::vector<Reading> readings(Instant at);

    /// Phases of this connection that are over.
    [[nodiscard]] const std::array<std::optional<Duration>, kPhases>& phases() const noexcept { return phases_; }
    /// Time without media: since the newest, or since the connection began where none has come on it.
    [[nodiscard]] Duration silence(Instant at) const {
        return at - std::max(connection_began_, last_media_.value_or(connection_began_));
    }

    /// ok while media has come on this connection; else why there is none.
    [[nodiscard]] Outcome outcome() const noexcept { return outcome_; }

private:
    Outcome outcome_ = Outcome::connecting;
    Instant connection_began_{};
    std::array<std::optional<Duration>, kPhases> phases_{};
    std::uint64_t bytes_ = 0;
    std::uint64_t connections_ = 0;
    std::array<std::uint64_t, kOutcomes.size()> ends_{};
    std::optional<Instant> last_media_;
    Duration media_{};
    LagMeter lag_;
    CadenceMeter cadence_;
    RateWindow delivery_;
    RateWindow frame_rate_;
    std::vector<Playout> viewers_;
    std::vector<Sighting> sightings_;
    StartBurst burst_;
    LatencyMeter latency_;
    SkewMeter skew_;
    struct Format {
        std::uint32_t now = 0;  // see FormatHash; 0: not known yet
        std::uint64_t changes = 0;
    };
    std::array<Format, 2> formats_{};  // by track kind
};

}  // namespace outrider::probes
