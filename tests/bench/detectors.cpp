// What an update of each kind of detector costs: alone, and as the bank does it over a store, its points found and its
// outputs appended.
//   bench_detectors [SERIES] [ROUNDS]
//
// Floor: a virtual call that multiplies and adds, on an object for each series, over the same values. In each round
// every series gets a point, 200 ms after the one before; what is printed is the median of the rounds, in nanoseconds a
// point.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "outrider/settings_reader.h"
#include "rules/detectors/absence.h"
#include "rules/detectors/cusum.h"
#include "rules/detectors/detector_bank.h"
#include "rules/detectors/detector_table.h"
#include "rules/detectors/ewma.h"
#include "rules/detectors/holt.h"
#include "rules/detectors/peer.h"
#include "rules/detectors/quantile.h"

namespace {

using namespace outrider;
using namespace outrider::rules;
using namespace std::chrono_literals;

constexpr double kAim = 70;  // ns an update

std::size_t series_count = 4096;
int rounds = 301;
double sink = 0;  // so that nothing is optimised away

/// Values around 2 with a change of level now and then: cusum is in alarm for a part of the time.
std::vector<double> values() {
    std::mt19937 random{42};
    std::normal_distribution<double> noise{2, 0.1};
    std::vector<double> out(series_count * 7 + 1);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = noise(random) + (i % 4001 > 3800 ? 1 : 0);
    return out;
}

/// Median of what `once(round)` costs for each series, in ns.
template <class Once>
double measure(Once once) {
    std::vector<double> costs;
    for (int round = 0; round < rounds; ++round) {
        const auto begin = std::chrono::steady_clock::now();
        once(round);
        const auto end = std::chrono::steady_clock::now();
        costs.push_back(std::chrono::duration<double, std::nano>(end - begin).count() /
                        static_cast<double>(series_count));
    }
    std::ranges::nth_element(costs, costs.begin() + static_cast<std::ptrdiff_t>(costs.size() / 2));
    return costs[costs.size() / 2];
}

Instant moment(int round) { return Instant{1'700'000'000s} + round * 200ms; }

/// The value of a series in a round.
double value_in(const std::vector<double>& all, int round, std::size_t i) {
    return all[i + static_cast<std::size_t>(round % 6) * series_count];
}

struct Floor {
    virtual ~Floor() = default;
    virtual void take(double value) = 0;
};
struct MultiplyAdd final : Floor {
    double sum = 0;
    void take(double value) override { sum = sum * 0.99 + value; }
};

double floor_cost(const std::vector<double>& all) {
    std::vector<std::unique_ptr<Floor>> objects(series_count);
    for (auto& object : objects) object = std::make_unique<MultiplyAdd>();
    return measure([&](int round) {
        for (std::size_t i = 0; i < series_count; ++i) objects[i]->take(value_in(all, round, i));
    });
}

template <class Kind>
double update_cost(const std::vector<double>& all, const typename Kind::Settings& settings) {
    std::vector<Kind> states(series_count);
    return measure([&](int round) {
        const auto at = moment(round);
        for (std::size_t i = 0; i < series_count; ++i) {
            if constexpr (requires { states[i].outputs(at); }) {
                states[i].update(settings, at, value_in(all, round, i));
                sink += (*states[i].outputs(at))[0];
            } else {
                const auto outputs = states[i].update(settings, at, value_in(all, round, i));
                sink += outputs ? (*outputs)[0] : 0;
            }
        }
    });
}

/// Groups of five POPs.
double peer_cost(const std::vector<double>& all) {
    const PeerSettings settings{.floor = 0.1};
    std::vector<double> group;
    return measure([&](int round) {
        for (std::size_t i = 0; i < series_count; i += 5) {
            group.clear();
            const auto end = std::min(i + 5, series_count);
            for (auto k = i; k < end; ++k) group.push_back(value_in(all, round, k));
            if (group.size() < 2) continue;
            const Others others{settings.reference, group};
            for (auto k = i; k < end; ++k)
                sink += Peer::outputs(settings, others, value_in(all, round, k), group.size() - 1)[0];
        }
    });
}

struct BankCost {
    double ns = 0;
    double bytes = 0;
};

/// The bank over a store in which somebody looks at one output.
BankCost bank_cost(const std::vector<double>& all, const std::string& kind, const std::string& output,
                   std::vector<std::pair<std::string, std::string>> settings) {
    Settings tree;
    tree.kind = Settings::Kind::map;
    tree.at.line = 1;
    for (auto& [key, text] : settings) {
        tree.entries.push_back({key, {}, {}});
        tree.entries.back().value.kind = Settings::Kind::scalar;
        tree.entries.back().value.text = text;
    }
    Problems problems;
    SettingsReader reader{tree, problems, "a detector"};
    DetectorSpec spec{.name = "d", .text = "m", .input = {}, .labels = {}, .detector = {}};
    for (const auto& row : detector_kinds())
        if (row.name == kind) spec.detector = row.make(reader);
    reader.finish();
    const auto named = [](const std::string& name) {
        return promql::Matchers{promql::Matcher::make("__name__", promql::MatchOp::equal, name).value()};
    };
    spec.input.matchers = named("m");

    SeriesStore store;
    store.watch(named("d_" + output), 0s);
    std::vector<DetectorSpec> specs;
    specs.push_back(std::move(spec));
    DetectorBank bank{std::move(specs), store};
    std::vector<Series*> inputs(series_count);
    for (std::size_t i = 0; i < series_count; ++i)
        inputs[i] = store.open(
            {{"__name__", "m"}, {"stream", "s" + std::to_string(i / 5)}, {"pop", "p" + std::to_string(i % 5)}});
    std::vector<double> costs;
    for (int round = 0; round < rounds; ++round) {
        const auto at = moment(round);
        for (std::size_t i = 0; i < series_count; ++i) (void)store.append(*inputs[i], {at, value_in(all, round, i)});
        store.advance(at, 5s);
        const auto begin = std::chrono::steady_clock::now();
        bank.run(at);
        const auto end = std::chrono::steady_clock::now();
        costs.push_back(std::chrono::duration<double, std::nano>(end - begin).count() /
                        static_cast<double>(series_count));
    }
    std::ranges::nth_element(costs, costs.begin() + static_cast<std::ptrdiff_t>(costs.size() / 2));
    return {costs[costs.size() / 2], static_cast<double>(bank.bytes()) / static_cast<double>(series_count)};
}

void print(const char* name, double update, double floor, std::size_t state, const BankCost& bank) {
    std::printf("  %-10s%8.1f%8.1f%8zu B   %8.1f%8.0f B   %s\n", name, update, update / floor, state, bank.ns,
                bank.bytes, update <= kAim ? "reached" : "MISSED");
}

}  // namespace

int main(int argc, char** argv) {
    if (argc > 1) series_count = static_cast<std::size_t>(std::max(5L, std::strtol(argv[1], nullptr, 10)));
    if (argc > 2) rounds = std::max(1, std::atoi(argv[2]));
    const auto all = values();
    const double floor = floor_cost(all);
    std::printf(
        "Detectors: %zu series, median of %d rounds; floor (a virtual multiply-add) %.2f ns; aim %.0f ns an update\n",
        series_count, rounds, floor, kAim);
    std::printf("  %-10s%8s%8s%10s   %8s%10s   aim\n", "kind", "ns", "ratio", "state", "bank ns", "memory");
    const BaselineSettings baseline{.half_life = 10s, .floor = 0.01};
    print("ewma", update_cost<Ewma>(all, baseline), floor, sizeof(Ewma),
          bank_cost(all, "ewma", "score", {{"half_life", "10s"}, {"floor", "0.01"}}));
    print("cusum", update_cost<Cusum>(all, {.reference = baseline, .relearn = 10s}), floor, sizeof(Cusum),
          bank_cost(all, "cusum", "alarm", {{"half_life", "10s"}, {"floor", "0.01"}}));
    print("quantile", update_cost<Quantile>(all, {.q = 0.95, .min_samples = 20}), floor, sizeof(Quantile),
          bank_cost(all, "quantile", "value", {{"q", "0.95"}, {"min_samples", "20"}}));
    print("holt", update_cost<Holt>(all, {}), floor, sizeof(Holt), bank_cost(all, "holt", "forecast", {}));
    print("peer", peer_cost(all), floor, sizeof(PeerMember), bank_cost(all, "peer", "difference", {{"floor", "0.1"}}));
    print("absence", update_cost<Absence>(all, {}), floor, sizeof(Absence),
          bank_cost(all, "absence", "since_point", {}));
    std::fprintf(stderr, "%s", sink == 0.5 ? "\n" : "");
    return 0;
}
