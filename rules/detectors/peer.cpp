#include "rules/detectors/peer.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <memory>
#include <numeric>

#include "outrider/settings_reader.h"
#include "rules/detectors/detector_settings.h"
#include "rules/detectors/series_detector.h"
#include "rules/detectors/usable.h"
#include "rules/detectors/watched.h"

namespace outrider::rules {

Others::Others(PeerSettings::Reference reference, std::vector<double>& values) {
    assert(values.size() >= 2);
    using enum PeerSettings::Reference;
    const auto begin = values.begin();
    const auto end = values.end();
    if (reference == lowest) {
        std::nth_element(begin, begin + 1, end);
        middle_ = *begin;
        of_lower_ = of_higher_ = middle_;
        of_equal_ = *(begin + 1);
        return;
    }
    if (reference == highest) {
        std::nth_element(begin, end - 2, end);
        middle_ = *(end - 1);
        of_lower_ = of_higher_ = middle_;
        of_equal_ = *(end - 2);
        return;
    }
    // s is sorted around the middle. Without one of an even number, an odd number is left: its median is s[half] where
    // one below was taken away, s[half - 1] where one above was.
    const auto half = begin + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(begin, half, end);
    const double below = *std::max_element(begin, half);
    if (values.size() % 2 == 0) {
        middle_ = below;
        of_lower_ = of_equal_ = *half;
        of_higher_ = below;
        return;
    }
    const double above = *std::min_element(half + 1, end);
    middle_ = *half;
    of_lower_ = std::midpoint(middle_, above);
    of_equal_ = std::midpoint(below, above);
    of_higher_ = std::midpoint(below, middle_);
}

namespace {

class RunningPeer final : public RunningDetector {
    static_assert(sizeof(PeerMember) <= kMostState);

public:
    RunningPeer(PeerSettings settings, Watched<Peer, PeerMember> watched)
        : settings_(std::move(settings)), watched_(std::move(watched)) {}

    void run(Instant at) override {
        if (watched_.follow(at)) regroup();
        auto& entries = watched_.entries();
        for (std::size_t begin = 0; begin < order_.size();) {
            const auto group = entries[order_[begin]].state.group;
            values_.clear();
            auto end = begin;
            for (; end < order_.size() && entries[order_[end]].state.group == group; ++end)
                look(entries[order_[end]], at);
            judge(begin, end);
            begin = end;
        }
    }

    [[nodiscard]] std::size_t series_count() const noexcept override { return watched_.entries().size(); }
    [[nodiscard]] std::size_t bytes() const noexcept override {
        return sizeof(*this) + watched_.bytes() + order_.capacity() * sizeof(std::uint32_t);
    }

private:
    using Entry = Watched<Peer, PeerMember>::Entry;

    /// What of its newest point there is to say comes when its whole group has been looked at.
    void look(Entry& entry, Instant at) {
        const auto* const newest = entry.input->newest(at - settings_.max_age, at);
        entry.state.counts = newest != nullptr && usable(newest->value);
        entry.state.fresh = newest != nullptr && newest->at > entry.seen;
        if (newest == nullptr) return;
        entry.seen = newest->at;
        if (is_stale(newest->value)) watched_.end(entry, newest->at);
        if (!entry.state.counts) return;
        entry.state.value = newest->value;
        values_.push_back(newest->value);
    }

    void judge(std::size_t begin, std::size_t end) {
        const auto count = values_.size();
        std::optional<Others> others;
        if (count >= 2) others.emplace(settings_.reference, values_);
        for (auto i = begin; i < end; ++i) {
            auto& entry = watched_.entries()[order_[i]];
            if (!entry.state.counts || !entry.state.fresh) continue;
            if (others && count > static_cast<std::size_t>(settings_.min_peers)) {
                watched_.say(entry, entry.seen, Peer::outputs(settings_, *others, entry.state.value, count - 1));
            } else {
                watched_.end(entry, entry.seen);
            }
        }
    }

    [[nodiscard]] Labels group_of(const Labels& labels) const {
        Labels group;
        for (const auto& [name, value] : labels)
            if ((std::ranges::find(settings_.labels, name) != settings_.labels.end()) == settings_.by)
                group.set(name, value);
        return group;
    }

    void regroup() {
        auto& entries = watched_.entries();
        std::map<Labels, std::uint32_t> groups;
        for (auto& entry : entries)
            entry.state.group =
                groups.emplace(group_of(*entry.labels), static_cast<std::uint32_t>(groups.size())).first->second;
        order_.resize(entries.size());
        std::iota(order_.begin(), order_.end(), 0U);
        std::ranges::stable_sort(order_, {}, [&](std::uint32_t index) { return entries[index].state.group; });
    }

    PeerSettings settings_;
    Watched<Peer, PeerMember> watched_;
    std::vector<std::uint32_t> order_;  // indices of entries, those of a group together
    std::vector<double> values_;        // of the group in hand
};

class PeerDetector final : public Detector {
public:
    explicit PeerDetector(PeerSettings settings) : settings_(std::move(settings)) {}

    [[nodiscard]] std::span<const std::string_view> outputs() const noexcept override { return Peer::kOutputs; }
    [[nodiscard]] std::unique_ptr<RunningDetector> start(const DetectorSpec& spec, const Selection& input,
                                                         SeriesStore& store, OutputSeries& outputs) const override {
        return std::make_unique<RunningPeer>(settings_, Watched<Peer, PeerMember>{spec, input, store, outputs});
    }

private:
    PeerSettings settings_;
};

void read_group(SettingsReader& reader, PeerSettings& settings) {
    const auto by = reader.optional("by");
    const auto without = reader.optional("without");
    if (by.present() && without.present()) without.report("stands beside by; one of them is enough");
    const auto& given = by.present() ? by : without;
    if (!given.present()) return;
    settings.by = by.present();
    settings.labels.clear();
    for (const auto& item : given.list()) {
        const auto name = item.text();
        if (name && !is_label_name(*name)) item.want("a label name such as pop");
        if (name) settings.labels.push_back(*name);
    }
}

}  // namespace

std::shared_ptr<const Detector> make_peer(SettingsReader& reader) {
    using Reference = PeerSettings::Reference;
    static constexpr auto references = std::to_array<std::pair<std::string_view, Reference>>(
        {{"median", Reference::median}, {"lowest", Reference::lowest}, {"highest", Reference::highest}});
    PeerSettings settings;
    settings.reference = reader.optional("reference").one_of(references).value_or(settings.reference);
    read_group(reader, settings);
    settings.floor = read_positive(reader.required("floor")).value_or(1);
    settings.relative_floor = read_not_negative(reader.optional("relative_floor")).value_or(0);
    settings.min_peers = reader.optional("min_peers").integer(1, 1000).value_or(settings.min_peers);
    settings.max_age = reader.optional("max_age")
                           .duration(std::chrono::milliseconds{100}, std::chrono::hours{1})
                           .value_or(settings.max_age);
    return std::make_shared<PeerDetector>(std::move(settings));
}

}  // namespace outrider::rules
