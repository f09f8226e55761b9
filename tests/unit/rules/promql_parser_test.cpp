#include <catch2/catch.hpp>

#include "rules/promql/parser.h"
#include "unit/rules/promql_trees.h"

using namespace outrider;
using namespace outrider::rules::promql;

namespace {
ExprPtr parsed(std::string_view text) {
    auto result = parse(text);
    INFO(text);
    if (const auto* error = std::get_if<ParseError>(&result)) FAIL(error->offset << ": " << error->message);
    return std::get<ExprPtr>(std::move(result));
}
ParseError refused(std::string_view text) {
    auto result = parse(text);
    INFO(text);
    REQUIRE(std::holds_alternative<ParseError>(result));
    return std::get<ParseError>(std::move(result));
}
std::string error(std::string_view text) {
    const auto found = refused(text);
    CHECK(found.unsupported.empty());
    return std::to_string(found.offset) + ": " + found.message;
}
std::string unsupported(std::string_view text) {
    const auto found = refused(text);
    CHECK(found.message.starts_with(found.unsupported + " is not supported"));
    return std::to_string(found.offset) + ": " + found.unsupported;
}
std::string sketch(std::string_view text) { return test::sketch(*parsed(text)); }
std::string repeated(std::string_view text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
}
template <class T>
const T& as(const ExprPtr& expr) {
    REQUIRE(std::holds_alternative<T>(expr->node));
    return std::get<T>(expr->node);
}
}  // namespace

TEST_CASE("promql: operators bind as in Prometheus", "[rules][promql]") {
    CHECK(sketch("a + b * c") == "(+ a (* b c))");
    CHECK(sketch("a - b - c") == "(- (- a b) c)");
    CHECK(sketch("a / b * c % d atan2 e") == "(atan2 (% (* (/ a b) c) d) e)");
    CHECK(sketch("a ^ b ^ c") == "(^ a (^ b c))");
    CHECK(sketch("a * b ^ c") == "(* a (^ b c))");
    CHECK(sketch("a == b + c") == "(== a (+ b c))");
    CHECK(sketch("a < b > c") == "(> (< a b) c)");
    CHECK(sketch("a or b and c unless d") == "(or a (unless (and b c) d))");
    CHECK(sketch("a and b or c") == "(or (and a b) c)");
    CHECK(sketch("a and b == c") == "(and a (== b c))");
    CHECK(sketch("(a + b) * c") == "(* [(+ a b)] c)");
}

TEST_CASE("promql: a sign binds tighter than * and looser than ^", "[rules][promql]") {
    CHECK(sketch("-a ^ b") == "(neg (^ a b))");
    CHECK(sketch("-a * b") == "(* (neg a) b)");
    CHECK(sketch("a * -b * c") == "(* (* a (neg b)) c)");
    CHECK(sketch("a ^ -b * c") == "(* (^ a (neg b)) c)");
    CHECK(sketch("a ^ -b ^ c") == "(^ a (neg (^ b c)))");
    CHECK(sketch("a - -b") == "(- a (neg b))");
    CHECK(sketch("--a") == "(neg (neg a))");
    CHECK(sketch("-2 ^ 2") == "(neg (^ 2 2))");
    CHECK(sketch("2 ^ -1") == "(^ 2 -1)");
    CHECK(sketch("-1 - -1") == "(- -1 -1)");
    CHECK(sketch("-(1)") == "(neg [1])");
    CHECK(sketch("+a + + b") == "(+ a b)");
    CHECK(sketch("-a offset 5m") == "(neg a offset 5m)");
    CHECK(sketch("-sum(a)") == "(neg sum(a))");
}

