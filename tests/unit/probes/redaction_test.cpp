#include "probes/redaction.h"

#include <catch2/catch.hpp>

using namespace outrider::probes;

TEST_CASE("redaction: words that are URLs lose their secrets, the others stay", "[probes][trace]") {
    CHECK(redacted_text("Could not resolve host: live.example") == "Could not resolve host: live.example");
    CHECK(redacted_text("open http://u:pw@h/a?token=x&b=1 failed\n") ==
          "open http://<secret>@h/a?token=<secret>&b=1 failed\n");
    CHECK(redacted_text("/moved?auth_key=1-2-3") == "/moved?auth_key=<secret>");
    CHECK(redacted_text("#EXT-X-KEY:METHOD=AES-128,URI=\"https://k/k?sign=x\",IV=0x1") ==
          "#EXT-X-KEY:METHOD=AES-128,URI=\"https://k/k?sign=<secret>\",IV=0x1");
    CHECK(redacted_text("").empty());
}

TEST_CASE("redaction: of a playlist its end is shown, without what gives access", "[probes][trace]") {
    const std::string list =
        "#EXTM3U\r\n#EXT-X-DEFINE:NAME=\"t\",VALUE=\"s3cret\"\r\n#EXTINF:1,\r\na.ts?token=s3cret\r\n\r\n#EXTINF:1,"
        "\r\nb.ts\r\n";
    CHECK(playlist_tail(list, 3) == "a.ts?token=<secret>\n#EXTINF:1,\nb.ts");
    CHECK(playlist_tail(list) == "#EXTM3U\n#EXT-X-DEFINE:<secret>\n#EXTINF:1,\na.ts?token=<secret>\n#EXTINF:1,\nb.ts");
    CHECK(playlist_tail(std::string(1000, 'x')).size() == 120);
    CHECK(playlist_tail("\n\n").empty());
    CHECK(playlist_tail("").empty());
}
