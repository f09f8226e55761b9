// Functions of whole vectors: scalars, absence, order, clamp.
#include <catch2/catch.hpp>

#include "rules/promql/functions/sorting.h"
#include "unit/rules/promql_calls.h"

using namespace outrider;
using namespace outrider::rules;
using namespace outrider::rules::promql;
using namespace outrider::rules::promql::test;

namespace {

Labels named(std::string name, std::string label = {}) {
    return {{"__name__", std::move(name)}, {"l", std::move(label)}};
}

double scalar_of(Items items) {
    Desk desk;
    return std::get<ScalarBuilder>(implementation_of(FunctionId::scalar))(site(vector(std::move(items))))
        ->evaluate(desk.context);
}

ExprPtr selector(std::initializer_list<Matcher> matchers) {
    auto expr = std::make_unique<Expr>();
    expr->node = VectorSelector{.name = "m", .matchers = matchers, .offset = {}, .at = {}};
    return expr;
}

Matcher matcher(const char* label, MatchOp op, const char* value) { return *Matcher::make(label, op, value); }

// absent() of an argument with that text and those elements.
Texts absent(ExprPtr argument, Items items) {
    Desk desk;
    VectorPtr absent;
    {
        Call call;
        call.args.push_back(std::move(argument));
        CallSite where = site(vector(std::move(items)));
        where.call = &call;
        absent = std::get<VectorBuilder>(implementation_of(FunctionId::absent))(std::move(where));
    }  // the expression need not outlive the plan
    return elements(desk, *absent);
}

}  // namespace

TEST_CASE("scalar: the only element's value, else NaN", "[rules][promql]") {
    CHECK(scalar_of({{named("a"), 7}}) == 7);
    CHECK(scalar_of({}) == Same{kNaN});
    CHECK(scalar_of({{named("a"), 7}, {named("b"), 7}}) == Same{kNaN});
}

