#include "rules/detectors/detector_bank.h"

#include <numeric>
#include <utility>

namespace outrider::rules {

DetectorBank::DetectorBank(std::vector<DetectorSpec> specs, SeriesStore& store)
    : specs_(std::move(specs)), outputs_(std::make_unique<OutputSeries>(store)) {
    for (const auto& spec : specs_)
        running_.push_back(spec.detector->start(spec, store.watch(spec.input.matchers, kHistory), store, *outputs_));
}

DetectorBank::~DetectorBank() = default;

void DetectorBank::run(Instant at) {
    for (const auto& detector : running_) detector->run(at);
}

std::size_t DetectorBank::series_count() const noexcept {
    return std::transform_reduce(running_.begin(), running_.end(), std::size_t{0}, std::plus{},
                                 [](const auto& detector) { return detector->series_count(); });
}

std::size_t DetectorBank::bytes() const noexcept {
    return std::transform_reduce(running_.begin(), running_.end(), sizeof(*this), std::plus{},
                                 [](const auto& detector) { return detector->bytes(); });
}

std::uint64_t DetectorBank::conflicts() const noexcept { return outputs_->conflicts(); }

}  // namespace outrider::rules
