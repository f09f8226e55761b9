// What one heartbeat of a session measured.
#pragma once

#include <algorithm>
#include <array>
#include <cassert>
#include <compare>
#include <cstdint>
#include <string_view>
#include <vector>

#include "outrider/metric.h"
#include "outrider/outcome.h"
#include "outrider/target.h"
#include "outrider/time.h"

namespace outrider {

/// The value of a metric's extra label, at most 23 bytes, held in place: a sample is copied between threads five times
/// a second for every target, and must not allocate a string for each reading.
class ExtraLabel {
public:
    static constexpr std::size_t kMaxSize = 23;

    constexpr ExtraLabel() noexcept = default;
    /// Cuts what is longer than kMaxSize; configuration refuses such names beforehand.
    constexpr ExtraLabel(std::string_view text) noexcept
        : size_(static_cast<std::uint8_t>(std::min(text.size(), kMaxSize))) {
        std::copy_n(text.begin(), size_, text_.begin());
    }
    constexpr ExtraLabel(const char* text) noexcept : ExtraLabel(std::string_view{text}) {}

    [[nodiscard]] constexpr std::string_view view() const noexcept { return {text_.data(), size_}; }
    [[nodiscard]] constexpr bool empty() const noexcept { return size_ == 0; }
    friend constexpr auto operator<=>(const ExtraLabel&, const ExtraLabel&) = default;

private:
    std::array<char, kMaxSize> text_{};
    std::uint8_t size_ = 0;
};

struct Reading {
    Metric metric;
    ExtraLabel extra;  ///< empty unless the metric has an extra label
    double value;
    friend bool operator==(const Reading&, const Reading&) = default;
};

/// A fact with a time. A reading that could not be taken is absent.
struct Sample {
    TargetId target{};
    Instant at{};
    Outcome outcome = Outcome::connecting;
    std::vector<Reading> readings;
    friend bool operator==(const Sample&, const Sample&) = default;
};

/// Where sessions put their samples. `offer` never blocks; false: refused, because the receiver is full (it counts
/// them). Called from every reactor thread.
class SampleSink {
public:
    virtual ~SampleSink() = default;
    virtual bool offer(Sample&& sample) noexcept = 0;
};

}  // namespace outrider
