// The newest trace events of every target: for `outrider probe -v`, and as evidence.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "outrider/target.h"
#include "outrider/time.h"
#include "outrider/trace.h"

namespace outrider::probes {

/// Shared by shards and readers: any thread.
class TraceBoard {
public:
    static constexpr std::size_t kKept = 64;  ///< events of a target

    /// Text is cut to TraceEvent::kMaxText; control characters but the line feed become '?'.
    void note(TargetId target, Instant at, TraceKind kind, std::string text);

    /// Events with a number above `after`, oldest first; at most kKept.
    [[nodiscard]] std::vector<TraceEvent> events(TargetId target, std::uint64_t after = 0) const;

private:
    struct Tail {
        std::uint64_t last = 0;
        std::deque<TraceEvent> events;
    };
    mutable std::mutex mutex_;  // guards all below
    std::map<TargetId, Tail> tails_;
};

/// Notes what happens to one target. A value that refers to its board and clock.
class Tracer {
public:
    Tracer(TraceBoard& board, const Clock& clock, TargetId target) : board_(&board), clock_(&clock), target_(target) {}

    /// `text` without secrets.
    void note(TraceKind kind, std::string text) const { board_->note(target_, clock_->now(), kind, std::move(text)); }
    [[nodiscard]] const Clock& clock() const noexcept { return *clock_; }

private:
    TraceBoard* board_;
    const Clock* clock_;
    TargetId target_;
};

}  // namespace outrider::probes
