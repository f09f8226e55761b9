// What is watched: one stream at one POP over one protocol.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "outrider/labels.h"
#include "outrider/request_options.h"
#include "outrider/time.h"

namespace outrider {

/// Index of a target in the TargetList in force; a reload makes new ones.
enum class TargetId : std::uint32_t {};

/// A simulated player that never skips: it starts once `start` of media is buffered, stalls when the next unit is due
/// and absent, and goes on once `resume` is buffered.
struct ViewerSpec {
    std::string name;  ///< label value, e.g. "3s"
    Duration start;    ///< > 0
    Duration resume;   ///< > 0
    friend bool operator==(const ViewerSpec&, const ViewerSpec&) = default;
};

struct Target {
    TargetId id{};
    std::string stream;
    std::string pop;
    std::string protocol;    ///< a name from probes.def
    std::string url;         ///< as the viewer would open it: its host stays in Host and SNI
    std::string connect_to;  ///< HOST or HOST:PORT of the POP to connect to instead of the URL's; empty: the URL's own
    std::vector<ViewerSpec> viewers;
    Duration heartbeat{};  ///< > 0: how often a Sample is made
    RequestOptions request{};
    friend bool operator==(const Target&, const Target&) = default;
};

using TargetList = std::vector<Target>;

/// The names of the labels that say which target a series, an alert or an incident speaks of.
inline constexpr std::array<std::string_view, 3> kTargetLabels{"stream", "pop", "protocol"};

/// The labels that every series of this target carries.
[[nodiscard]] inline Labels labels_of(const Target& target) {
    return {{"stream", target.stream}, {"pop", target.pop}, {"protocol", target.protocol}};
}

}  // namespace outrider
