// A plan that has been evaluated at every tick, over a store that keeps no more than it must, gives what a plan made
// anew gives over a store that has kept everything.
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "rules/promql/parser.h"
#include "rules/promql/plan.h"

using namespace outrider;
using namespace outrider::rules;
using namespace outrider::rules::promql;
using namespace std::chrono_literals;

namespace {

const Instant kStart{1'700'000'000s};
constexpr Duration kTick = 200ms;

// Every kind of node, and every way of looking back.
constexpr std::array kExpressions{
    "lag",
    "lag > 0.5",
    "0.5 < bool lag",
    "lag offset 1s",
    "lag offset -400ms",
    "-lag",
    "abs(lag - 0.5)",
    "timestamp(lag)",
    "rate(bytes_total[2s])",
    "increase(bytes_total[1s] offset 2s)",
    "max_over_time(lag[3s])",
    "last_over_time(lag[1s])",
    "avg_over_time(lag[2s:500ms])",
    "max_over_time(rate(bytes_total[1s])[2s:400ms] offset 1s)",
    "sum by (pop) (lag)",
    "avg without (stream) (lag)",
    "count(lag) by (stream)",
    "stddev by (pop) (lag)",
    "quantile by (pop) (0.9, lag)",
    "topk(2, lag)",
    "bottomk by (pop) (1, lag)",
    "count_values by (pop) (\"up\", up)",
    "lag and on (stream, pop) (up == 1)",
    "lag unless up == 0",
    "up or lag",
    "lag / on (stream) group_left max by (stream) (lag)",
    "lag * on (stream, pop) up",
    "up == ignoring (x) up",
    "min by (stream) (lag) < bool on (stream) avg by (stream) (lag)",
    "label_replace(lag, \"site\", \"$1\", \"pop\", \"(.)\")",
    "label_join(lag, \"where\", \"-\", \"pop\", \"stream\")",
    "absent(lag{pop=\"p9\"})",
    "absent_over_time(lag{pop=\"p1\", stream=\"s1\"}[1s])",
    "scalar(max(lag)) + lag",
    "sort_desc(lag)",
    "vector(time()) - scalar(sum(up))",
    "{__name__=~\"l.*|up\", pop=\"p0\"}",
    "changes(up[3s])",
    "deriv(lag[2s])",
    "lag smoothed",
    "lag smoothed offset 700ms",
    "max_over_time((lag smoothed offset 300ms)[1s:300ms])",
    "increase(bytes_total[700ms] anchored)",
    "rate(bytes_total[700ms] anchored offset 500ms)",
    "rate(bytes_total[1s] smoothed)",
    "increase(bytes_total[1s] smoothed offset 1s)",
    "delta(lag[500ms] smoothed offset 300ms)",
    "changes(up[500ms] anchored)",
    "resets(bytes_total[1s] anchored)",
    "rate(bytes_total[0.5 * 4s])",
    "max_over_time(lag[max_of(step(), 1s) + 1s] offset (2s / 2))",
    "avg_over_time(lag[4s - 2s:range() + 500ms])",
    "lag offset -(200ms * 2)",
};

using Result_ = std::multimap<std::string, double>;

Result_ result_of(Plan& plan, Instant at) {
    Result_ result;
    const auto elements = plan.elements(at);
    if (!elements.ok()) return {{"error: " + elements.error().text, 0}};
    for (const auto& element : *elements) result.emplace(element.labels->to_string(), element.value);
    return result;
}

/// Two stores that are told the same; series come, fall silent, go stale, come back.
class Feed {
public:
    void beat(Instant at, std::mt19937& random) {
        const auto chance = [&](unsigned one_in) { return random() % one_in == 0; };
        for (int stream = 0; stream < 3; ++stream)
            for (int pop = 0; pop < 3; ++pop) {
                const Labels who{{"stream", "s" + std::to_string(stream)}, {"pop", "p" + std::to_string(pop)}};
                auto& silent = silent_[who];
                if (chance(40)) silent = !silent;
                if (silent) continue;
                tell("lag", who, at, chance(30) ? kStale : static_cast<double>(random() % 1000) / 500);
                tell("up", who, at, chance(5) ? 0 : 1);
                auto& bytes = bytes_[who];
                bytes = chance(50) ? 0 : bytes + static_cast<double>(random() % 1000);
                tell("bytes_total", who, at, bytes);
                if (chance(60)) close(who);
            }
    }

    SeriesStore watched;
    SeriesStore everything{SeriesStore::Keep::everything};

private:
    void tell(const char* metric, const Labels& who, Instant at, double value) {
        auto labels = who;
        labels.set("__name__", metric);
        const auto [place, is_new] = open_.try_emplace(labels, nullptr);
        if (is_new) place->second = watched.open(labels);
        if (place->second != nullptr) watched.append(*place->second, {at, value});
        auto* kept = everything.open(labels);
        everything.append(*kept, {at, value});
        everything.close(kept);
    }
    void close(const Labels& who) {
        std::erase_if(open_, [&](const auto& entry) {
            auto labels = entry.first;
            labels.set("__name__", "");
            if (labels != who) return false;
            if (entry.second != nullptr) watched.close(entry.second);
            return true;
        });
    }

    std::map<Labels, Series*> open_;
    std::map<Labels, bool> silent_;
    std::map<Labels, double> bytes_;
};

/// Evaluates at each tick, before that and anew, and compares. How many elements there were in all.
std::size_t compare(const std::vector<const char*>& texts, int ticks, Feed& feed) {
    const Options options{.lookback = 1s};
    std::mt19937 random{20261125};
    std::vector<ExprPtr> expressions;
    std::vector<Plan> plans;
    for (const auto* text : texts) {
        auto parsed = parse(text);
        INFO(text);
        REQUIRE(std::holds_alternative<ExprPtr>(parsed));
        expressions.push_back(std::get<ExprPtr>(std::move(parsed)));
        plans.emplace_back(*expressions.back(), feed.watched, options);
    }
    std::size_t elements = 0;
    for (int tick = 0; tick < ticks; ++tick) {
        const auto at = kStart + tick * kTick;
        feed.watched.advance(at, options.lookback);
        feed.beat(at - 30ms, random);
        for (std::size_t i = 0; i < plans.size(); ++i) {
            Plan fresh{*expressions[i], feed.everything, options};
            const auto incremental = result_of(plans[i], at);
            elements += incremental.size();
            INFO(texts[i] << " at tick " << tick);
            REQUIRE(incremental == result_of(fresh, at));
        }
    }
    return elements;
}

}  // namespace

TEST_CASE("plan: tick by tick it says what an evaluation from scratch says", "[rules][promql]") {
    Feed feed;
    CHECK(compare({kExpressions.begin(), kExpressions.end()}, 400, feed) > 50'000);
    CHECK(feed.watched.bytes() < feed.everything.bytes() / 4);
}

TEST_CASE("plan: what an expression alone makes the store keep is enough for it", "[rules][promql]") {
    for (const auto* text : kExpressions) {
        Feed feed;
        compare({text}, 200, feed);
    }
}
