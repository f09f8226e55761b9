// The viewers against a player that is written from the text of the definition alone and shares nothing with them: it
// lives through every millisecond in turn, and takes a millisecond of media out of a box or finds the box empty.
//
//   definition: begins to play once `start` is buffered, stalls when the next media is due and absent, resumes at
//   `resume`, never skips. Watched is playing + stalled; the wait for the start is neither.
//
// All times of a script are whole milliseconds, so both must agree to the last of them, not only to within one.
#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <optional>
#include <ostream>
#include <random>
#include <set>
#include <vector>

#include "probes/meters/playout.h"
#include "probes/meters/stream_meter.h"

using namespace outrider;
using namespace outrider::probes;

namespace {

using std::chrono::milliseconds;

const Instant kEpoch{std::chrono::seconds{1'700'000'000}};
constexpr int kScripts = 2'500;

struct Arrival {
    int at;     // ms
    int media;  // ms of new media, whole then
};

/// Looks are the moments when somebody asks; asking must change nothing.
struct Script {
    int start = 1, resume = 1;
    std::vector<Arrival> arrivals;  // by time
    std::vector<int> looks;         // by time
};

struct Figures {
    std::optional<int> startup;
    int stalls = 0, stalled = 0, watched = 0, buffer = 0;
    friend bool operator==(const Figures&, const Figures&) = default;
};

std::ostream& operator<<(std::ostream& out, const Figures& f) {
    return out << "{startup " << f.startup.value_or(-1) << ", stalls " << f.stalls << ", stalled " << f.stalled
               << " ms, watched " << f.watched << " ms, buffer " << f.buffer << " ms}";
}

class ReferencePlayer {
public:
    ReferencePlayer(int start, int resume) : start_(start), resume_(resume) {}

    void receive(int media) {
        box_ += media;
        if (!started_ && box_ >= start_) {
            figures_.startup = now_;
            started_ = plays_ = true;
        }
        if (started_ && !plays_ && box_ >= resume_) plays_ = true;
    }
    void live_a_millisecond() {
        ++now_;
        if (!started_) return;
        ++figures_.watched;
        if (plays_ && box_ == 0) {
            plays_ = false;
            ++figures_.stalls;
        }
        if (plays_) {
            --box_;
        } else {
            ++figures_.stalled;
        }
    }
    [[nodiscard]] Figures figures() const {
        auto out = figures_;
        out.buffer = box_;
        return out;
    }
    [[nodiscard]] int now() const { return now_; }

private:
    int start_, resume_;
    int now_ = 0;
    int box_ = 0;
    bool started_ = false, plays_ = false;
    Figures figures_;
};

std::vector<Figures> by_reference(const Script& script) {
    std::vector<Figures> out;
    ReferencePlayer player{script.start, script.resume};
    auto next = script.arrivals.begin();
    for (const int look : script.looks) {
        for (;;) {
            for (; next != script.arrivals.end() && next->at == player.now(); ++next) player.receive(next->media);
            if (player.now() == look) break;
            player.live_a_millisecond();
        }
        out.push_back(player.figures());
    }
    return out;
}

int whole_ms(Duration d) {
    const auto ms = std::chrono::duration_cast<milliseconds>(d);
    return ms == d ? static_cast<int>(ms.count()) : -1;  // a fraction equals nothing that the reference says
}

template <class Player>
std::vector<Figures> by_player(const Script& script) {
    std::vector<Figures> out;
    Player player{{.name = "v", .start = milliseconds{script.start}, .resume = milliseconds{script.resume}}, kEpoch};
    auto next = script.arrivals.begin();
    milliseconds media{0};
    for (const int look : script.looks) {
        for (; next != script.arrivals.end() && next->at <= look; ++next) {
            player.on_media(media, media + milliseconds{next->media}, kEpoch + milliseconds{next->at});
            media += milliseconds{next->media};
        }
        player.advance(kEpoch + milliseconds{look});
        Figures f;
        if (player.startup()) f.startup = whole_ms(*player.startup());
        f.stalls = static_cast<int>(player.stalls());
        f.stalled = whole_ms(player.stalled());
        f.watched = whole_ms(player.watched());
        f.buffer = player.buffer() ? whole_ms(*player.buffer()) : 0;
        out.push_back(f);
    }
    return out;
}

using Random = std::mt19937_64;

int pick(Random& random, int least, int most) { return std::uniform_int_distribution{least, most}(random); }

template <std::size_t N>
int one_of(Random& random, const std::array<int, N>& values) {
    return values[static_cast<std::size_t>(pick(random, 0, static_cast<int>(N) - 1))];
}

/// Some seconds of a stream with its troubles: | steady | jitter | starved | silence and then all at once |
/// faster than real time | to the moment, so that the box is empty in the very instant that fills it |
Script random_script(std::uint64_t seed) {
    Random random{seed};
    Script script;
    const int unit = one_of(random, std::array{1, 7, 20, 33, 40, 100, 500, 1'000, 2'000});
    // Thresholds that whole units meet exactly, or miss by a millisecond, and others.
    const auto threshold = [&] {
        if (pick(random, 0, 1) == 0) return pick(random, 1, 2'000);
        return std::max(1, unit * pick(random, 1, std::max(1, 2'000 / unit)) + pick(random, -1, 1));
    };
    script.start = threshold();
    script.resume = pick(random, 0, 1) == 0 ? script.start : threshold();
    const int length = pick(random, 2'000, 16'000);
    int at = pick(random, 0, 1'000);
    while (at < length) {
        const int until = at + pick(random, 200, 4'000);
        const int kind = pick(random, 0, 5);
        if (kind == 3) {
            script.arrivals.push_back({until, pick(random, 0, until - at)});
            at = until;
            continue;
        }
        const int percent = kind == 2 ? pick(random, 110, 500) : kind == 4 ? pick(random, 20, 95) : 100;
        while (at < until) {
            script.arrivals.push_back({at + (kind == 1 ? pick(random, 0, 2 * unit) : 0), unit});
            at += std::max(1, unit * percent / 100);
        }
    }
    std::ranges::stable_sort(script.arrivals, {}, &Arrival::at);
    for (int look = pick(random, 0, 200); look < length; look += pick(random, 1, 400)) script.looks.push_back(look);
    script.looks.push_back(length);
    return script;
}

/// Playout done wrong in one stated way: the comparison must find each.
enum class Flaw : std::uint8_t {
    none,
    stalls_on_a_tie,
    stall_begins_when_noticed,
    resumes_with_anything,
    start_is_watched,
    plays_on_while_stalled,
    every_refill_is_a_stall,
};

template <Flaw flaw>
class FlawedPlayer {
public:
    FlawedPlayer(const ViewerSpec& spec, Instant joined) : spec_(spec), joined_(joined), now_(joined) {}

    void on_media(Duration begin, Duration end, Instant at) {
        advance(at);
        box_ += end - begin;
        const auto wanted = !startup_ ? spec_.start : flaw == Flaw::resumes_with_anything ? Duration{1} : spec_.resume;
        if (!plays_ && box_ >= wanted) {
            plays_ = true;
            if (!startup_) startup_ = at - joined_;
        } else if (flaw == Flaw::every_refill_is_a_stall && startup_ && !plays_) {
            ++stalls_;
        }
    }
    void advance(Instant at) {
        const auto elapsed = at - now_;
        now_ = at;
        if (startup_ || flaw == Flaw::start_is_watched) watched_ += elapsed;
        if (!startup_) return;
        if (!plays_) {
            stalled_ += elapsed;
            if (flaw == Flaw::plays_on_while_stalled) box_ = std::max(Duration{0}, box_ - elapsed);
            return;
        }
        const auto missing = elapsed - box_;
        box_ = std::max(Duration{0}, -missing);
        if (missing > Duration{0} ||
            (flaw == Flaw::stalls_on_a_tie && elapsed > Duration{0} && missing == Duration{0})) {
            plays_ = false;
            ++stalls_;
            if (flaw != Flaw::stall_begins_when_noticed) stalled_ += missing;
        }
    }
    [[nodiscard]] std::optional<Duration> buffer() const { return box_; }
    [[nodiscard]] std::uint64_t stalls() const { return stalls_; }
    [[nodiscard]] Duration stalled() const { return stalled_; }
    [[nodiscard]] Duration watched() const { return watched_; }
    [[nodiscard]] std::optional<Duration> startup() const { return startup_; }

private:
    ViewerSpec spec_;
    Instant joined_, now_;
    bool plays_ = false;
    Duration box_{}, stalled_{}, watched_{};
    std::uint64_t stalls_ = 0;
    std::optional<Duration> startup_;
};

/// Scripts on which the player and the reference differ anywhere.
template <class Player>
int disagreements(int scripts) {
    int count = 0;
    for (int seed = 0; seed < scripts; ++seed) {
        const auto script = random_script(static_cast<std::uint64_t>(seed));
        count += by_player<Player>(script) == by_reference(script) ? 0 : 1;
    }
    return count;
}

}  // namespace

TEST_CASE("playout: stalls and seconds are those of an independent player", "[probes][playout]") {
    int stalls = 0, never_started = 0, ties = 0;
    for (int seed = 0; seed < kScripts; ++seed) {
        const auto script = random_script(static_cast<std::uint64_t>(seed));
        const auto wanted = by_reference(script);
        const auto got = by_player<Playout>(script);
        INFO("script " << seed << ", start " << script.start << " ms, resume " << script.resume << " ms");
        const auto differs = std::ranges::mismatch(got, wanted).in1 - got.begin();
        if (got != wanted) {
            const auto at = static_cast<std::size_t>(differs);
            INFO("at " << script.looks[at] << " ms: got " << got[at] << ", want " << wanted[at]);
            REQUIRE(got == wanted);
        }
        stalls += wanted.back().stalls;
        never_started += wanted.back().startup ? 0 : 1;
        ties +=
            std::ranges::any_of(wanted, [](const Figures& f) { return f.startup && f.buffer == 0 && f.stalls == 0; });
    }
    // The scripts are worth something: there is much to disagree on.
    CHECK(stalls > kScripts / 2);
    CHECK(never_started > 0);
    CHECK(never_started < kScripts / 10);
    CHECK(ties > 0);
}

TEST_CASE("playout: the comparison tells a wrong player from a right one", "[probes][playout]") {
    constexpr int scripts = 100;
    CHECK(disagreements<FlawedPlayer<Flaw::none>>(scripts) == 0);
    CHECK(disagreements<FlawedPlayer<Flaw::stalls_on_a_tie>>(scripts) > 0);
    CHECK(disagreements<FlawedPlayer<Flaw::stall_begins_when_noticed>>(scripts) > scripts / 5);
    CHECK(disagreements<FlawedPlayer<Flaw::resumes_with_anything>>(scripts) > scripts / 5);
    CHECK(disagreements<FlawedPlayer<Flaw::start_is_watched>>(scripts) > scripts / 5);
    CHECK(disagreements<FlawedPlayer<Flaw::plays_on_while_stalled>>(scripts) > scripts / 5);
    CHECK(disagreements<FlawedPlayer<Flaw::every_refill_is_a_stall>>(scripts) > scripts / 5);
}

namespace {

constexpr int kFrameMs = 40;

/// What happens to a connection, frame by frame: which picture of the broadcast comes when, under which timestamp.
struct Delivery {
    int at = 0;       // ms
    int picture = 0;  // its number in the broadcast
    int dts = 0;      // ms, as the server writes it
    bool reconnected = false;
};

struct Broadcast {
    std::vector<Delivery> deliveries;
    int jumps = 0;  // of the timestamps
    int end = 0;
};

/// A live stream: picture i exists from 40 * i ms on, and comes 20 ms later or more. Its troubles:
/// | silence, then the backlog at once | silence, then the server leaves out what is over a second old |
/// | the connection breaks and the server repeats up to two seconds | the server rewrites timestamps by an hour |
Broadcast random_broadcast(std::uint64_t seed) {
    Random random{seed};
    Broadcast out;
    constexpr int late = 20;
    int picture = 0, shift = pick(random, 10'000, 1'000'000'000);
    int at = late;
    bool reconnected = false;
    const auto deliver = [&] {
        at = std::max(at, picture * kFrameMs + late);
        out.deliveries.push_back({at, picture, picture * kFrameMs + shift, reconnected});
        reconnected = false;
        ++picture;
    };
    const int periods = pick(random, 2, 5);
    for (int i = 0; i < periods; ++i) {
        const int peace = at + pick(random, 4'000, 8'000);
        while (at < peace) deliver();
        const int silence = pick(random, 30, 6'000);
        switch (pick(random, 0, 3)) {
            case 0: at += silence; break;
            case 1:
                at += std::max(silence, 2'200);
                picture = std::max(picture + 26, at / kFrameMs - pick(random, 0, 20));
                break;
            case 2:
                at += silence;
                reconnected = true;
                picture -= pick(random, 0, 50);
                break;
            case 3:
                shift += pick(random, 0, 1) == 0 ? 3'600'000 : -3'600'000;
                ++out.jumps;
                break;
        }
    }
    for (int i = 0; i < 25; ++i) deliver();
    out.end = at + pick(random, 0, 3'000);
    return out;
}

double reading(const std::vector<Reading>& readings, Metric metric) {
    const auto found = std::ranges::find(readings, metric, &Reading::metric);
    return found == readings.end() ? -1 : found->value;
}

}  // namespace

TEST_CASE("playout: holes, repeats and rewritten timestamps give the viewers what an independent player had",
          "[probes][playout][stream]") {
    int stalls = 0, holes = 0, repeats = 0;
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        const auto broadcast = random_broadcast(seed);
        Random random{seed};
        const int start = pick(random, 1, 5'000), resume = pick(random, 1, 5'000);
        StreamMeter meter{{{.name = "v", .start = milliseconds{start}, .resume = milliseconds{resume}}}, kEpoch};
        ReferencePlayer player{start, resume};
        std::set<int> had;
        meter.connection_begins(kEpoch);
        for (const auto& delivery : broadcast.deliveries) {
            const auto at = kEpoch + milliseconds{delivery.at};
            if (delivery.reconnected) {
                meter.connection_ends(Outcome::reset);
                meter.connection_begins(at);
            }
            meter.on_unit({.kind = TrackKind::video,
                           .dts = milliseconds{delivery.dts},
                           .pts = milliseconds{delivery.dts},
                           .duration = {},
                           .keyframe = delivery.picture % 50 == 0,
                           .size = 1'000,
                           .arrival = at});
            while (player.now() < delivery.at) player.live_a_millisecond();
            if (!had.empty() && delivery.picture > *had.rbegin() + 1) ++holes;
            if (had.insert(delivery.picture).second) {
                player.receive(kFrameMs);
            } else {
                ++repeats;
            }
        }
        while (player.now() < broadcast.end) player.live_a_millisecond();
        const auto readings = meter.readings(kEpoch + milliseconds{broadcast.end});
        const auto wanted = player.figures();
        INFO("broadcast " << seed << ", start " << start << " ms, resume " << resume << " ms, want " << wanted);
        REQUIRE(wanted.startup);
        CHECK(reading(readings, Metric::viewer_stalls_total) == wanted.stalls);
        CHECK(reading(readings, Metric::viewer_stall_seconds_total) == Approx(wanted.stalled / 1e3).margin(1e-6));
        CHECK(reading(readings, Metric::viewer_watched_seconds_total) == Approx(wanted.watched / 1e3).margin(1e-6));
        CHECK(reading(readings, Metric::viewer_buffer_seconds) == Approx(wanted.buffer / 1e3).margin(1e-6));
        CHECK(reading(readings, Metric::viewer_startup_seconds) == Approx(*wanted.startup / 1e3).margin(1e-6));
        CHECK(reading(readings, Metric::timeline_restarts_total) == broadcast.jumps);
        stalls += wanted.stalls;
    }
    CHECK(stalls > 200);
    CHECK(holes > 200);
    CHECK(repeats > 200);
}
