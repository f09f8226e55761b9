#include "daemon/commands/probe.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <stop_token>
#include <utility>

#include "daemon/commands/probe_report.h"
#include "daemon/system_clock.h"
#include "outrider/url_text.h"
#include "probes/protocols.h"
#include "probes/shard.h"

namespace outrider::app {
namespace {

constexpr int kUsage = 64;
constexpr Duration kHeartbeat = std::chrono::milliseconds{200};
constexpr Duration kRedraw = std::chrono::milliseconds{500};

volatile std::sig_atomic_t interrupted = 0;
extern "C" void on_signal(int) { interrupted = 1; }

/// Takes the samples on the shard's own thread, which is the only one there is: it also draws and decides when to end.
class ProbeSink final : public SampleSink {
public:
    ProbeSink(const Clock& clock, const ProbeOptions& options, std::vector<ProbeRecord>& records)
        : clock_(clock),
          options_(options),
          records_(records),
          live_table_(!options.json && isatty(STDOUT_FILENO) == 1),
          began_(clock.uptime()) {}

    bool offer(Sample&& sample) noexcept override {
        records_[static_cast<std::size_t>(sample.target)].take(sample);
        const auto elapsed = clock_.uptime() - began_;
        if (live_table_ && elapsed >= next_draw_) {
            draw(elapsed);
            next_draw_ = elapsed + kRedraw;
        }
        if (interrupted != 0 || (options_.duration > Duration{0} && elapsed >= options_.duration)) stop_.request_stop();
        return true;
    }

    [[nodiscard]] std::stop_token stop_token() const { return stop_.get_token(); }
    [[nodiscard]] Duration elapsed() const { return clock_.uptime() - began_; }
    [[nodiscard]] bool live_table() const { return live_table_; }

    void draw(Duration elapsed) const {
        // Home, then each line cleared to its end, then whatever was below: no flicker, unlike clearing the screen.
        std::string text = "\x1b[H";
        for (const char c : table(records_, elapsed)) {
            if (c == '\n') text += "\x1b[K";
            text += c;
        }
        text += "\x1b[J";
        std::fwrite(text.data(), 1, text.size(), stdout);
        std::fflush(stdout);
    }

private:
    const Clock& clock_;
    const ProbeOptions& options_;
    std::vector<ProbeRecord>& records_;
    std::stop_source stop_;
    bool live_table_;
    Duration began_;
    Duration next_draw_{};
};

}  // namespace

int probe(const ProbeOptions& options) {
    std::vector<ProbeRecord> records;
    const auto pops = options.pops.empty() ? std::vector<std::string>{""} : options.pops;
    for (const auto& url : options.urls) {
        const auto protocol = probes::protocol_of_url(url);
        if (!protocol) {
            fmt::print(stderr, "outrider probe: {}: want an http(s) URL that ends in .flv or .m3u8\n",
                       redacted_url(url));
            return kUsage;
        }
        for (const auto& pop : pops)
            records.push_back({.target = {.id = TargetId{static_cast<std::uint32_t>(records.size())},
                                          .stream = redacted_url(url),
                                          .pop = pop,
                                          .protocol = std::string{*protocol},
                                          .url = url,
                                          .connect_to = pop,
                                          .viewers = options.viewers,
                                          .heartbeat = kHeartbeat},
                               .newest = {},
                               .worst_lag = {},
                               .worst_gap = {}});
    }
    std::signal(SIGINT, on_signal);
    std::signal(SIGTERM, on_signal);

    const SystemClock clock;
    const auto started = clock.now();
    ProbeSink sink{clock, options, records};
    probes::Shard shard{clock, sink, static_cast<std::uint64_t>(started.time_since_epoch().count())};
    for (const auto& record : records) shard.watch(record.target);
    if (sink.live_table()) fmt::print("\x1b[2J");
    shard.run(sink.stop_token());

    if (options.json) {
        fmt::print("{}", json_document(records, started, sink.elapsed()));
    } else {
        if (sink.live_table()) {
            sink.draw(sink.elapsed());
        } else {
            fmt::print("{}", table(records, sink.elapsed()));
        }
        fmt::print("{}", summary(records));
    }
    return static_cast<int>(overall(records));
}

}  // namespace outrider::app
