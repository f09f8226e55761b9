#include "rules/sample_intake.h"

#include <algorithm>
#include <map>
#include <utility>

#include "outrider/labels.h"
#include "rules/promql/matcher.h"

namespace outrider::rules {

void SampleIntake::set_targets(std::shared_ptr<const TargetList> targets) {
    std::map<Labels, Slot> before;
    for (std::size_t i = 0; i < slots_.size(); ++i)
        before.insert_or_assign(labels_of((*targets_)[i]), std::move(slots_[i]));
    targets_ = std::move(targets);
    slots_.clear();
    for (const auto& target : *targets_) {
        auto same = before.extract(labels_of(target));
        slots_.push_back(same ? std::move(same.mapped()) : Slot{});
    }
    for (auto& [labels, slot] : before) release(slot);
}

bool SampleIntake::append(const Sample& sample) {
    const auto index = static_cast<std::size_t>(sample.target);
    if (index >= slots_.size() || sample.at <= slots_[index].newest) return false;
    auto& slot = slots_[index];
    const auto before = std::exchange(slot.newest, sample.at);
    slot.silent = false;
    slot.places.resize(std::max(slot.places.size(), sample.readings.size()));
    for (std::size_t i = 0; i < sample.readings.size(); ++i) {
        const auto& reading = sample.readings[i];
        auto& channel = channel_for(slot, index, reading, slot.places[i]);
        slot.places[i] = static_cast<std::size_t>(&channel - slot.channels.data());
        channel.at = sample.at;
        channel.value = reading.value;
        if (channel.series != nullptr) (void)store_->append(*channel.series, {sample.at, reading.value});
    }
    if (sample.readings.size() < slot.channels.size()) mark_left_out(slot, before, sample.at);
    return true;
}

SampleIntake::Channel& SampleIntake::channel_for(Slot& slot, std::size_t index, const Reading& reading,
                                                 std::size_t place) {
    const auto is_it = [&](const Channel& c) { return c.metric == reading.metric && c.extra == reading.extra; };
    auto& channels = slot.channels;
    if (place < channels.size() && is_it(channels[place])) return channels[place];
    if (const auto found = std::ranges::find_if(channels, is_it); found != channels.end()) return *found;
    auto labels = labels_of((*targets_)[index]);
    labels.set(promql::kMetricName, info(reading.metric).name);
    if (!reading.extra.empty()) labels.set(info(reading.metric).extra_label, reading.extra.view());
    channels.push_back({.metric = reading.metric, .extra = reading.extra, .series = store_->open(labels)});
    return channels.back();
}

void SampleIntake::mark_left_out(Slot& slot, Instant before, Instant at) {
    for (const auto& channel : slot.channels)
        if (channel.at == before && channel.series != nullptr) (void)store_->append(*channel.series, {at, kStale});
}

void SampleIntake::mark_silent(Instant at) {
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        auto& slot = slots_[i];
        if (slot.silent || slot.newest == Instant{}) continue;
        const auto patience = silence_after((*targets_)[i]);
        if (at - slot.newest <= patience) continue;
        slot.silent = true;
        // Not at `at`: a sample that was made before this tick may still be on its way.
        mark_left_out(slot, slot.newest, slot.newest + patience);
    }
}

void SampleIntake::release(Slot& slot) {
    if (!slot.silent && slot.newest > Instant{}) mark_left_out(slot, slot.newest, slot.newest + Duration{1});
    for (const auto& channel : slot.channels)
        if (channel.series != nullptr) store_->close(channel.series);
}

std::optional<double> SampleIntake::latest(TargetId target, Metric metric, Instant at) const {
    const auto index = static_cast<std::size_t>(target);
    if (index >= slots_.size()) return std::nullopt;
    const auto& slot = slots_[index];
    if (slot.newest == Instant{} || at - slot.newest > silence_after((*targets_)[index])) return std::nullopt;
    for (const auto& channel : slot.channels)
        if (channel.metric == metric && channel.extra.empty() && channel.at == slot.newest) return channel.value;
    return std::nullopt;
}

}  // namespace outrider::rules
