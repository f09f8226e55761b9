// How an HLS session fetches what the playlist announces or hints at, and what it makes of it.
#include <algorithm>
#include <utility>

#include "probes/hls/hls_session.h"
#include "probes/net/uri.h"

namespace outrider::probes {
namespace {

using namespace std::chrono_literals;

constexpr Duration kTimeout = 20s;  // or three times what a segment plays, where that is longer
constexpr std::size_t kMaxSegmentBytes = 1024 * 1024 * 1024;
constexpr std::size_t kMaxInitBytes = 16 * 1024 * 1024;
// A viewer gives a segment or part up after so many tries, and the stream after so many of them in a row.
constexpr int kTries = 3;
// A recording is all there at once; a viewer keeps about this much ahead.
constexpr Duration kAhead = 30s;

}  // namespace

asio::awaitable<void> HlsSession::fetch_pieces() {
    lost_pieces_ = 0;
    started_ = {now(), timeline_.position()};
    while (!ending_) {
        const auto piece = cursor_.next();  // a copy: the playlist is replaced while we fetch
        if (!piece && cursor_.finished()) finish(Outcome::ended);
        if (ending_) break;
        if (!piece) {
            ask_ahead();
            co_await wait(news_, 1h);
            continue;
        }
        const auto ahead = (timeline_.position() - started_.position) - (now() - started_.at);
        if (ahead > kAhead + 3 * cursor_.playlist().target_duration) {
            co_await wait(news_, ahead - kAhead);
            continue;
        }
        cursor_.advance();
        co_await fetch_piece(*piece);
    }
}

void HlsSession::ask_ahead() {
    const auto& list = cursor_.playlist();
    if (!cursor_.at_edge() || !list.offers_parts() || list.ended) return;
    const auto timeout = kTimeout + 3 * list.target_duration;
    for (const auto& hint : list.preload_hints) {
        const auto url = resolve_uri(base_url_, hint.uri);
        if (!url) continue;
        const bool in_force =
            hint.is_map && init_ && init_->uri == *url && (init_->range ? init_->range->offset : 0) == hint.offset;
        if (!in_force) (hint.is_map ? next_init_ : next_part_)->request(*url, hint.offset, hint.length, timeout);
    }
}

asio::awaitable<void> HlsSession::fetch_piece(const Piece& piece) {
    const bool follows = contiguous_ && !piece.jumped && !piece.discontinuity;
    const bool is_part = piece.part.has_value();
    contiguous_ = false;
    if (piece.discontinuity) report_.on_discontinuity();
    // Of a segment of which neither its beginning nor its parts are to be had, no rest can be told.
    const bool lost = piece.begun && !follows;
    if (piece.gap || lost) {
        lag_.pass_over(piece.duration);
        report_.on_piece(lost ? SegmentResult::missed : SegmentResult::gap, is_part);
        co_return;
    }
    const bool opaque = piece.encryption == Encryption::aes_128 || piece.encryption == Encryption::other;
    timeline_.begin(piece.duration, follows, is_part);
    if (piece.begun) timeline_.begin_again();
    auto outcome = Outcome::malformed;
    for (int attempt = 0; attempt < kTries; ++attempt) {
        if (attempt > 0) {
            co_await wait(news_, std::min<Duration>(1s * attempt, cursor_.playlist().target_duration / 2));
            if (ending_) co_return;
            timeline_.begin_again();
        }
        const auto began = now();
        lag_.fetch_begins(began, piece.duration);
        between_tries_ = false;
        outcome = Outcome::ok;
        if (!opaque) outcome = co_await fetch_init(piece.init);
        if (outcome == Outcome::ok) outcome = co_await fetch_body(piece, follows && !piece.begun, opaque);
        if (ending_) co_return;
        if (outcome == Outcome::ok) {
            lost_pieces_ = 0;
            contiguous_ = true;
            on_whole(piece, now() - began);
            co_return;
        }
        lag_.fetch_failed(now());
        between_tries_ = true;
    }
    between_tries_ = false;
    lag_.pass_over(piece.duration);
    timeline_.give_up();
    report_.on_piece(SegmentResult::failed, is_part);
    if (++lost_pieces_ >= kTries) finish(outcome);
}

asio::awaitable<Outcome> HlsSession::fetch_init(const std::optional<InitSection>& init) {
    if (!init) co_return Outcome::ok;
    const auto url = resolve_uri(base_url_, init->uri);
    if (!url) co_return Outcome::malformed;
    const InitSection wanted{.uri = *url, .range = init->range};
    if (init_ == wanted) co_return Outcome::ok;
    init_.reset();
    reader_.begin_init(init->range ? init->range->offset : 0);
    const auto outcome = co_await fetch_media(*next_init_, *url, init->range, kTimeout, kMaxInitBytes);
    if (outcome == Outcome::ok) init_ = wanted;
    co_return outcome;
}

asio::awaitable<Outcome> HlsSession::fetch_body(const Piece& piece, bool follows, bool opaque) {
    const auto url = resolve_uri(base_url_, piece.uri);
    if (!url) co_return Outcome::malformed;
    reader_.begin_segment(piece.range ? piece.range->offset : 0, follows, opaque);
    const auto timeout = std::max<Duration>(kTimeout, 3 * piece.duration);
    const auto outcome = co_await fetch_media(*next_part_, *url, piece.range, timeout, kMaxSegmentBytes);
    units_.clear();
    reader_.end(units_);
    if (outcome == Outcome::ok) give_units();
    co_return outcome;
}

asio::awaitable<Outcome> HlsSession::fetch_media(HintedFetch& ahead, std::string url,
                                                 const std::optional<ByteRange>& range, Duration timeout,
                                                 std::size_t max_body) {
    if (ahead.covers(url, range)) {
        const auto bytes = co_await ahead.take(range);
        if (ending_) co_return Outcome::stopped;
        if (bytes) co_return take_bytes(std::as_bytes(std::span{*bytes})) ? Outcome::ok : Outcome::malformed;
    } else {
        ahead.drop();
    }
    FetchRequest request;
    request.url = std::move(url);
    if (range) request.range = std::to_string(range->offset) + "-" + std::to_string(range->end() - 1);
    request.timeout = timeout;
    request.max_body = max_body;
    request.on_body = [this](std::span<const std::byte> bytes) { return take_bytes(bytes); };
    const auto answer = co_await media_->fetch(request);
    note(answer);
    co_return answer.outcome;
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

void HlsSession::on_whole(const Piece& piece, Duration took) {
    const auto began = timeline_.position();
    const auto facts = timeline_.end();
    if (!facts.has_units && piece.duration > Duration{0}) {
        // Nothing to see in it: for viewers and counters it is one piece of the announced length.
        MediaUnit whole;
        whole.kind = TrackKind::audio;
        whole.dts = whole.pts = began;
        whole.duration = piece.duration;
        whole.keyframe = true;
        whole.arrival = now();
        meter().on_unit(whole);
    }
    lag_.fetch_ends(now(), facts.media);
    if (piece.begun) lag_.pieces_change();  // the next one is longer than this rest
    report_.on_piece(facts.has_units ? SegmentResult::ok : SegmentResult::opaque, piece.part.has_value());
    auto date = piece.program_date;
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
