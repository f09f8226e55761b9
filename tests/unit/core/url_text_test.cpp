// Addresses and URLs as text, and what of them may be shown.
#include "outrider/url_text.h"

#include <catch2/catch.hpp>
#include <utility>

using namespace outrider;

TEST_CASE("url text: a host with or without a port is split", "[core][url]") {
    CHECK(split_host_port("a.example") == HostPort{"a.example", {}});
    CHECK(split_host_port("a.example:80") == HostPort{"a.example", 80});
    CHECK(split_host_port("198.51.100.7:0") == HostPort{"198.51.100.7", 0});
    CHECK(split_host_port("[2001:db8::1]") == HostPort{"2001:db8::1", {}});
    CHECK(split_host_port("[::ffff:192.0.2.1]:65535") == HostPort{"::ffff:192.0.2.1", 65535});
    CHECK(split_host_port("[::]:1") == HostPort{"::", 1});
    CHECK(split_host_port("[1:2:3:4:5:6:7:8]:1") == HostPort{"1:2:3:4:5:6:7:8", 1});
    CHECK(split_host_port("_srv.x-y.example.") == HostPort{"_srv.x-y.example.", {}});
}

TEST_CASE("url text: what is no host and port is refused", "[core][url]") {
    for (const auto* text : {"",
                             ":80",
                             "a:",
                             "a:b",
                             "a:65536",
                             "a:-1",
                             "a:+1",
                             "a:1:2",
                             "a b",
                             "a..b",
                             ".a",
                             "::1",
                             "[::1",
                             "[]:1",
                             "[::1]1",
                             "[::1]:",
                             "[1.2.3.4]",
                             "[1::2::3]",
                             "[12345::]",
                             "[1:2:3:4:5:6:7:8:9]",
                             "[1:2:3:4:5:6:7]",
                             "[:1:2:3:4:5:6:7]",
                             "[1:]",
                             "[:::]",
                             "[fe80::1%eth0]",
                             "[::1.2.3.400]",
                             "a/b",
                             "a@b",
                             "é",
                             "999.1.1.1",
                             "1.2.3",
                             "010.0.0.1",
                             "1.2.3.4.5"}) {
        CAPTURE(text);
        CHECK_FALSE(split_host_port(text).has_value());
    }
}

TEST_CASE("url text: an absolute URL is split", "[core][url]") {
    CHECK(split_url("http://a.example") == UrlParts{"http", "a.example", {}, "/"});
    CHECK(split_url("HTTPS://A.example:8443/Live/x.flv?a=1#f") ==
          UrlParts{"https", "a.example", 8443, "/Live/x.flv?a=1"});
    CHECK(split_url("http://u:p@[2001:db8::1]:80/") == UrlParts{"http", "2001:db8::1", 80, "/"});
    CHECK(split_url("http://a?x") == UrlParts{"http", "a", {}, "/?x"});
    CHECK(split_url("http://a/%20@x") == UrlParts{"http", "a", {}, "/%20@x"});
}

TEST_CASE("url text: what is no absolute URL is refused", "[core][url]") {
    for (const auto* text : {"",
                             "a",
                             "http",
                             "http:",
                             "http:/a",
                             "//a",
                             "://a",
                             "1http://a",
                             "ht tp://a",
                             "http://",
                             "http:///x",
                             "http://:80/",
                             "http://a:0/",
                             "http://a:/",
                             "http://a:x/",
                             "http://a b/",
                             "http://a/ b",
                             "http://a/\n",
                             "http://a/%",
                             "http://a/%2",
                             "http://a/%zz",
                             "http://a/é",
                             "http://[::1/",
                             "http://::1/",
                             "http://u@/",
                             "http://a\\b/",
                             "http://a/<x>",
                             "mailto:a@b"}) {
        CAPTURE(text);
        CHECK_FALSE(split_url(text).has_value());
    }
}

TEST_CASE("url text: what is shown of a URL holds no secret", "[core][url]") {
    const std::pair<const char*, const char*> table[]{
        {"http://a.example/x.flv", "http://a.example/x.flv"},
        {"http://user:pass@a/x", "http://<secret>@a/x"},
        {"http://user@a/x", "http://<secret>@a/x"},
        {"http://u:p@ss@a/x", "http://<secret>@a/x"},
        {"http://u:p/ss@a/x", "http://<secret>@a/x"},
        {"user:pass@a/x", "<secret>@a/x"},
        {"http://a/@live/x", "http://a/@live/x"},
        {"http://a:80/@live/x", "http://a:80/@live/x"},
        {"http://[::1]/@live/x", "http://[::1]/@live/x"},
        {"http://a/x?token=abc&t=1", "http://a/x?token=<secret>&t=1"},
        {"http://a/x?t=1;Auth_Key=a=b#access_token=z", "http://a/x?t=1;Auth_Key=<secret>#access_token=<secret>"},
        {"srt://a:1?streamid=x&passphrase=0123456789", "srt://a:1?streamid=x&passphrase=<secret>"},
        {"http://a/x?wsSecret=q&X-Amz-Signature=r&PWD=",
         "http://a/x?wsSecret=<secret>&X-Amz-Signature=<secret>&PWD=<secret>"},
        {"http://a/x?hdnts=exp=1~hmac=2&sig=3&hash=4&t=5", "http://a/x?hdnts=<secret>&sig=<secret>&hash=<secret>&t=5"},
        {"http://a?password=p?secret=q", "http://a?password=<secret>?secret=<secret>"},
        {"http://a/x?token", "http://a/x?token"},
        {"", ""},
        {"://@?=&", "://<secret>@?=&"},
    };
    for (const auto& [url, shown] : table) CHECK(redacted_url(url) == shown);
}
