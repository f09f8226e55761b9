#include "daemon/telemetry/exposition.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace outrider::app {
namespace {

constexpr Duration kSilence = std::chrono::seconds{5};

prometheus::MetricType type_of(MetricType type) {
    return type == MetricType::counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
}

prometheus::ClientMetric client_metric(const Labels& labels, MetricType type, double value) {
    prometheus::ClientMetric metric;
    for (const auto& [name, text] : labels) metric.label.push_back({name, text});
    (type == MetricType::counter ? metric.counter.value : metric.gauge.value) = value;
    return metric;
}

}  // namespace

struct Exposition::State {
    State(std::shared_ptr<const TargetList> t, const Clock& c)
        : targets(std::move(t)), clock(c), newest(targets->size()) {}

    std::shared_ptr<const TargetList> targets;
    const Clock& clock;
    std::vector<SelfMetric> self;
    mutable std::mutex mutex;  // guards newest
    std::vector<std::optional<Sample>> newest;
};

Exposition::Exposition(std::shared_ptr<const TargetList> targets, const Clock& clock)
    : state_(std::make_unique<State>(std::move(targets), clock)) {}

Exposition::~Exposition() = default;

void Exposition::add(SelfMetric metric) { state_->self.push_back(std::move(metric)); }

void Exposition::update(const Sample& sample) {
    const std::scoped_lock lock{state_->mutex};
    auto& held = state_->newest.at(static_cast<std::size_t>(sample.target));
    if (!held || held->at < sample.at) held = sample;
}

std::size_t Exposition::reporting() const {
    const std::scoped_lock lock{state_->mutex};
    std::size_t count = 0;
    for (const auto& sample : state_->newest) count += sample ? 1U : 0U;
    return count;
}

std::string Exposition::text() const {
    std::vector<std::optional<Sample>> newest;
    {
        const std::scoped_lock lock{state_->mutex};
        newest = state_->newest;
    }
    const auto now = state_->clock.now();
    std::array<prometheus::MetricFamily, kMetrics.size()> of_targets;
    prometheus::MetricFamily targets{
        "outrider_target_info", "What is watched, and where.", prometheus::MetricType::Gauge, {}};
    for (std::size_t i = 0; i < newest.size(); ++i) {
        const auto labels = labels_of((*state_->targets)[i]);
        targets.metric.push_back(client_metric(labels, MetricType::gauge, 1));
        if (!newest[i] || now - newest[i]->at > kSilence) continue;
        for (const auto& reading : newest[i]->readings) {
            auto own = labels;
            if (!reading.extra.empty()) own.set(info(reading.metric).extra_label, reading.extra.view());
            of_targets[static_cast<std::size_t>(reading.metric)].metric.push_back(
                client_metric(own, info(reading.metric).type, reading.value));
        }
    }
    std::vector<prometheus::MetricFamily> families{std::move(targets)};
    for (std::size_t i = 0; i < kMetrics.size(); ++i) {
        if (of_targets[i].metric.empty()) continue;
        of_targets[i].name = kMetrics[i].name;
        of_targets[i].help = kMetrics[i].help;
        of_targets[i].type = type_of(kMetrics[i].type);
        families.push_back(std::move(of_targets[i]));
    }
    std::map<std::string, prometheus::MetricFamily> own;
    for (const auto& metric : state_->self) {
        auto& family = own[metric.name];
        family.name = metric.name;
        family.help = metric.help;
        family.type = type_of(metric.type);
        family.metric.push_back(client_metric(metric.labels, metric.type, metric.read()));
    }
    for (auto& [name, family] : own) families.push_back(std::move(family));
    return prometheus::TextSerializer{}.Serialize(families);
}

}  // namespace outrider::app
