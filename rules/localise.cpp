#include "rules/localise.h"

#include <fmt/format.h>

namespace outrider::rules {
namespace {

struct Share {
    int bad = 0;
    int total = 0;
    [[nodiscard]] bool all() const { return total >= 2 && bad == total; }
};

}  // namespace

Fault localise(const TargetHealth& subject, std::span<const TargetHealth> all) {
    Share pops;     // of this stream
    Share streams;  // of this POP
    for (const auto& target : all) {
        if (!target.known && !target.bad) continue;
        if (target.stream == subject.stream) {
            ++pops.total;
            pops.bad += target.bad ? 1 : 0;
        }
        if (target.pop == subject.pop) {
            ++streams.total;
            streams.bad += target.bad ? 1 : 0;
        }
    }
    const auto evidence = fmt::format("stream {} is degraded at {} of {} POPs; POP {} degrades {} of {} streams",
                                      subject.stream, pops.bad, pops.total, subject.pop, streams.bad, streams.total);
    const auto share = [](const Share& s) { return s.total == 0 ? 0.0 : double(s.bad) / s.total; };
    if (pops.all()) return {.scope = Scope::source, .confidence = share(pops), .evidence = evidence};
    if (streams.all()) return {.scope = Scope::pop, .confidence = 1 - share(pops), .evidence = evidence};
    // The more of its siblings are well, the surer it is that this endpoint alone is ill.
    const double others = pops.total + streams.total - 2;
    const double ill = pops.bad + streams.bad - 2;
    const double confidence = others > 0 ? 1 - ill / others : 0.5;
    return {.scope = Scope::endpoint, .confidence = confidence, .evidence = evidence};
}

}  // namespace outrider::rules
