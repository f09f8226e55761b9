// Classic histograms: histogram_quantile and histogram_fraction.
#include <catch2/catch.hpp>

#include "rules/promql/functions/buckets.h"
#include "unit/rules/promql_calls.h"

using namespace outrider;
using namespace outrider::rules;
using namespace outrider::rules::promql;
using namespace outrider::rules::promql::test;

namespace {

BucketQuantile quantile(double phi, std::vector<Bucket> buckets) { return quantile_of_buckets(phi, buckets); }

Item bucket(const char* le, double count, const char* name = "h_bucket", const char* job = "j") {
    return {Labels{{"__name__", name}, {"job", job}, {"le", le}}, count};
}

const std::string kLifted =
    "info: input to histogram_quantile needed to be fixed for monotonicity (see "
    "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)";

}  // namespace

TEST_CASE("quantile of buckets: a straight line within the bucket that holds it", "[rules][promql]") {
    const std::vector<Bucket> buckets{{0.1, 1}, {0.2, 3}, {1, 4}, {kInfinity, 4}};
    CHECK(quantile(0.5, buckets).value == Approx(0.15));    // rank 2: half of the second
    CHECK(quantile(0.25, buckets).value == Approx(0.1));    // the end of the first
    CHECK(quantile(0.125, buckets).value == Approx(0.05));  // the first begins at 0
    CHECK(quantile(0, buckets).value == 0);
    CHECK(quantile(1, buckets).value == 1);
    CHECK_FALSE(quantile(0.5, buckets).lifted);
    // In the last bucket nothing is known but its lower end.
    CHECK(quantile(0.9, {{1, 1}, {2, 2}, {kInfinity, 10}}).value == 2);
    // Below 0 a first bucket has no beginning.
    CHECK(quantile(0.1, {{-2, 5}, {1, 6}, {kInfinity, 6}}).value == -2);
    CHECK(quantile(0.9, {{-2, 0}, {2, 10}, {kInfinity, 10}}).value == Approx(1.6));
}

TEST_CASE("quantile of buckets: what gives no quantile", "[rules][promql]") {
    const std::vector<Bucket> good{{1, 1}, {kInfinity, 2}};
    CHECK(quantile(kNaN, good).value == Same{kNaN});
    CHECK(quantile(-1, good).value == Same{-kInfinity});
    CHECK(quantile(1.1, good).value == Same{kInfinity});
    CHECK(quantile(0.5, {{1, 1}, {2, 2}}).value == Same{kNaN});                     // no +Inf
    CHECK(quantile(0.5, {{kInfinity, 2}}).value == Same{kNaN});                     // nothing beside it
    CHECK(quantile(0.5, {{kInfinity, 2}, {kInfinity, 2}}).value == Same{kNaN});     //
    CHECK(quantile(0.5, {{1, 0}, {kInfinity, 0}}).value == Same{kNaN});             // no observations
    CHECK(quantile(0.5, {{1, kNaN}, {kInfinity, kNaN}}).value == Same{kNaN});       //
    CHECK(quantile(0.5, {{kNaN, 1}, {1, 1}, {kInfinity, 2}}).value == Same{kNaN});  // it is in the first
}

TEST_CASE("quantile of buckets: equal bounds are added up", "[rules][promql]") {
    CHECK(quantile(0.5, {{1, 1}, {1, 3}, {2, 8}, {kInfinity, 5}, {kInfinity, 3}}).value == 1);
}

TEST_CASE("quantile of buckets: counts that fall are lifted, rounding is not worth a word", "[rules][promql]") {
    const auto fallen = quantile(0.5, {{1, 10}, {2, 6}, {4, 20}, {kInfinity, 20}});
    CHECK(fallen.value == 1);
    CHECK(fallen.lifted);
    const auto rounded = quantile(0.5, {{1, 10}, {2, 10 - 1e-12}, {4, 20}, {kInfinity, 20 - 2e-12}});
    CHECK(rounded.value == 1);
    CHECK_FALSE(rounded.lifted);
    // A rise by rounding alone is taken back too: the quantile must not fall into a bucket that holds nothing.
    const auto risen = quantile(1, {{1, 10}, {2, 10 + 1e-12}, {kInfinity, 10 + 2e-12}});
    CHECK(risen.value == 1);
    CHECK_FALSE(risen.lifted);
    CHECK(quantile(0.5, {{1, 10}, {kInfinity, 0}}).lifted);
    CHECK_FALSE(quantile(0.5, {{1, 0}, {2, -1}, {kInfinity, 0}}).lifted);    // 0 observations
    CHECK_FALSE(quantile(0.5, {{1, 3}, {2, 1}, {kInfinity, kNaN}}).lifted);  // NaN
    CHECK_FALSE(quantile(0.5, {{kInfinity, 3}, {kInfinity, kNaN}}).lifted);  // one bound
}

