// How an HLS session fetches what the playlist announces, and what it makes of it.
#include <algorithm>
#include <utility>

#include "probes/hls/hls_session.h"
#include "probes/hls/uri.h"

namespace outrider::probes {
namespace {

using namespace std::chrono_literals;

constexpr Duration kTimeout = 20s;  // or three times what a segment plays, where that is longer
constexpr std::size_t kMaxSegmentBytes = 1024 * 1024 * 1024;
constexpr std::size_t kMaxInitBytes = 16 * 1024 * 1024;
// A viewer gives a segment up after so many tries, and the stream after so many segments in a row.
constexpr int kTries = 3;
// A recording is all there at once; a viewer keeps about this much ahead.
constexpr Duration kAhead = 30s;

}  // namespace

asio::awaitable<void> HlsSession::fetch_segments() {
    lost_segments_ = 0;
    started_ = {now(), timeline_.position()};
    while (!ending_) {
        const auto* next = cursor_.next();
        if (next == nullptr && cursor_.finished()) finish(Outcome::ended);
        if (ending_) break;
        if (next == nullptr) {
            co_await wait(news_, 1h);
            continue;
        }
        const auto ahead = (timeline_.position() - started_.position) - (now() - started_.at);
        if (ahead > kAhead + 3 * cursor_.playlist().target_duration) {
            co_await wait(news_, ahead - kAhead);
            continue;
        }
        const auto segment = *next;  // the playlist is replaced while we fetch
        std::optional<InitSection> init;
        if (segment.init != kNoInit) init = cursor_.playlist().inits[segment.init];
        cursor_.advance();
        co_await fetch_segment(segment, init);
    }
}

asio::awaitable<void> HlsSession::fetch_segment(const Segment& segment, const std::optional<InitSection>& init) {
    const bool follows = fetched_ && segment.sequence == *fetched_ + 1 && !segment.discontinuity;
    if (segment.discontinuity) report_.on_discontinuity();
    if (segment.gap) {
        lag_.pass_over(segment.duration);
        report_.on_segment(SegmentResult::gap);
        co_return;
    }
    const bool opaque = segment.encryption == Encryption::aes_128 || segment.encryption == Encryption::other;
    timeline_.begin(segment.duration, follows);
    auto outcome = Outcome::malformed;
    for (int attempt = 0; attempt < kTries; ++attempt) {
        if (attempt > 0) {
            co_await wait(news_, std::min<Duration>(1s * attempt, cursor_.playlist().target_duration / 2));
            if (ending_) co_return;
            timeline_.begin_again();
        }
        const auto began = now();
        lag_.fetch_begins(began, segment.duration);
        outcome = Outcome::ok;
        if (!opaque) outcome = co_await fetch_init(init);
        if (outcome == Outcome::ok) outcome = co_await fetch_body(segment, follows, opaque);
        if (ending_) co_return;
        if (outcome == Outcome::ok) {
            lost_segments_ = 0;
            fetched_ = segment.sequence;
            on_whole(segment, now() - began);
            co_return;
        }
        lag_.fetch_failed(now());
    }
    lag_.pass_over(segment.duration);
    timeline_.give_up();
    report_.on_segment(SegmentResult::failed);
    if (++lost_segments_ >= kTries) finish(outcome);
}

asio::awaitable<Outcome> HlsSession::fetch_init(const std::optional<InitSection>& init) {
    if (!init) co_return Outcome::ok;
    const auto url = resolve_uri(base_url_, init->uri);
    if (!url) co_return Outcome::malformed;
    const InitSection wanted{.uri = *url, .range = init->range};
    if (init_ == wanted) co_return Outcome::ok;
    init_.reset();
    reader_.begin_init(init->range ? init->range->offset : 0);
    const auto answer = co_await fetch_media(*url, init->range, kTimeout, kMaxInitBytes);
    if (answer.outcome == Outcome::ok) init_ = wanted;
    co_return answer.outcome;
}

asio::awaitable<Outcome> HlsSession::fetch_body(const Segment& segment, bool follows, bool opaque) {
    const auto url = resolve_uri(base_url_, segment.uri);
    if (!url) co_return Outcome::malformed;
    reader_.begin_segment(segment.range ? segment.range->offset : 0, follows, opaque);
    const auto answer =
        co_await fetch_media(*url, segment.range, std::max<Duration>(kTimeout, 3 * segment.duration), kMaxSegmentBytes);
    units_.clear();
    reader_.end(units_);
    if (answer.outcome == Outcome::ok) give_units();
    co_return answer.outcome;
}

asio::awaitable<FetchResult> HlsSession::fetch_media(std::string url, const std::optional<ByteRange>& range,
                                                     Duration timeout, std::size_t max_body) {
    FetchRequest request;
    request.url = std::move(url);
    if (range) request.range = std::to_string(range->offset) + "-" + std::to_string(range->end() - 1);
    request.timeout = timeout;
    request.max_body = max_body;
    request.on_body = [this](std::span<const std::byte> bytes) { return take_bytes(bytes); };
    auto answer = co_await media_->fetch(request);
    note(answer);
    co_return answer;
}

bool HlsSession::take_bytes(std::span<const std::byte> bytes) {
    units_.clear();
    const bool well_formed = reader_.feed(bytes, now(), units_);
    give_units();
    return well_formed;
}

void HlsSession::give_units() {
    for (auto& unit : units_)
        if (timeline_.place(unit)) meter().on_unit(unit);
}

void HlsSession::on_whole(const Segment& segment, Duration took) {
    const auto began = timeline_.position();
    const auto facts = timeline_.end();
    if (!facts.has_units && segment.duration > Duration{0}) {
        // Nothing to see in it: for viewers and counters it is one piece of the announced length.
        MediaUnit whole;
        whole.kind = TrackKind::audio;
        whole.dts = whole.pts = began;
        whole.duration = segment.duration;
        whole.keyframe = true;
        whole.arrival = now();
        meter().on_unit(whole);
    }
    lag_.fetch_ends(now(), facts.media);
    report_.on_segment(facts.has_units ? SegmentResult::ok : SegmentResult::opaque);
    auto date = segment.program_date;
    if (date) *date += facts.media;
    report_.on_fetched(took, facts.media, facts.frames, date);
    report_.on_producer_time(reader_.producer_time(), timeline_.stream_position());
}

void HlsSession::note(const FetchResult& answer) {
    report_.on_response(answer.status);
    meter().on_bytes(answer.bytes);
    if (answer.outcome != Outcome::stopped) say(answer.words);
}

}  // namespace outrider::probes
