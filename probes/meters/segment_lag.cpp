#include "probes/meters/segment_lag.h"

#include <algorithm>

namespace outrider::probes {
namespace {

// How many of the last segments say how long the next may be.
constexpr std::size_t kRemembered = 8;
// What a playlist can announce (kMaxPlaylistItems); more are not remembered one by one.
constexpr std::size_t kMaxAnnounced = 32 * 1024;

// Segments that were there before we first looked may be as old as this, as far as we know.
constexpr Duration kUnknown = std::chrono::hours{1};

}  // namespace

void SegmentLag::look_begins(Instant at) {
    if (!has_origin_) origin_ = at;
    has_origin_ = true;
    looking_since_ = at;
}

void SegmentLag::look_ends(Instant at, std::size_t fresh, bool held_back) {
    const auto asked = looking_since_.value_or(at);
    looking_since_.reset();
    const auto absent = held_back && fresh > 0 ? std::optional{at} : absent_;
    for (std::size_t i = 0; i < fresh && announced_.size() < kMaxAnnounced; ++i) announced_.push_back({absent, at});
    // Whatever comes after those was not there when we asked.
    absent_ = held_back && fresh > 0 ? at : asked;
}

void SegmentLag::keep_announced(std::size_t count) {
    while (announced_.size() > count) announced_.pop_front();
}

void SegmentLag::fetch_begins(Instant at, Duration announced) {
    Appearance appearance{.absent = absent_, .found = at};
    if (!announced_.empty()) {
        appearance = announced_.front();
        announced_.pop_front();
    }
    fetch_ = Fetch{.appearance = appearance, .began = at, .announced = announced};
}

void SegmentLag::fetch_ends(Instant at, Duration media) {
    if (!fetch_) return;
    end_ += media;
    learn(fetch_->appearance, at);
    const auto there = appeared(fetch_->appearance, Duration{0});
    done_ = std::max(there, settled_ ? done_ : there) + (at - fetch_->began);
    fetch_.reset();
    fetching_.add(at, done_ - *due(Duration{0}));
    settled_ = late(done_, Duration{0});
    lasted_.push_back(media);
    if (lasted_.size() > kRemembered) lasted_.pop_front();
}

void SegmentLag::fetch_failed(Instant at) {
    if (!fetch_) return;
    announced_.push_front({.absent = at, .found = at});
    fetch_.reset();
}

void SegmentLag::pass_over(Duration announced) {
    if (!announced_.empty()) announced_.pop_front();
    end_ += announced;
}

void SegmentLag::restart() {
    announced_.clear();
    absent_.reset();
    fetch_.reset();
    settled_.reset();
    lasted_.clear();
    appearing_ = {};
    fetching_ = {};
}

std::optional<Duration> SegmentLag::lag(Instant at) const {
    if (!settled_) return std::nullopt;
    return std::max({Duration{0}, *settled_, waiting(at)});
}

/// How late what comes after the newest media is so far.
Duration SegmentLag::waiting(Instant at) const {
    if (fetch_) {
        const auto start = std::max(appeared(fetch_->appearance, fetch_->announced), done_);
        return late(start + (at - fetch_->began), fetch_->announced);
    }
    const auto next = usual_longest();
    if (!announced_.empty()) return late(std::max(appeared(announced_.front(), next), done_), next);
    const auto expected = due(next);
    if (!expected) return Duration{0};
    const auto proven = absent_ ? std::max(Duration{0}, *absent_ - *expected) : Duration{0};
    if (proven > target_ / 2) return at - *expected;
    if (!looking_since_) return proven;
    return proven + std::max(Duration{0}, at - std::max(*looking_since_, *expected));
}

/// Of the newest media, which a viewer has at `at`: when it was first seen, and until when it surely was not there.
void SegmentLag::learn(const Appearance& known, Instant at) {
    const auto transit = [this](Instant moment) { return (moment - origin_) - end_; };
    const auto before = due(Duration{0});
    appearing_.add(at, transit(known.absent.value_or(known.found - kUnknown)), transit(known.found));
    // Segments before this one were due earlier than was known then, as at the start, when several are announced.
    if (before) fetching_.shift(std::max(Duration{0}, *before - *due(Duration{0})));
}

/// When a segment of that length after the newest media is to appear.
std::optional<Instant> SegmentLag::due(Duration media) const {
    if (appearing_.empty()) return std::nullopt;
    const auto end = origin_ + end_ + media;
    return end + appearing_.least(end + appearing_.least(end));  // the floor as it will be then
}

Instant SegmentLag::appeared(const Appearance& known, Duration media) const {
    const auto expected = due(media);
    if (!expected || *expected >= known.found) return known.found;
    if (!known.absent || *known.absent <= *expected) return *expected;
    return *known.absent - *expected > target_ / 2 ? known.found : std::min(*known.absent, known.found);
}

Duration SegmentLag::usual_longest() const {
    const auto longest = std::ranges::max_element(lasted_);
    return longest == lasted_.end() ? target_ : *longest;
}

/// Of media that ends `media` after the newest and is whole at `done`.
Duration SegmentLag::late(Instant done, Duration media) const {
    const auto expected = due(media);
    const auto usual = fetching_.least();
    return expected && usual ? done - *expected - *usual : Duration{0};
}

}  // namespace outrider::probes