TEST_CASE("promql: a selector holds all its matchers, that of the name first", "[rules][promql]") {
    const auto expr = parsed("up{a=\"b\", c!='', d=~\"e|f\", g!~`h`,} offset -5m @ 1609746000.5");
    const auto& selector = as<VectorSelector>(expr);
    CHECK(expr->type == ValueType::instant_vector);
    CHECK(selector.name == "up");
    REQUIRE(selector.matchers.size() == 5);
    CHECK(selector.matchers[0] == *Matcher::make("__name__", MatchOp::equal, "up"));
    CHECK(selector.matchers[1] == *Matcher::make("a", MatchOp::equal, "b"));
    CHECK(selector.matchers[2] == *Matcher::make("c", MatchOp::not_equal, ""));
    CHECK(selector.matchers[3] == *Matcher::make("d", MatchOp::regex, "e|f"));
    CHECK(selector.matchers[4] == *Matcher::make("g", MatchOp::not_regex, "h"));
    CHECK(selector.offset == -std::chrono::minutes{5});
    REQUIRE(selector.at.has_value());
    CHECK(selector.at->timestamp == Instant{std::chrono::milliseconds{1609746000500}});
}

TEST_CASE("promql: names may be quoted between the braces", "[rules][promql]") {
    const auto expr = parsed("{\"my.metric\", \"my.label\"!=\"x\"}");
    const auto& selector = as<VectorSelector>(expr);
    CHECK(selector.name.empty());
    REQUIRE(selector.matchers.size() == 2);
    CHECK(selector.matchers[0] == *Matcher::make("__name__", MatchOp::equal, "my.metric"));
    CHECK(selector.matchers[1] == *Matcher::make("my.label", MatchOp::not_equal, "x"));
    const auto sum = parsed("sum by (\"my.label\", b) (a)");
    CHECK(as<Aggregate>(sum).labels == std::vector<std::string>{"my.label", "b"});
}

TEST_CASE("promql: ranges, steps and offsets are durations or numbers of seconds", "[rules][promql]") {
    using namespace std::chrono_literals;
    const auto range = parsed("a[1h30m] offset 20");
    CHECK(range->type == ValueType::range_vector);
    CHECK(as<MatrixSelector>(range).range == 90min);
    CHECK(as<MatrixSelector>(range).selector.offset == 20s);
    CHECK(as<MatrixSelector>(parsed("a[300]")).range == 5min);
    CHECK(as<MatrixSelector>(parsed("a[ +1.5 ]")).range == 1500ms);
    CHECK(as<MatrixSelector>(parsed("a[0x10]")).range == 16s);
    const auto outer = parsed("rate(a[5m])[30m:200ms] @ end() offset -1h");
    const auto& subquery = as<Subquery>(outer);
    CHECK(subquery.range == 30min);
    CHECK(subquery.step == 200ms);
    CHECK(subquery.offset == -1h);
    CHECK(subquery.at->kind == AtModifier::Kind::end);
    CHECK_FALSE(as<Subquery>(parsed("a[30m:]")).step.has_value());
    CHECK(as<Subquery>(parsed("a[30m : 15]")).step == 15s);
    CHECK(as<VectorSelector>(parsed("a offset - 1m")).offset == -1min);
    CHECK(as<VectorSelector>(parsed("a @ start() offset 1m")).at->kind == AtModifier::Kind::start);
    CHECK(as<VectorSelector>(parsed("a @ 1m")).at->timestamp == Instant{60s});
    CHECK(as<VectorSelector>(parsed("a @ -0.0015")).at->timestamp == Instant{-2ms});
}

TEST_CASE("promql: vectors are matched as written", "[rules][promql]") {
    using Card = VectorMatching::Card;
    const auto many = parsed("a / on (x, by) group_left (y) b");
    CHECK(as<Binary>(many).matching.on);
    CHECK(as<Binary>(many).matching.card == Card::many_to_one);
    CHECK(as<Binary>(many).matching.labels == std::vector<std::string>{"x", "by"});
    CHECK(as<Binary>(many).matching.include == std::vector<std::string>{"y"});
    CHECK(as<Binary>(parsed("a / ignoring (x) group_right b")).matching.card == Card::one_to_many);
    CHECK(as<Binary>(parsed("a and on () b")).matching.card == Card::many_to_many);
    CHECK(as<Binary>(parsed("a + b")).matching.card == Card::one_to_one);
    CHECK(as<Binary>(parsed("1 + on () group_left () a")).matching.card == Card::one_to_one);
    CHECK(as<Binary>(parsed("a > bool 1")).return_bool);
    CHECK(as<Binary>(parsed("1 > bool 2")).left->type == ValueType::scalar);
    CHECK(parsed("1 > bool 2")->type == ValueType::scalar);
    CHECK(parsed("a > 2")->type == ValueType::instant_vector);
}

