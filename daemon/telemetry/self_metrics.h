// The daemon's own numbers on /metrics: what each part of the flow counts.
#pragma once

#include <cstddef>
#include <string>

#include "daemon/telemetry/exposition.h"

namespace outrider::probes {
class Shard;
}

namespace outrider::app {

class BookWriter;
class Mailbox;
class SystemClock;
struct EngineGauges;
struct NotifyCounters;

/// Each part must outlive the exposition's last `text`.
class SelfMetrics {
public:
    explicit SelfMetrics(Exposition& exposition);

    void add_clock(const SystemClock& clock);
    void add_mailbox(const Mailbox& mailbox);
    void add_shard(std::size_t number, const probes::Shard& shard);
    void add_engine(const EngineGauges& gauges);
    void add_book(const BookWriter& writer);
    void add_notifier(const std::string& name, const NotifyCounters& counters);

private:
    void gauge(std::string name, std::string help, std::function<double()> read, Labels labels = {});
    void counter(std::string name, std::string help, std::function<double()> read, Labels labels = {});

    Exposition& exposition_;
};

}  // namespace outrider::app
