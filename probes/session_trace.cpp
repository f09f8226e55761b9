#include "probes/session_trace.h"

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <tuple>

namespace outrider::probes {
namespace {

struct Counter {
    Metric metric;
    TraceKind kind;
    std::string_view words;
};

constexpr std::array kCounters{
    Counter{Metric::timeline_restarts_total, TraceKind::timeline, "the stream's timestamps began anew"},
    Counter{Metric::discontinuities_total, TraceKind::timeline, "a discontinuity that the playlist announced"},
};

std::string milliseconds(Duration value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), " %.0f ms", seconds(value) * 1000);
    return text.data();
}

}  // namespace

void SessionTrace::look_at_phases(const std::array<std::optional<Duration>, kPhases>& phases) {
    std::string text;
    for (std::size_t i = 0; i < kPhases; ++i) {
        if (!phases[i] || phases_[i]) continue;
        phases_[i] = true;
        text.append(text.empty() ? "" : ", ").append(to_string(static_cast<Phase>(i))).append(milliseconds(*phases[i]));
    }
    if (!text.empty()) tracer_.note(TraceKind::phase, text);
}

void SessionTrace::look_at_counters(const Sample& sample) {
    static_assert(std::tuple_size_v<decltype(counters_)> == kCounters.size());
    for (std::size_t i = 0; i < kCounters.size(); ++i) {
        const auto& counter = kCounters[i];
        for (const auto& reading : sample.readings) {
            if (reading.metric != counter.metric || reading.value <= counters_[i]) continue;
            counters_[i] = reading.value;
            tracer_.note(counter.kind, std::string{counter.words} + ", " +
                                           std::to_string(static_cast<std::uint64_t>(reading.value)) + " so far");
        }
    }
}

}  // namespace outrider::probes