TEST_CASE("promql: keywords may name metrics and labels", "[rules][promql]") {
    for (const auto* name :
         {"sum",   "by",     "without",     "and",      "or",       "unless", "offset", "start", "end", "step",
          "range", "limitk", "limit_ratio", "anchored", "smoothed", "fill",   "TOPK",   "a:b",   ":a",  "min_of"}) {
        INFO(name);
        CHECK(as<VectorSelector>(parsed(name)).name == name);
        CHECK(as<VectorSelector>(parsed(std::string{name} + "{a=\"b\"}")).name == name);
    }
    CHECK(sketch("offset offset 5m + and") == "(+ offset offset 5m and)");
    CHECK(sketch("by and and unless or or or") == "(or (unless (and by and) or) or)");
    for (const auto* name : {"bool", "on", "ignoring", "group_left", "group_right", "atan2", "inf"})
        CHECK_FALSE(std::holds_alternative<ExprPtr>(parse(std::string{name} + "{a=\"b\"}")));
    const auto grouped = parsed("sum by (bool, on, offset, Group_Left, atan2, start, sum) (a)");
    CHECK(as<Aggregate>(grouped).labels ==
          std::vector<std::string>{"bool", "on", "offset", "Group_Left", "atan2", "start", "sum"});
}

TEST_CASE("promql: every aggregation and every function parses", "[rules][promql]") {
    for (const auto* op : {"sum", "avg", "min", "MAX", "count", "group", "stddev", "stdvar"}) {
        const auto expr = parsed(std::string{op} + " without (x) (a)");
        CHECK(as<Aggregate>(expr).without);
        CHECK_FALSE(as<Aggregate>(expr).param);
    }
    for (const auto* op : {"topk", "bottomk", "quantile", "limitk"})
        CHECK(as<Aggregate>(parsed(std::string{op} + "(1, a) by (x)")).param->type == ValueType::scalar);
    CHECK(as<Aggregate>(parsed("count_values(\"v\", a)")).param->type == ValueType::string);
    for (const auto& function : functions()) {
        std::string text{function.name};
        text += '(';
        for (std::size_t i = 0; i < function.least(); ++i) {
            if (i > 0) text += ", ";
            switch (function.argument(i)) {
                case ValueType::scalar: text += '1'; break;
                case ValueType::string: text += "\"x\""; break;
                case ValueType::instant_vector: text += 'a'; break;
                case ValueType::range_vector: text += "a[5m]"; break;
            }
        }
        const auto expr = parsed(text + ")");
        CHECK(as<Call>(expr).function == &function);
        CHECK(expr->type == function.result);
    }
}

TEST_CASE("promql: functions take as many arguments as Prometheus's", "[rules][promql]") {
    const auto& round = *find_function("round");
    CHECK(round.least() == 1);
    CHECK(round.most() == 2);
    CHECK(round.argument(1) == ValueType::scalar);
    const auto& join = *find_function("label_join");
    CHECK(join.least() == 3);
    CHECK_FALSE(join.most().has_value());
    CHECK(join.argument(0) == ValueType::instant_vector);
    CHECK(join.argument(7) == ValueType::string);
    CHECK(find_function("time")->most() == 0);
    CHECK(find_function("ABS") == nullptr);
    CHECK(as<Call>(parsed("label_join(a, \"x\", \",\", \"y\", \"z\")")).args.size() == 5);
    CHECK(as<Call>(parsed("hour()")).args.empty());
    CHECK(as<Call>(parsed("sort_by_label(a)")).args.size() == 1);
}

