#include "daemon/telemetry/self_metrics.h"

#include <atomic>
#include <utility>

#include "daemon/book_writer.h"
#include "daemon/engine_loop.h"
#include "daemon/mailbox.h"
#include "daemon/notify/counters.h"
#include "daemon/system_clock.h"
#include "probes/shard.h"

namespace outrider::app {
namespace {

std::function<double()> reading(const std::atomic<std::uint64_t>& value) {
    return [&value] { return static_cast<double>(value.load(std::memory_order_relaxed)); };
}

}  // namespace

SelfMetrics::SelfMetrics(Exposition& exposition) : exposition_(exposition) {
    gauge("outrider_build_info", "What runs here.", [] { return 1.0; }, {{"version", OUTRIDER_VERSION}});
}

void SelfMetrics::gauge(std::string name, std::string help, std::function<double()> read, Labels labels) {
    exposition_.add({.name = std::move(name),
                     .help = std::move(help),
                     .type = MetricType::gauge,
                     .labels = std::move(labels),
                     .read = std::move(read)});
}

void SelfMetrics::counter(std::string name, std::string help, std::function<double()> read, Labels labels) {
    exposition_.add({.name = std::move(name),
                     .help = std::move(help),
                     .type = MetricType::counter,
                     .labels = std::move(labels),
                     .read = std::move(read)});
}

void SelfMetrics::add_clock(const SystemClock& clock) {
    gauge("outrider_clock_offset_seconds", "The system's UTC less the daemon's own: steps since the start.",
          [&clock] { return seconds(clock.system_offset()); });
}

void SelfMetrics::add_mailbox(const Mailbox& mailbox) {
    counter("outrider_mailbox_refused_samples_total", "Samples refused because the engine was behind.",
            [&mailbox] { return static_cast<double>(mailbox.refused()); });
    gauge("outrider_mailbox_samples", "Samples waiting for the engine.",
          [&mailbox] { return static_cast<double>(mailbox.size()); });
}

void SelfMetrics::add_shard(std::size_t number, const probes::Shard& shard) {
    gauge("outrider_shard_loop_delay_seconds", "How late the shard's own timer last fired; high when CPU is short.",
          [&shard] { return seconds(shard.loop_delay()); }, {{"shard", std::to_string(number)}});
}

void SelfMetrics::add_engine(const EngineGauges& gauges) {
    counter("outrider_engine_samples_total", "Samples taken by the engine.", reading(gauges.samples));
    counter("outrider_engine_refused_samples_total", "Samples out of order or of an unknown target.",
            reading(gauges.refused_samples));
    counter("outrider_engine_ticks_total", "Ticks of the engine.", reading(gauges.ticks));
    counter("outrider_rule_group_evaluations_total", "Rule groups evaluated.", reading(gauges.evaluations));
    counter("outrider_rule_group_missed_total", "Evaluations left out because a tick came late.",
            reading(gauges.missed));
    counter("outrider_rule_evaluations_total", "Rules evaluated.", reading(gauges.rules));
    counter("outrider_rule_evaluation_failures_total", "Rules whose evaluation failed; /api/v1/rules says why.",
            reading(gauges.rule_failures));
    gauge("outrider_engine_series", "Series held by the engine: those that a rule looks at.", reading(gauges.series));
    gauge("outrider_engine_series_bytes", "Memory of those series and their points.", reading(gauges.store_bytes));
    gauge("outrider_detector_series", "Series that detectors watch, counted for each detector.",
          reading(gauges.detector_series));
    gauge("outrider_detector_bytes", "Memory of what detectors have learnt.", reading(gauges.detector_bytes));
    counter("outrider_detector_conflicts_total",
            "Outputs of detectors left out, because another input makes the same series.",
            reading(gauges.detector_conflicts));
    gauge("outrider_engine_tick_duration_seconds", "Duration of the last tick.",
          [&gauges] { return seconds(Duration{gauges.tick_duration.load(std::memory_order_relaxed)}); });
    gauge("outrider_alerts", "Alerts by state.", reading(gauges.pending), {{"state", "pending"}});
    gauge("outrider_alerts", "Alerts by state.", reading(gauges.firing), {{"state", "firing"}});
}

void SelfMetrics::add_book(const BookWriter& writer) {
    counter("outrider_book_commits_total", "Transactions committed to the book.",
            [&writer] { return static_cast<double>(writer.commits()); });
    counter("outrider_book_failures_total", "Transactions that the book refused and that are tried again.",
            [&writer] { return static_cast<double>(writer.failures()); });
    gauge("outrider_book_waiting", "Transactions not yet in the book.",
          [&writer] { return static_cast<double>(writer.waiting()); });
}

void SelfMetrics::add_notifier(const std::string& name, const NotifyCounters& counters) {
    const auto count = [&](const char* result, const std::atomic<std::uint64_t>& value) {
        counter("outrider_notifications_total", "What became of messages, by notifier.", reading(value),
                {{"notifier", name}, {"result", result}});
    };
    count("delivered", counters.delivered);
    count("retried", counters.retried);
    count("parked", counters.parked);
    count("dropped", counters.dropped);
}

}  // namespace outrider::app
