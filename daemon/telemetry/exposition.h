// What /metrics says, gathered from those who know and written in Prometheus's text format.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "outrider/labels.h"
#include "outrider/metric.h"
#include "outrider/sample.h"
#include "outrider/target.h"

namespace outrider::app {

/// One number about the daemon itself, read at each scrape. `read` is called from the web threads.
struct SelfMetric {
    std::string name;  ///< full name, with prefix
    std::string help;
    MetricType type;
    Labels labels;
    std::function<double()> read;
};

/// Readings of the targets and the daemon's own metrics. Any thread.
class Exposition {
public:
    Exposition(std::shared_ptr<const TargetList> targets, const Clock& clock);
    ~Exposition();
    Exposition(const Exposition&) = delete;
    Exposition& operator=(const Exposition&) = delete;

    /// Metrics of one name must have one help and type. Before the first `text`.
    void add(SelfMetric metric);

    /// The newest readings of its target; an older sample than the one held is ignored.
    void update(const Sample& sample);

    /// Targets that have reported at all.
    [[nodiscard]] std::size_t reporting() const;

    /// Text format version 0.0.4. A target silent for 5 s has no readings, rather than old ones.
    [[nodiscard]] std::string text() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace outrider::app