TEST_CASE("promql: every node knows where it stands", "[rules][promql]") {
    //                            0         1         2         3         4
    //                            0123456789012345678901234567890123456789012345678
    const std::string_view text = " sum by (x) ( -a{b='c'}[5m:1m] offset 1m ) + (2) ";
    const auto refused_range = refused(text);
    CHECK(refused_range.offset == 14);
    CHECK(refused_range.message ==
          "unary expression only allowed on expressions of type scalar or instant vector, got \"range vector\"");

    const std::string_view good = " sum by (x) ( -a{b='c'} offset 1m ) + on() rate( c[5m]@0 ) # x";
    const auto expr = parsed(good);
    const auto span = [&good](const Expr& e) { return good.substr(e.begin, e.end - e.begin); };
    CHECK(span(*expr) == "sum by (x) ( -a{b='c'} offset 1m ) + on() rate( c[5m]@0 )");
    const auto& binary = as<Binary>(expr);
    CHECK(span(*binary.left) == "sum by (x) ( -a{b='c'} offset 1m )");
    CHECK(span(*as<Aggregate>(binary.left).expr) == "-a{b='c'} offset 1m");
    CHECK(span(*as<Negation>(as<Aggregate>(binary.left).expr).expr) == "a{b='c'} offset 1m");
    CHECK(span(*binary.right) == "rate( c[5m]@0 )");
    CHECK(span(*as<Call>(binary.right).args[0]) == "c[5m]@0");
    const auto span_of = [](std::string_view whole) {
        const auto tree = parsed(whole);
        return whole.substr(tree->begin, tree->end - tree->begin);
    };
    CHECK(span_of(" sum ( a ) by ( x ) ") == "sum ( a ) by ( x )");
    CHECK(span_of(" ( a ) ") == "( a )");
    CHECK(span_of(" - 1 ") == "- 1");
    CHECK(span_of(" (a) [5m :] offset - 1m @ end ( ) ") == "(a) [5m :] offset - 1m @ end ( )");
    CHECK(span_of(" a { } ") == "a { }");
    CHECK(span_of(" time ( ) ") == "time ( )");
    CHECK(span_of(" 'x' ") == "'x'");
}

TEST_CASE("promql: a mistake of grammar is told in Prometheus's words", "[rules][promql]") {
    CHECK(error("") == "0: no expression found in input");
    CHECK(error(" # nothing") == "10: no expression found in input");
    CHECK(error("a b") == "2: unexpected identifier \"b\"");
    CHECK(error("a +") == "3: unexpected end of input");
    CHECK(error("* a") == "0: unexpected <op:*>");
    CHECK(error("a on (b) c") == "2: unexpected <on>");
    CHECK(error("a + group_left b") == "4: unexpected <group_left>");
    CHECK(error("a:b(1)") == "3: unexpected \"(\"");
    CHECK(error("()") == "1: unexpected \")\"");
    CHECK(error("rate(a b)") == "7: unexpected identifier \"b\"");
    CHECK(error("sum(rate(a b))") == "11: unexpected identifier \"b\" in aggregation");
    CHECK(error("sum(a) b") == "7: unexpected identifier \"b\"");
    CHECK(error("sum by (a) b") == "11: unexpected identifier \"b\" in aggregation");
    CHECK(error("abs(a,)") == "5: trailing commas not allowed in function call args");
    CHECK(error("abs(,a)") == "4: unexpected \",\"");
    CHECK(error("a \"a long string\"") == "2: unexpected string \"\\\"a long st\"...");
    CHECK(error("sum by a (b)") == "7: unexpected identifier \"a\" in grouping opts, expected \"(\"");
    CHECK(error("sum by (without) (b)") == "8: unexpected <without> in grouping opts, expected label");
    CHECK(error("sum by (a b) (c)") == "10: unexpected identifier \"b\" in grouping opts, expected \",\" or \")\"");
    CHECK(error("sum by (,) (c)") == "8: unexpected \",\" in grouping opts, expected label");
    CHECK(error("sum by (\"\") (c)") == "8: invalid label name for grouping: \"\"");
    CHECK(error("a + on (b) group_left") == "21: unexpected end of input in grouping opts, expected \"(\"");
    CHECK(error("a{b=c}") == "4: unexpected identifier \"c\" in label matching, expected string");
    CHECK(error("a{b}") == "3: unexpected \"}\" in label matching, expected label matching operator");
    CHECK(error("a{,}") == "2: unexpected \",\" in label matching, expected identifier or \"}\"");
    CHECK(error("a{b='c' d='e'}") == "8: unexpected identifier \"d\" in label matching, expected \",\" or \"}\"");
    CHECK(error("a{b=~'('}") == "5: error parsing regexp: missing ): (");
    CHECK(error("a[]") ==
          "2: unexpected \"]\" in subquery or range selector, expected number, duration, step(), or range()");
    CHECK(error("a[5m)") == "4: unexpected right parenthesis ')'");
    CHECK(error("a[5m,]") == "4: unexpected \",\" in subquery or range, expected \":\" or \"]\"");
    CHECK(error("a[5m:5m,]") == "7: unexpected \",\" in subquery selector, expected \"]\"");
    CHECK(error("a[5m:,]") ==
          "5: unexpected \",\" in subquery selector, expected number, duration, step(), range(), or \"]\"");
    CHECK(error("a offset b") ==
          "9: unexpected identifier \"b\" in offset, expected number, duration, step(), or range()");
    CHECK(error("a offset") == "8: unexpected end of input in offset, expected number, duration, step(), or range()");
    CHECK(error("a @ b") == "4: unexpected identifier \"b\" in @, expected timestamp");
    CHECK(error("a @ start") == "9: unexpected end of input in @, expected timestamp");
    CHECK(error("a ? b") == "2: unexpected character: '?'");
}