TEST_CASE("fraction of buckets: the share between two values", "[rules][promql]") {
    const auto fraction = [](double lower, double upper, std::vector<Bucket> buckets) {
        return fraction_of_buckets(lower, upper, buckets);
    };
    const std::vector<Bucket> buckets{{1, 2}, {2, 6}, {4, 8}, {kInfinity, 10}};
    CHECK(fraction(0, 1, buckets) == Approx(0.2));
    CHECK(fraction(1, 2, buckets) == Approx(0.4));
    CHECK(fraction(0.5, 3, buckets) == Approx(0.6));  // from 1 to 7 of 10
    CHECK(fraction(-kInfinity, kInfinity, buckets) == 1);
    CHECK(fraction(4, kInfinity, buckets) == Approx(0.2));
    CHECK(fraction(5, kInfinity, buckets) == Approx(0.2));  // nobody knows where in the last bucket
    CHECK(fraction(-5, 0, buckets) == 0);
    CHECK(fraction(3, 3, buckets) == 0);
    CHECK(fraction(3, 1, buckets) == 0);
    CHECK(fraction(kNaN, 1, buckets) == Same{kNaN});
    CHECK(fraction(0, kNaN, buckets) == Same{kNaN});
    CHECK(fraction(0, 1, {{1, 0}, {kInfinity, 0}}) == Same{kNaN});
    CHECK(fraction(0, 1, {{1, 1}, {2, 2}}) == Same{kNaN});
    CHECK(fraction(-10, -2, {{-2, 5}, {1, 10}, {kInfinity, 10}}) == 0.0);  // all of the first is at its end
    CHECK(fraction(-kInfinity, -2, {{-2, 5}, {1, 10}, {kInfinity, 10}}) == 0.5);
}

TEST_CASE("histogram_quantile: one for each set of labels without le, whatever their order", "[rules][promql]") {
    Desk desk;
    const Items items{bucket("+Inf", 4), bucket("0.2", 3), bucket("0.1", 1, "h_bucket", "k"), bucket("0.1", 1),
                      bucket("Inf", 2, "h_bucket", "k")};
    CHECK(call(desk, FunctionId::histogram_quantile, scalar(0.5), vector(items)) ==
          Texts{R"({job="j"} 0.15)", R"({job="k"} 0.1)"});
    CHECK(desk.said().empty());
    desk.options.delayed_name_removal = true;
    CHECK(call(desk, FunctionId::histogram_quantile, scalar(0.5), vector(items)) ==
          Texts{R"({__name__="h_bucket", job="j"} 0.15 nameless)", R"({__name__="h_bucket", job="k"} 0.1 nameless)"});
    CHECK(call(desk, FunctionId::histogram_quantile, scalar(0.5), vector(Items{})).empty());
}

TEST_CASE("histogram_quantile: two metrics are two histograms", "[rules][promql]") {
    const Items items{bucket("1", 1, "a_bucket"), bucket("+Inf", 2, "a_bucket"), bucket("1", 1, "b_bucket"),
                      bucket("+Inf", 2, "b_bucket")};
    Desk desk;
    CHECK(call(desk, FunctionId::histogram_quantile, scalar(0.5), vector(items)).size() == 2);
    CHECK(desk.report.error() == "vector cannot contain metrics with the same labelset");
    Desk late;
    late.options.delayed_name_removal = true;  // the end of the query will see to it
    CHECK(call(late, FunctionId::histogram_quantile, scalar(0.5), vector(items)).size() == 2);
    CHECK_FALSE(late.report.error());
}

