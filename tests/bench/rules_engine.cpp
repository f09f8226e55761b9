// What rules cost: the engine fed with T targets of 30 series each in virtual time, five samples and five ticks a
// second, as fast as it can.
//
//   bench_rules_engine RULES.yaml [TARGETS] [SECONDS]
//
// Prints one line of JSON: processor seconds for each second of the streams, of taking samples in and of the ticks;
// seconds per rule evaluation; series, and bytes of the process per series.
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "daemon/config/yaml.h"
#include "outrider/event.h"
#include "rules/engine.h"
#include "rules/rule_file.h"

using namespace outrider;
using namespace std::chrono_literals;

namespace {

constexpr std::uint32_t kPops = 4;
constexpr Duration kHeartbeat = 200ms;
constexpr std::array<const char*, 3> kViewers{"1s", "3s", "10s"};

double processor_seconds() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto of = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return of(usage.ru_utime) + of(usage.ru_stime);
}

double resident_bytes() {
    std::ifstream statm{"/proc/self/statm"};
    double pages = 0;
    double resident = 0;
    statm >> pages >> resident;
    return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

/// A stream that is mostly well: one target in a hundred is late, its viewers stall.
class Stream {
public:
    explicit Stream(std::uint32_t target) : target_(target), random_(target * 2654435761U + 1) {}

    Sample next(Instant at) {
        Sample sample{.target = TargetId{target_}, .at = at, .outcome = Outcome::ok, .readings = {}};
        const bool ill = target_ % 100 == 7;
        const auto noise = [this] {
            random_ = random_ * 1664525U + 1013904223U;
            return static_cast<double>(random_ >> 8) / static_cast<double>(1U << 24);
        };
        ++beats_;
        const auto n = static_cast<double>(beats_);
        const auto add = [&](Metric metric, ExtraLabel extra, double value) {
            sample.readings.push_back({metric, extra, value});
        };
        add(Metric::up, {}, 1);
        add(Metric::lag_seconds, {}, ill ? 4 + noise() : 0.1 * noise());
        add(Metric::media_seconds_total, {}, 0.2 * n);
        add(Metric::received_bytes_total, {}, 50'000 * n);
        add(Metric::last_media_timestamp_seconds, {}, unix_seconds(at) - 0.03 * noise());
        add(Metric::delivery_ratio, {}, ill ? 0.8 : 1);
        add(Metric::timeline_restarts_total, {}, 0);
        add(Metric::pop_delay_seconds, "earliest", 0.05 * noise());
        add(Metric::video_frame_rate, {}, 30);
        add(Metric::video_frame_gap_seconds, {}, 0.03 + 0.02 * noise());
        add(Metric::video_keyframe_interval_seconds, {}, 2);
        add(Metric::av_skew_seconds, {}, 0.02 * noise());
        for (const auto* viewer : kViewers) {
            add(Metric::viewer_buffer_seconds, viewer, 1 + noise());
            add(Metric::viewer_stalls_total, viewer, ill ? n / 50 : 0);
            add(Metric::viewer_stall_seconds_total, viewer, ill ? n / 100 : 0);
            add(Metric::viewer_watched_seconds_total, viewer, 0.2 * n);
        }
        add(Metric::connections_total, {}, 1);
        add(Metric::http_responses_total, "2xx", 1);
        add(Metric::packets_expected_total, "icmp", n);
        add(Metric::packets_lost_total, "icmp", ill ? n / 20 : 0);
        add(Metric::path_rtt_seconds, {}, 0.05 + 0.005 * noise());
        add(Metric::tcp_rtt_seconds, {}, 0.05 + 0.005 * noise());
        return sample;
    }

private:
    std::uint32_t target_;
    std::uint32_t random_;
    std::uint64_t beats_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::fputs("usage: bench_rules_engine RULES.yaml [TARGETS] [SECONDS]\n", stderr);
        return 64;
    }
    const auto count = static_cast<std::uint32_t>(argc > 2 ? std::atoi(argv[2]) : 1000);
    const auto seconds_wanted = argc > 3 ? std::atoi(argv[3]) : 60;
    Problems problems;
    std::vector<rules::RuleFile> files;
    files.push_back(rules::read_rule_file(app::load_yaml(argv[1], problems), problems));
    for (const auto& problem : problems) std::fprintf(stderr, "%s\n", problem.to_string().c_str());
    if (!problems.empty()) return 78;

    std::size_t rule_count = 0;
    for (const auto& group : files.front().groups) rule_count += group.rules.size();
    auto targets = std::make_shared<TargetList>();
    std::vector<Stream> streams;
    for (std::uint32_t i = 0; i < count; ++i) {
        targets->push_back({.id = TargetId{i},
                            .stream = fmt::format("stream-{}", i / kPops),
                            .pop = fmt::format("pop-{}", i % kPops),
                            .protocol = "httpflv",
                            .url = "http://example.net/live.flv",
                            .connect_to = {},
                            .viewers = {},
                            .heartbeat = kHeartbeat});
        streams.emplace_back(i);
    }
    const auto empty = resident_bytes();
    rules::Engine engine{std::move(files)};
    (void)engine.handle(TargetsChanged{targets});

    // Two minutes fill every window before anything is measured.
    const auto warm_up = 120s / kHeartbeat;
    const auto beats = std::chrono::seconds{seconds_wanted} / kHeartbeat;
    double taking_in = 0;
    double ticking = 0;
    std::size_t effects = 0;
    Instant at{1'700'000'000s};
    std::vector<Sample> samples;
    for (std::int64_t beat = 0; beat < warm_up + beats; ++beat, at += kHeartbeat) {
        samples.clear();
        for (auto& stream : streams) samples.push_back(stream.next(at));
        const auto began = processor_seconds();
        for (auto& sample : samples) (void)engine.handle(std::move(sample));
        const auto taken = processor_seconds();
        effects += engine.handle(Tick{at}).size();
        if (beat < warm_up) continue;
        taking_in += taken - began;
        ticking += processor_seconds() - taken;
    }
    const auto wall = static_cast<double>(beats) * outrider::seconds(kHeartbeat);
    const auto series = engine.series_count();
    fmt::print(
        "{{\"targets\": {}, \"rules\": {}, \"series\": {}, \"seconds\": {}, \"effects\": {}, \"samples_share\": "
        "{:.5f}, "
        "\"ticks_share\": {:.5f}, \"seconds_per_evaluation\": {:.9f}, \"bytes_per_series\": {:.0f}}}\n",
        count, rule_count, series, wall, effects, taking_in / wall, ticking / wall,
        ticking / static_cast<double>(beats) / static_cast<double>(rule_count),
        (resident_bytes() - empty) / static_cast<double>(series));
    return 0;
}