TEST_CASE("promql: selectors are refused as in Prometheus", "[rules][promql]") {
    CHECK(error("{}") == "0: vector selector must contain at least one non-empty matcher");
    CHECK(error("1 + {a=\"\", b=~\".*\", c!=\"d\"}") ==
          "4: vector selector must contain at least one non-empty matcher");
    CHECK(error("{\"\"}") == "0: vector selector must contain at least one non-empty matcher");
    CHECK(error("a{__name__=\"b\"}") == "0: metric name must not be set twice: \"a\" or \"b\"");
    CHECK(error("a{\"b\"}") == "0: metric name must not be set twice: \"a\" or \"b\"");
    CHECK(error("(a)[5m]") == "3: ranges only allowed for vector selectors");
    CHECK(error("a offset 1m [5m]") == "12: no offset modifiers allowed before range");
    CHECK(error("a @ 1 [5m]") == "6: no @ modifiers allowed before range");
    CHECK(error("a[0]") == "2: duration must be greater than 0");
    CHECK(error("a[-5m]") == "2: duration must be greater than 0");
    CHECK(error("a[5m:0s]") == "5: duration must be greater than 0");
    CHECK(error("a[NaN]") == "2: unexpected character in duration expression: 'N'");
    CHECK(error("a offset NaN") == "9: duration out of range");
    CHECK(error("a[200y]") == "2: duration out of range");
    CHECK(error("1 + a[100y] offset -10y") == "4: duration out of range");
    CHECK(error("max_over_time(max_over_time(a[60y:])[60y:])") == "28: duration out of range");
    CHECK(error("max_over_time((a offset -50y)[60y:])") == "15: duration out of range");
    CHECK(parsed("max_over_time(a[50y:]) + max_over_time(a[50y:] offset 59y)")->type == ValueType::instant_vector);
    CHECK(error("a offset -1e300") == "9: duration out of range");
    CHECK(error("1 + a offset 1m offset 2m") == "4: offset may not be set multiple times");
    CHECK(error("a @ 1 @ end()") == "0: @ <timestamp> may not be set multiple times");
    CHECK(error("abs(a) offset 1m") ==
          "0: offset modifier must be preceded by an instant vector selector or range vector selector or a subquery");
    CHECK(error("(a) @ 1") ==
          "0: @ modifier must be preceded by an instant vector selector or range vector selector or a subquery");
    CHECK(error("a @ Inf") == "0: timestamp out of bounds for @ modifier: +Inf");
    CHECK(error("a @ -NaN") == "0: timestamp out of bounds for @ modifier: NaN");
    CHECK(error("a @ 1e11") == "0: timestamp out of bounds for @ modifier: 100000000000.000000");
    CHECK(error("a[5m][5m:]") == "0: subquery is only allowed on instant vector, got matrix instead");
    CHECK(error("1[5m:]") == "0: subquery is only allowed on instant vector, got scalar instead");
}