TEST_CASE("histogram_quantile: warns of φ and of bounds that are none", "[rules][promql]") {
    Desk desk;
    const Items items{bucket("", 4),     bucket("abc", 3), bucket("1e999", 3),
                      bucket("0x10", 3), bucket("1", 1),   bucket("+Inf", 2)};
    CHECK(call(desk, FunctionId::histogram_quantile, scalar(-1), vector(items)) == Texts{R"({job="j"} -inf)"});
    const std::string bad = R"(warning: bucket label "le" is missing or has a malformed value of )";
    CHECK(desk.said() == Texts{"warning: quantile value should be between 0 and 1, got -1",
                               bad + R"("" for metric name "h_bucket")", bad + R"("abc" for metric name "h_bucket")",
                               bad + R"("1e999" for metric name "h_bucket")",
                               bad + R"("0x10" for metric name "h_bucket")"});
    CHECK(desk.report.annotations()[0].begin == 10);
    CHECK(desk.report.annotations()[1].begin == 11);
    Desk nameless;
    CHECK(call(nameless, FunctionId::histogram_quantile, scalar(0.5), vector({{Labels{{"job", "j"}}, 1}})).empty());
    CHECK(nameless.said() == Texts{bad + R"("")"});
}

TEST_CASE("histogram_quantile: a bound is what Go takes for a number", "[rules][promql]") {
    Desk desk;
    const Items items{bucket("0x_1p0", 1), bucket("1_0", 3), bucket("infinity", 4)};
    CHECK(call(desk, FunctionId::histogram_quantile, scalar(0.5), vector(items)) == Texts{R"({job="j"} 5.5)"});
    CHECK(desk.said().empty());
}

TEST_CASE("histogram_quantile: tells when counts had to be lifted", "[rules][promql]") {
    const Items items{bucket("1", 10), bucket("2", 6), bucket("+Inf", 20)};
    Desk desk;
    CHECK(call(desk, FunctionId::histogram_quantile, scalar(0.5), vector(items)).size() == 1);
    CHECK(desk.said() == Texts{kLifted});
    Desk late;
    late.options.delayed_name_removal = true;
    CHECK(call(late, FunctionId::histogram_quantile, scalar(0.5), vector(items)).size() == 1);
    CHECK(late.said() == Texts{kLifted + R"( for metric name "h_bucket")"});
}

TEST_CASE("histogram_quantile: follows buckets that come, go and change", "[rules][promql]") {
    Desk desk;
    auto items = std::make_shared<Items>(Items{bucket("1", 1), bucket("2", 2), bucket("+Inf", 2)});
    const auto node = promql::test::node(FunctionId::histogram_quantile, scalar(0.5), vector(items));
    CHECK(elements(desk, *node) == Texts{R"({job="j"} 1)"});
    (*items)[0].value = 0;
    CHECK(elements(desk, *node) == Texts{R"({job="j"} 1.5)"});
    items->erase(items->begin());
    CHECK(elements(desk, *node) == Texts{R"({job="j"} 1)"});
    items->push_back(bucket("4", 8));
    items->push_back(bucket("+Inf", 8, "h_bucket", "k"));
    CHECK(elements(desk, *node) == Texts{R"({job="j"} 2.66667)", R"({job="k"} nan)"});
    desk.table.sweep([](const Labels*) { return false; });
    CHECK(elements(desk, *node) == Texts{R"({job="j"} 2.66667)", R"({job="k"} nan)"});
    items->clear();
    CHECK(elements(desk, *node).empty());
}

TEST_CASE("histogram_fraction: of classic buckets", "[rules][promql]") {
    Desk desk;
    const Items items{bucket("1", 2), bucket("2", 6), bucket("+Inf", 8), bucket("x", 1)};
    CHECK(call(desk, FunctionId::histogram_fraction, scalar(1), scalar(2), vector(items)) == Texts{R"({job="j"} 0.5)"});
    CHECK(desk.said().size() == 1);
    CHECK(desk.report.annotations()[0].begin == 12);
}

TEST_CASE("histogram_count and the like: floats have none, and nothing is said of it", "[rules][promql]") {
    Desk desk;
    for (const auto id : {FunctionId::histogram_avg, FunctionId::histogram_count, FunctionId::histogram_sum,
                          FunctionId::histogram_stddev, FunctionId::histogram_stdvar})
        CHECK(call(desk, id, vector({{Labels{{"__name__", "a"}}, 1}})).empty());
    CHECK(desk.said().empty());
    CHECK_FALSE(desk.report.error().has_value());
}
