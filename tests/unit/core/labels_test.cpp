#include "outrider/labels.h"

#include <catch2/catch.hpp>

using outrider::is_label_name;
using outrider::Labels;

TEST_CASE("labels: the fingerprint is Alertmanager's", "[core][labels]") {
    // Shown by Alertmanager 0.25 for alerts with these labels.
    CHECK(Labels{{"alertname", "ONCE"}, {"stream", "a"}}.fingerprint() == 0x1a7c052234f597dcULL);
    CHECK(Labels{{"alertname", "OLD"}, {"stream", "b"}}.fingerprint() == 0xc8ba7509d4a52801ULL);
    CHECK(Labels{}.fingerprint() == 0xcbf29ce484222325ULL);
}

TEST_CASE("labels: the order of writing does not matter", "[core][labels]") {
    const Labels one{{"a", "1"}, {"b", "2"}};
    const Labels other{{"b", "2"}, {"a", "1"}};
    CHECK(one == other);
    CHECK(one.to_string() == other.to_string());
    CHECK(one.fingerprint() == other.fingerprint());
}

TEST_CASE("labels: an empty value is an absent label", "[core][labels]") {
    Labels labels{{"a", "1"}, {"b", ""}};
    CHECK(labels == Labels{{"a", "1"}});
    CHECK_FALSE(labels.get("b"));
    CHECK(labels.value_of("b").empty());
    labels.set("a", "");
    CHECK(labels.empty());
}

TEST_CASE("labels: the last value of a name holds", "[core][labels]") {
    Labels labels{{"a", "1"}, {"a", "2"}};
    CHECK(labels.size() == 1);
    CHECK(labels.value_of("a") == "2");
    labels.set("a", "3");
    CHECK(labels.value_of("a") == "3");
}

TEST_CASE("labels: the text is canonical and escaped as Prometheus does", "[core][labels]") {
    CHECK(Labels{}.to_string() == "{}");
    CHECK(Labels{{"b", "y"}, {"a", "x"}}.to_string() == R"({a="x", b="y"})");
    CHECK(Labels{{"a", "back\\slash \"quote\" line\nbreak"}}.to_string() ==
          R"({a="back\\slash \"quote\" line\nbreak"})");
    // Without escapes these two would have one text.
    CHECK(Labels{{"a", R"(x", b="y)"}}.to_string() != Labels{{"a", "x"}, {"b", "y"}}.to_string());
}

TEST_CASE("labels: names are letters, digits and underscores, not a digit first", "[core][labels]") {
    for (const auto* name : {"a", "_", "__name__", "Az_09"}) CHECK(is_label_name(name));
    for (const auto* name : {"", "9a", "a-b", "a.b", "a b", "\xC3\xA4"}) CHECK_FALSE(is_label_name(name));
}