TEST_CASE("promql: types are checked as in Prometheus", "[rules][promql]") {
    CHECK(error("abs(a[5m])") == "4: expected type instant vector in call to function \"abs\", got range vector");
    CHECK(error("rate(a)") == "5: expected type range vector in call to function \"rate\", got instant vector");
    CHECK(error("vector(a)") == "7: expected type scalar in call to function \"vector\", got instant vector");
    CHECK(error("label_join(a, 1, \"\")") == "14: expected type string in call to function \"label_join\", got scalar");
    CHECK(error("1 + abs()") == "4: expected 1 argument(s) in call to \"abs\", got 0");
    CHECK(error("time(1)") == "0: expected 0 argument(s) in call to \"time\", got 1");
    CHECK(error("round()") == "0: expected at least 1 argument(s) in call to \"round\", got 0");
    CHECK(error("round(a, 1, 2)") == "0: expected at most 2 argument(s) in call to \"round\", got 3");
    CHECK(error("nothing(a)") == "0: unknown function with name \"nothing\"");
    CHECK(error("RATE(a[5m])") == "0: unknown function with name \"RATE\"");
    CHECK(error("sum(1)") == "4: expected type instant vector in aggregation expression, got scalar");
    CHECK(error("topk(a, b)") == "5: expected type scalar in aggregation parameter, got instant vector");
    CHECK(error("count_values(1, b)") == "13: expected type string in aggregation parameter, got scalar");
    CHECK(error("sum()") == "0: no arguments for aggregate expression provided");
    CHECK(error("topk(a)") == "0: wrong number of arguments for aggregate expression provided, expected 2, got 1");
    CHECK(error("sum(a, b)") == "0: wrong number of arguments for aggregate expression provided, expected 1, got 2");
    CHECK(error("-\"x\"") ==
          "0: unary expression only allowed on expressions of type scalar or instant vector, got \"string\"");
    CHECK(error("1 + +a[5m]") ==
          "4: unary expression only allowed on expressions of type scalar or instant vector, got \"range vector\"");
    CHECK(error("a + a[5m]") == "4: binary expression must contain only scalar and instant vector types");
    CHECK(error("'a' + b") == "0: binary expression must contain only scalar and instant vector types");
    CHECK(error("1 < 2") == "2: comparisons between scalars must use BOOL modifier");
    CHECK(error("a + bool b") == "2: bool modifier can only be used on comparison operators");
    CHECK(error("a and bool b") == "2: bool modifier can only be used on comparison operators");
    CHECK(error("1 and a") == "0: set operator \"and\" not allowed in binary scalar expression");
    CHECK(error("a unless 1") == "0: set operator \"unless\" not allowed in binary scalar expression");
    CHECK(error("a or on (x) group_left b") == "0: no grouping allowed for \"or\" operation");
    CHECK(error("a + on (x) 1") == "0: vector matching only allowed between instant vectors");
    CHECK(error("a + on (x) group_left (x) b") == "2: label \"x\" must not occur in ON and GROUP clause at once");
    CHECK(parsed("a + ignoring (x) group_left (x) b")->type == ValueType::instant_vector);
}