TEST_CASE("vector, time, pi: what needs no series", "[rules][promql]") {
    Desk desk;
    CHECK(call(desk, FunctionId::vector, scalar(5)) == Texts{"{} 5"});
    desk.context.at = at(1'700'000'000.2);
    const auto time = std::get<ScalarBuilder>(implementation_of(FunctionId::time))({});
    CHECK(time->evaluate(desk.context) == 1'700'000'000.2);
    const auto pi = std::get<ScalarBuilder>(implementation_of(FunctionId::pi))({});
    CHECK(pi->evaluate(desk.context) == 3.141592653589793);
}

TEST_CASE("timestamp: the evaluation's moment for what is computed, without the name", "[rules][promql]") {
    Desk desk;
    const Items items{{named("a", "x"), 7}, {named("a", "y"), kNaN}};
    CHECK(call(desk, FunctionId::timestamp, vector(items)) == Texts{R"({l="x"} 1000)", R"({l="y"} 1000)"});

    class Measured final : public VectorNode {
    public:
        void evaluate(const Context&, Vector&) override { FAIL("the values are not wanted"); }
        void evaluate_times(const Context& context, Vector& out) override {
            out.assign(1, {.labels = context.labels.intern(named("a")), .value = 990, .nameless = false});
        }
    };
    CHECK(call(desk, FunctionId::timestamp, std::make_unique<Measured>()) == Texts{"{} 990"});

    desk.options.delayed_name_removal = true;
    CHECK(call(desk, FunctionId::timestamp, std::make_unique<Measured>()) == Texts{R"({__name__="a"} 990 nameless)"});
}

TEST_CASE("clamp: between the two, and nothing at all when they are the wrong way round", "[rules][promql]") {
    Desk desk;
    const Items items{
        {named("a", "low"), -5}, {named("a", "mid"), 3}, {named("a", "top"), 50}, {named("a", "x"), kNaN}};
    CHECK(call(desk, FunctionId::clamp, vector(items), scalar(0), scalar(10)) ==
          Texts{R"({l="low"} 0)", R"({l="mid"} 3)", R"({l="top"} 10)", R"({l="x"} nan)"});
    CHECK(call(desk, FunctionId::clamp, vector(items), scalar(10), scalar(0)).empty());
    CHECK(call(desk, FunctionId::clamp, vector(items), scalar(kNaN), scalar(0)).size() == 4);
    CHECK_FALSE(desk.report.error());
    CHECK(call(desk, FunctionId::clamp, vector({{named("a"), 1}, {named("b"), 2}}), scalar(0), scalar(9)).size() == 2);
    CHECK(desk.report.error() == "vector cannot contain metrics with the same labelset");
}

TEST_CASE("absent: 1 when there is nothing, with the labels that are asked for exactly", "[rules][promql]") {
    using enum MatchOp;
    const auto name = matcher("__name__", equal, "m");
    CHECK(absent(selector({name, matcher("job", equal, "j")}), {{named("m"), 0}}).empty());
    CHECK(absent(selector({name}), {}) == Texts{"{} 1"});
    CHECK(absent(selector({name, matcher("job", equal, "j"), matcher("pop", regex, "a.*"),
                           matcher("protocol", not_equal, "hls"), matcher("stream", equal, "s")}),
                 {}) == Texts{R"({job="j", stream="s"} 1)"});
    // Asked for twice, or also with another operator: left out.
    CHECK(absent(selector({matcher("job", equal, "a"), matcher("job", equal, "b"), matcher("pop", equal, "p")}), {}) ==
          Texts{R"({pop="p"} 1)"});
    CHECK(absent(selector({matcher("job", equal, "a"), matcher("job", regex, "b.*")}), {}) == Texts{"{} 1"});
    CHECK(absent(selector({matcher("job", regex, "b.*"), matcher("job", equal, "a")}), {}) == Texts{R"({job="a"} 1)"});
    CHECK(absent(selector({name, matcher("job", equal, "")}), {}) == Texts{"{} 1"});
}

TEST_CASE("absent: sees through parentheses, and has no labels for what is no selector", "[rules][promql]") {
    auto inside = std::make_unique<Expr>();
    inside->node = Paren{selector({matcher("job", MatchOp::equal, "j")})};
    CHECK(absent(std::move(inside), {}) == Texts{R"({job="j"} 1)"});
    auto negation = std::make_unique<Expr>();
    negation->node = Negation{selector({matcher("job", MatchOp::equal, "j")})};
    CHECK(absent(std::move(negation), {}) == Texts{"{} 1"});
}

TEST_CASE("absent_over_time: when no series has a point in the range", "[rules][promql]") {
    Desk desk;
    Call call;
    auto ranged = std::make_unique<Expr>();
    ranged->node = MatrixSelector{
        VectorSelector{.name = "m", .matchers = {matcher("job", MatchOp::equal, "j")}, .offset = {}, .at = {}}, 5min};
    call.args.push_back(std::move(ranged));
    const auto absent_over = [&](std::vector<Labels> series) {
        CallSite where = site(range(std::move(series)));
        where.call = &call;
        return elements(desk,
                        *std::get<VectorBuilder>(implementation_of(FunctionId::absent_over_time))(std::move(where)));
    };
    CHECK(absent_over({}) == Texts{R"({job="j"} 1)"});
    CHECK(absent_over({named("m")}).empty());
}

TEST_CASE("sort, sort_desc: by value, NaN last in both, equals by labels", "[rules][promql]") {
    Desk desk;
    const Items items{{named("a", "n"), kNaN},      {named("a", "3"), 3}, {named("a", "i"), kInfinity},
                      {named("a", "z"), 1},         {named("a", "b"), 1}, {named("a", "m"), -kInfinity},
                      {named("a", "another"), kNaN}};
    const auto order = [&](FunctionId id) {
        std::string members;
        const auto sorted = node(id, vector(items));
        CHECK(sorted->ordered());
        Vector out;
        sorted->evaluate(desk.context, out);
        for (const Element& element : out) members += std::string{element.labels->value_of("l")} + " ";
        return members;
    };
    CHECK(order(FunctionId::sort) == "m b z 3 i another n ");
    CHECK(order(FunctionId::sort_desc) == "i 3 b z m another n ");
    CHECK(desk.said().empty());
    CHECK(call(desk, FunctionId::sort, vector(Items{})).empty());
    CHECK(call(desk, FunctionId::sort, vector({{named("a"), 1}})) == Texts{R"({__name__="a"} 1)"});  // it stays itself
}

TEST_CASE("sort: says that it is in vain in a range query", "[rules][promql]") {
    Desk desk;
    desk.context.course.last = at(2000);
    CHECK(call(desk, FunctionId::sort_desc, vector({{named("a"), 1}})).size() == 1);
    CHECK(desk.said() ==
          Texts{"warning: sort is ineffective for range queries since results are always ordered by labels"});
}

TEST_CASE("sort_by_label: in natural order, by several labels, then by all", "[rules][promql]") {
    Desk desk;
    const auto item = [](const char* instance, const char* group) {
        return Item{Labels{{"__name__", "m"}, {"group", group}, {"instance", instance}}, 0};
    };
    const Items items{item("node10", "b"), item("node9", "b"), item("node9", "a"), item("", "c"), item("node1", "z")};
    const auto order = [&](FunctionId id, auto... labels) {
        std::string members;
        Vector out;
        node(id, vector(items), text(labels)...)->evaluate(desk.context, out);
        for (const Element& element : out)
            members += std::string{element.labels->value_of("instance")} + "/" +
                       std::string{element.labels->value_of("group")} + " ";
        return members;
    };
    CHECK(order(FunctionId::sort_by_label, "instance") == "/c node1/z node9/a node9/b node10/b ");
    CHECK(order(FunctionId::sort_by_label_desc, "instance") == "node10/b node9/b node9/a node1/z /c ");
    CHECK(order(FunctionId::sort_by_label, "group", "instance") == "node9/a node9/b node10/b /c node1/z ");
    CHECK(order(FunctionId::sort_by_label, "none") == "node9/a node10/b node9/b /c node1/z ");
}

TEST_CASE("sort_by_label: numbers that go in a circle do no harm", "[rules][promql]") {
    Desk desk;
    Items items;
    for (int i = 0; i < 200; ++i)
        for (const auto* number : {"5", "10", "8", "70000000000000000000", "9000000000000000000000"})
            items.push_back({Labels{{"a", number}, {"i", std::to_string(i)}}, 0});
    CHECK(call(desk, FunctionId::sort_by_label, vector(items), text("a")).size() == 1000);
}

TEST_CASE("natural order: numbers by size, pieces between them by bytes, and total", "[rules][promql]") {
    const std::vector<std::string> sorted{"",     "0",   "00",    "1",      "01",      "2",   "10",    "10a",
                                          "010a", "10b", "1.2.3", "1.11.3", "1.111.3", "4m5", "4m600", "4m1000",
                                          "Z",    "a",   "a0",    "a1b",    "a02",     "a10", "b",     "\xc3\xa9"};
    // The list is in order but for the versions, which are numbers with dots: they stand where their first number puts
    // them. So each pair is checked for one order and its reverse, and the order for being total.
    for (const auto& a : sorted) {
        CHECK(std::is_eq(natural_order(a, a)));
        for (const auto& b : sorted) {
            CHECK((natural_order(a, b) < 0) == (natural_order(b, a) > 0));
            CHECK(std::is_eq(natural_order(a, b)) == (a == b));
            for (const auto& c : sorted) {
                const bool transitive =
                    !(natural_order(a, b) < 0 && natural_order(b, c) < 0) || natural_order(a, c) < 0;
                if (!transitive) FAIL_CHECK(a << " < " << b << " < " << c);
            }
        }
    }
    const auto less = [](const char* a, const char* b) { return natural_order(a, b) < 0; };
    CHECK(less("", "0"));
    CHECK(less("2", "10"));
    CHECK(less("a2b", "a10a"));
    CHECK(less("4m5", "4m600"));
    CHECK(less("4m600", "4m1000"));
    CHECK(less("1.2.3", "1.11.3"));
    CHECK(less("1.11.3", "1.111.3"));
    CHECK(less("10", "10a"));
    CHECK(less("host1", "host-2"));  // the piece "host" is before "host-"
    CHECK(less("a1b", "a1b2"));
    CHECK(less("a01", "a1"));    // one number: by bytes
    CHECK(less("a01b", "a1c"));  // further pieces decide before that
    CHECK(less("9223372036854775806", "9223372036854775807"));
    CHECK(less("100000000000000000000000", "9223372036854775808"));  // more than 64 bits: texts
    CHECK(less("10000000000000000000", "5"));
    CHECK(less("01", "2"));
    CHECK(less("Z", "a"));
    CHECK(less("z", "\xc3\xa9"));
}
