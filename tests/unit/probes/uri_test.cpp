#include "probes/net/uri.h"

#include <catch2/catch.hpp>
#include <string>

using namespace outrider::probes;

TEST_CASE("uri: the examples of RFC 3986 5.4", "[probes][hls]") {
    struct Row {
        std::string reference;
        std::string wanted;
    };
    const std::string base = "http://a/b/c/d;p?q";
    const auto row = GENERATE(values<Row>({
        // 5.4.1 normal
        {"http:h", ""},  // 5.4.1's "g:h": another scheme's path, and without a host not for us
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q#s"},
        {"g#s", "http://a/b/c/g#s"},
        {"g?y#s", "http://a/b/c/g?y#s"},
        {";x", "http://a/b/c/;x"},
        {"g;x", "http://a/b/c/g;x"},
        {"g;x?y#s", "http://a/b/c/g;x?y#s"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../", "http://a/"},
        {"../../g", "http://a/g"},
        // 5.4.2 abnormal
        {"../../../g", "http://a/g"},
        {"../../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {".g", "http://a/b/c/.g"},
        {"g..", "http://a/b/c/g.."},
        {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/./h", "http://a/b/c/g/h"},
        {"g/../h", "http://a/b/c/h"},
        {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
        {"g;x=1/../y", "http://a/b/c/y"},
        {"g?y/./x", "http://a/b/c/g?y/./x"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
        {"g#s/./x", "http://a/b/c/g#s/./x"},
        {"g#s/../x", "http://a/b/c/g#s/../x"},
    }));
    INFO(row.reference);
    CHECK(resolve_uri(base, row.reference).value_or("") == row.wanted);
}

TEST_CASE("uri: what players meet", "[probes][hls]") {
    const std::string base = "https://cdn.example:8443/live/a.m3u8?token=x";
    CHECK(resolve_uri(base, "seg 1.ts") == "https://cdn.example:8443/live/seg%201.ts");
    CHECK(resolve_uri(base, "  seg.ts ") == "https://cdn.example:8443/live/seg.ts");
    CHECK(resolve_uri(base, "HTTP://Other/x") == "http://Other/x");
    CHECK(resolve_uri("https://cdn.example", "a.ts") == "https://cdn.example/a.ts");
    CHECK(resolve_uri(base, "seg.ts?at=12:30") == "https://cdn.example:8443/live/seg.ts?at=12:30");
    CHECK(resolve_uri("https://[2001:db8::1]/x/", "y") == "https://[2001:db8::1]/x/y");
}

TEST_CASE("uri: what leads elsewhere is refused", "[probes][hls]") {
    const std::string base = "http://a/b";
    const std::string bad = GENERATE(
        values<std::string>({"file:///etc/passwd", "ftp://a/b", "data:,x", "http://", "//", "https:///x", "http://@/x",
                             "http://:80/x", "a\r\nHost: b", "a\x7F", "javascript:x", std::string(9000, 'a')}));
    INFO(bad.substr(0, 40));
    CHECK_FALSE(resolve_uri(base, bad));
}

TEST_CASE("uri: dot segments cost linear time", "[probes][hls]") {
    std::string deep;
    for (int i = 0; i < 1300; ++i) deep += "a/../";
    CHECK(resolve_uri("http://h/", deep + "x") == "http://h/x");
}

TEST_CASE("uri: parameters join the query", "[probes][hls]") {
    CHECK(with_query("http://a/b", "_HLS_msn=1") == "http://a/b?_HLS_msn=1");
    CHECK(with_query("http://a/b?", "_HLS_msn=1") == "http://a/b?_HLS_msn=1");
    CHECK(with_query("http://a/b?t=1#f", "_HLS_msn=1&_HLS_part=0") == "http://a/b?t=1&_HLS_msn=1&_HLS_part=0#f");
}