TEST_CASE("promql: anchored and smoothed stand behind selectors, before or behind their other modifiers",
          "[rules][promql]") {
    const auto edges = [](std::string_view text) {
        const auto tree = parsed(text);
        return selectors_of(*tree).front()->edges;
    };
    CHECK(edges("a[5m] anchored") == Edges::anchored);
    CHECK(edges("a[5m] ANCHORED offset 1m @ 5") == Edges::anchored);
    CHECK(edges("a[5m] @ end() Smoothed offset -1m") == Edges::smoothed);
    CHECK(edges("a @ 5 offset 1m smoothed") == Edges::smoothed);
    CHECK(edges("a anchored anchored") == Edges::anchored);
    CHECK(edges("a smoothed[5m]") == Edges::smoothed);
    CHECK(edges("rate((a{b='c'}[5m] smoothed))") == Edges::smoothed);
    CHECK(edges("max_over_time((a smoothed)[5m:])") == Edges::smoothed);
    CHECK(edges("a[5m]") == Edges::plain);
    CHECK(sketch("b + -a smoothed ^ 2") == "(+ b (neg (^ a smoothed 2)))");
    CHECK(sketch("anchored anchored + smoothed") == "(+ anchored anchored smoothed)");
    CHECK(parsed("a[5m] anchored")->end == 14);
    CHECK(error("1 + a anchored smoothed") == "4: anchored and smoothed modifiers cannot be used together");
    CHECK(error("a[5m] smoothed offset 1m anchored") == "0: anchored and smoothed modifiers cannot be used together");
    CHECK(error("a[5m:] anchored") == "0: anchored modifier is not supported for subqueries");
    CHECK(error("a[5m:1m] offset 1m smoothed") == "0: smoothed modifier is not supported for subqueries");
    CHECK(error("(a) anchored") == "0: anchored modifier not implemented");
    CHECK(error("1 + rate(a[5m]) smoothed") == "4: smoothed modifier not implemented");
    CHECK(error("sum(a) by (b) anchored") == "0: anchored modifier not implemented");
    CHECK(error("5 smoothed") == "0: smoothed modifier not implemented");
    CHECK(error("a anchored b") == "11: unexpected identifier \"b\"");
    CHECK(error("1 + deriv(a[5m] anchored)") ==
          "4: anchored modifier can only be used with: changes, delta, increase, rate, resets - not with deriv");
    CHECK(refused("deriv(a[5m] anchored)").on_evaluation);
    CHECK_FALSE(refused("a[5m:] anchored").on_evaluation);
}

TEST_CASE("promql: what Prometheus has and we do not is refused by name", "[rules][promql]") {
    CHECK(unsupported("{{schema:1}} + a") == "0: native histogram literal");
    CHECK(unsupported("histogram_quantiles(a, \"q\", 0.5)") == "0: function histogram_quantiles");
    CHECK(unsupported("start_timestamp(a)") == "0: function start_timestamp");
    CHECK(unsupported("1 + histogram_quantiles(a, \"q\", 0.5)") == "4: function histogram_quantiles");
    CHECK(unsupported("info(a, {b=\"c\"})") == "0: function info");
    CHECK(unsupported("holt_winters(a[5m], 0.5, 0.5)") == "0: function holt_winters");
    CHECK(refused("holt_winters(a[5m], 0.5, 0.5)").message ==
          "function holt_winters is not supported: Prometheus 3 calls it double_exponential_smoothing");
    CHECK(unsupported("step()") == "0: function step");
    CHECK(unsupported("limit_ratio(0.5, a)") == "0: aggregation limit_ratio");
    CHECK(unsupported("limit_ratio by (x) (0.5, a)") == "0: aggregation limit_ratio");
    CHECK(unsupported("a </ b") == "2: trim operator </");
    CHECK(unsupported("a >/ b") == "2: trim operator >/");
    CHECK(unsupported("a[2 * Max(1m, 2m)]") == "6: max of durations");
    CHECK(unsupported("a offset min(1m, 2m)") == "9: min of durations");
    CHECK(refused("a offset min(1m, 2m)").message ==
          "min of durations is not supported: Prometheus calls it min_of since 3.13");
    CHECK(unsupported("min_of(1, 2)") == "0: function min_of");
    CHECK(unsupported("range() + 1") == "0: function range");
    CHECK(unsupported("a[5m::1m]") == "4: aligned subquery (::)");
    CHECK(unsupported("a + fill (0) b") == "4: modifier fill");
    CHECK(unsupported("a + on (x) fill_left(0) b") == "11: modifier fill_left");
    CHECK(sketch("fill + fill_left") == "(+ fill fill_left)");
}

TEST_CASE("promql: hostile text is refused soon", "[rules][promql]") {
    CHECK(error(std::string(65537, ' ')) == "65536: expression is longer than 65536 bytes");
    CHECK(parsed(std::string(65535, ' ') + "a")->type == ValueType::instant_vector);
    CHECK(sketch(repeated("(", 200) + "a" + repeated(")", 200)).size() == 401);
    CHECK(error(repeated("(", 201) + "a" + repeated(")", 201)) == "201: expression is nested more than 200 deep");
    CHECK(error(repeated("(", 60000)) == "201: expression is nested more than 200 deep");
    CHECK(error(repeated("abs(", 201) + "a") == "804: expression is nested more than 200 deep");
    CHECK(error(repeated("sum(", 201) + "a") == "804: expression is nested more than 200 deep");
    CHECK(error("a" + repeated("^a", 201)) == "402: expression is nested more than 200 deep");
    CHECK(parsed("a" + repeated("^a", 200))->end == 401);
    CHECK(parsed("a" + repeated("+a", 999))->end == 1999);
    CHECK(error("a" + repeated("+a", 30000)) == "0: expression is a tree of more than 1000 levels");
    CHECK(error(repeated("-", 60000) + "a") == "59000: expression is a tree of more than 1000 levels");
    CHECK(error("a" + repeated("[1s:]", 10000)) == "0: expression is a tree of more than 1000 levels");
    CHECK(parsed(repeated("-", 60000) + "1")->type == ValueType::scalar);
    CHECK(error("a{" + repeated("b=~'x{1000}',", 501) + "}") == "6505: more than 500 regular expressions");
    CHECK(error("a[" + repeated("(", 201) + "1") == "203: expression is nested more than 200 deep");
    CHECK(error("a[" + repeated("min_of(", 201) + "1") == "1409: expression is nested more than 200 deep");
    CHECK(error("a[2" + repeated("^2", 201) + "]") == "404: expression is nested more than 200 deep");
    CHECK(parsed("a[1" + repeated("+1", 999) + "]")->end == 2002);
    CHECK(error("a[1" + repeated("+1", 30000) + "]") == "2: expression is a tree of more than 1000 levels");
    CHECK(error("a offset " + repeated("-", 60000) + "step()") ==
          "59009: expression is a tree of more than 1000 levels");
    CHECK(error("a" + repeated(" offset 0", 6000) + " x") == "54002: unexpected identifier \"x\"");
}

TEST_CASE("promql: a series of a test is a name and labels", "[rules][promql]") {
    const auto series = [](std::string_view text) {
        auto result = parse_series(text);
        INFO(text);
        if (const auto* error = std::get_if<ParseError>(&result)) FAIL(error->offset << ": " << error->message);
        return std::get<Labels>(std::move(result));
    };
    const auto bad = [](std::string_view text) {
        auto result = parse_series(text);
        INFO(text);
        REQUIRE(std::holds_alternative<ParseError>(result));
        const auto& error = std::get<ParseError>(result);
        return std::to_string(error.offset) + ": " + error.message;
    };
    CHECK(series("up") == Labels{{"__name__", "up"}});
    CHECK(series("a:b{job=\"x\", by='y',}") == Labels{{"__name__", "a:b"}, {"job", "x"}, {"by", "y"}});
    CHECK(series("sum{}") == Labels{{"__name__", "sum"}});
    CHECK(series("{}").empty());
    CHECK(series("{__name__=\"a\", b=\"\"}") == Labels{{"__name__", "a"}});
    CHECK(series("{\"a.b\", \"c.d\"=\"e\"}") == Labels{{"__name__", "a.b"}, {"c.d", "e"}});
    CHECK(bad("") == "0: unexpected end of input");
    CHECK(bad("a b") == "2: unexpected identifier \"b\"");
    CHECK(bad("a{b!=\"c\"}") == "3: unexpected <op:!=> in label set, expected \"=\"");
    CHECK(bad("a{b=c}") == "4: unexpected identifier \"c\" in label set, expected string");
    CHECK(bad("a{b=\"c\" d=\"e\"}") == "8: unexpected identifier \"d\" in label set, expected \",\" or \"}\"");
    CHECK(bad("a{=\"c\"}") == "2: unexpected \"=\" in label set, expected identifier or \"}\"");
    CHECK(bad("a{b=\"c\", b=\"d\"}") == "9: label \"b\" is set twice");
    CHECK(bad("a{b=\"c\"") == "7: unexpected end of input inside braces");
    CHECK(bad("{{schema:1}}") == "0: native histogram literal is not supported");
}
