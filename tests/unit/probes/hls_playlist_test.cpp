#include <catch2/catch.hpp>
#include <string>

#include "probes/hls/playlist.h"

using namespace outrider;
using namespace outrider::probes;
using namespace std::chrono_literals;

namespace {

MediaPlaylist media(const std::string& text) {
    auto parsed = parse_playlist(text);
    if (!parsed) FAIL(parsed.error().text);
    REQUIRE(std::holds_alternative<MediaPlaylist>(*parsed));
    return std::get<MediaPlaylist>(*parsed);
}

MasterPlaylist master(const std::string& text) {
    auto parsed = parse_playlist(text);
    if (!parsed) FAIL(parsed.error().text);
    REQUIRE(std::holds_alternative<MasterPlaylist>(*parsed));
    return std::get<MasterPlaylist>(*parsed);
}

const Instant kSeven = Instant{std::chrono::sys_days{std::chrono::March / 1 / 2026}} + 7h;

}  // namespace

TEST_CASE("hls playlist: a live media playlist", "[probes][hls]") {
    const auto list = media(R"(#EXTM3U
#EXT-X-VERSION:3
## a comment
#EXT-X-TARGETDURATION:6
#EXT-X-MEDIA-SEQUENCE:2680
#EXT-X-DISCONTINUITY-SEQUENCE:4
#EXTINF:5.005,first
a.ts
#EXT-X-DISCONTINUITY
#EXT-X-UNKNOWN:whatever
#EXTINF:4,
b.ts?token=1

#EXT-X-GAP
#EXTINF:5.5,
c.ts
)");
    CHECK(list.target_duration == 6s);
    CHECK(list.media_sequence == 2680);
    CHECK_FALSE(list.ended);
    REQUIRE(list.segments.size() == 3);
    CHECK(list.segments[0].uri == "a.ts");
    CHECK(list.segments[0].duration == 5'005ms);
    CHECK(list.segments[0].sequence == 2680);
    CHECK(list.segments[0].discontinuities == 4);
    CHECK(list.segments[1].discontinuity);
    CHECK(list.segments[1].discontinuities == 5);
    CHECK(list.segments[1].uri == "b.ts?token=1");
    CHECK_FALSE(list.segments[2].discontinuity);
    CHECK(list.segments[2].gap);
    CHECK(list.segments[2].sequence == 2682);
    CHECK(list.last_sequence() == 2682U);
}

TEST_CASE("hls playlist: line ends, byte-order mark and a missing last newline make no difference", "[probes][hls]") {
    const std::string unix = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2.0,\na.ts\n#EXT-X-ENDLIST\n";
    const auto wanted = media(unix);
    std::string dos;
    for (const char c : unix) dos += c == '\n' ? std::string{"\r\n"} : std::string{c};
    CHECK(media(dos) == wanted);
    CHECK(media("\xEF\xBB\xBF" + unix) == wanted);
    CHECK(media(unix.substr(0, unix.size() - 1)) == wanted);
    CHECK(wanted.ended);
}

TEST_CASE("hls playlist: a master playlist and the choice from it", "[probes][hls]") {
    const auto list = master(R"(#EXTM3U
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="aac",NAME="English, main",LANGUAGE="en",DEFAULT=YES,URI="en.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=2560000,AVERAGE-BANDWIDTH=2000000,RESOLUTION=1280x720,CODECS="avc1.4d401f,mp4a.40.2",AUDIO="aac"
mid.m3u8
#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=86000,URI="trick.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=7680000
high.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=1280000
low.m3u8
)");
    REQUIRE(list.variants.size() == 3);
    CHECK(list.variants[0] == Variant{.uri = "mid.m3u8",
                                      .bandwidth = 2560000,
                                      .average_bandwidth = 2000000,
                                      .width = 1280,
                                      .height = 720,
                                      .codecs = "avc1.4d401f,mp4a.40.2",
                                      .audio_group = "aac"});
    REQUIRE(list.renditions.size() == 1);
    CHECK(list.renditions[0].name == "English, main");
    CHECK(list.renditions[0].is_default);

    struct Row {
        VariantRule rule;
        std::uint64_t bound;
        std::string wanted;
    };
    const auto row = GENERATE(values<Row>({{VariantRule::first, 0, "mid.m3u8"},
                                           {VariantRule::highest, 0, "high.m3u8"},
                                           {VariantRule::lowest, 0, "low.m3u8"},
                                           {VariantRule::at_most, 9'000'000, "high.m3u8"},
                                           {VariantRule::at_most, 2'560'000, "mid.m3u8"},
                                           {VariantRule::at_most, 100'000, "low.m3u8"}}));
    CHECK(choose_variant(list, row.rule, row.bound).uri == row.wanted);
}

TEST_CASE("hls playlist: byte ranges follow one another where no offset is given", "[probes][hls]") {
    const auto list = media(R"(#EXTM3U
#EXT-X-TARGETDURATION:2
#EXT-X-MAP:URI="all.mp4",BYTERANGE="720@0"
#EXTINF:2,
#EXT-X-BYTERANGE:1000@720
all.mp4
#EXTINF:2,
#EXT-X-BYTERANGE:500
all.mp4
#EXT-X-BYTERANGE:50@9000
#EXTINF:2,
other.mp4
)");
    REQUIRE(list.inits.size() == 1);
    CHECK(list.inits[0] == InitSection{.uri = "all.mp4", .range = ByteRange{0, 720}});
    REQUIRE(list.segments.size() == 3);
    CHECK(list.segments[0].range == ByteRange{720, 1000});
    CHECK(list.segments[1].range == ByteRange{1720, 500});
    CHECK(list.segments[2].range == ByteRange{9000, 50});
    CHECK(list.segments[2].init == 0);
}

TEST_CASE("hls playlist: a key holds until the next one, an init section too", "[probes][hls]") {
    const auto list = media(R"(#EXTM3U
#EXT-X-TARGETDURATION:2
#EXTINF:2,
plain.ts
#EXT-X-KEY:METHOD=AES-128,URI="https://k/1",IV=0x1234
#EXTINF:2,
secret1.ts
#EXTINF:2,
secret2.ts
#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://x",KEYFORMAT="com.apple.streamingkeydelivery"
#EXT-X-MAP:URI="i1.mp4"
#EXTINF:2,
sample.mp4
#EXT-X-KEY:METHOD=NONE
#EXT-X-MAP:URI="i2.mp4"
#EXTINF:2,
plain.mp4
)");
    REQUIRE(list.segments.size() == 5);
    CHECK(list.segments[0].encryption == Encryption::none);
    CHECK(list.segments[0].init == kNoInit);
    CHECK(list.segments[1].encryption == Encryption::aes_128);
    CHECK(list.segments[2].encryption == Encryption::aes_128);
    CHECK(list.segments[3].encryption == Encryption::sample_aes);
    CHECK(list.segments[3].init == 0);
    CHECK(list.segments[4].encryption == Encryption::none);
    CHECK(list.inits[list.segments[4].init].uri == "i2.mp4");
}

TEST_CASE("hls playlist: program date, its zones and fractions", "[probes][hls]") {
    struct Row {
        std::string text;
        std::optional<Instant> wanted;
    };
    const auto row = GENERATE(values<Row>({
        {"2026-03-01T07:00:00Z", kSeven},
        {"2026-03-01T07:00:00.120Z", kSeven + 120ms},
        {"2026-03-01T07:00:00,5Z", kSeven + 500ms},
        {"2026-03-01T07:00:00.123456789012Z", kSeven + 123'456'789ns},
        {"2026-03-01T15:00:00.000+08:00", kSeven},
        {"2026-03-01T15:00:00.000+0800", kSeven},
        {"2026-03-01T15:00:00+08", kSeven},
        {"2026-03-01T01:30:00-05:30", kSeven},
        {"2026-03-01T07:00:00", kSeven},
        {"20260301T070000Z", kSeven},
        {"2026-02-29T07:00:00Z", std::nullopt},
        {"2026-13-01T07:00:00Z", std::nullopt},
        {"1969-01-01T07:00:00Z", std::nullopt},
        {"2026-03-01T07:60:00Z", std::nullopt},
        {"2026-03-01T07:00Z", std::nullopt},
        {"2026-03-01T07:00:00+8", std::nullopt},
        {"yesterday", std::nullopt},
        {"", std::nullopt},
    }));
    INFO(row.text);
    CHECK(read_date_time(row.text) == row.wanted);
}

TEST_CASE("hls playlist: a program date carries over to the segments around it", "[probes][hls]") {
    const auto list = media(R"(#EXTM3U
#EXT-X-TARGETDURATION:4
#EXTINF:4,
a.ts
#EXT-X-PROGRAM-DATE-TIME:2026-03-01T07:00:00Z
#EXTINF:2.5,
b.ts
#EXTINF:4,
c.ts
)");
    CHECK(list.segments[0].program_date == kSeven - 4s);
    CHECK(list.segments[1].program_date == kSeven);
    CHECK(list.segments[2].program_date == kSeven + 2'500ms);
}

TEST_CASE("hls playlist: low latency", "[probes][hls]") {
    // After the example in draft-pantos-hls-rfc8216bis appendix B.1.
    const auto list = media(R"(#EXTM3U
#EXT-X-TARGETDURATION:4
#EXT-X-VERSION:6
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=1.0,CAN-SKIP-UNTIL=12.0
#EXT-X-PART-INF:PART-TARGET=0.33334
#EXT-X-MEDIA-SEQUENCE:266
#EXTINF:4.00008,
fileSequence266.mp4
#EXT-X-PART:DURATION=0.33334,URI="filePart267.0.mp4",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.33334,URI="filePart267.1.mp4",GAP=YES
#EXTINF:4.00008,
fileSequence267.mp4
#EXT-X-PART:DURATION=0.33334,URI="all.mp4",BYTERANGE="100@0"
#EXT-X-PART:DURATION=0.33334,URI="all.mp4",BYTERANGE="50"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="all.mp4",BYTERANGE-START=150
#EXT-X-RENDITION-REPORT:URI="../1M/waitForMSN.php",LAST-MSN=268,LAST-PART=1
)");
    CHECK(list.server_control.can_block_reload);
    CHECK(list.server_control.part_hold_back == 1s);
    CHECK(list.server_control.can_skip_until == 12s);
    CHECK(list.part_target == 333'340us);
    REQUIRE(list.segments.size() == 3);
    REQUIRE(list.segments[1].parts.size() == 2);
    CHECK(list.segments[1].parts[0].independent);
    CHECK(list.segments[1].parts[1].gap);
    CHECK(list.last_sequence() == 267U);
    CHECK(list.trailing_parts() == 2);
    CHECK(list.segments[2].uri.empty());
    CHECK(list.segments[2].duration == 666'680us);
    CHECK(list.segments[2].parts[1].range == ByteRange{100, 50});
    REQUIRE(list.preload_hints.size() == 1);
    CHECK(list.preload_hints[0] == PreloadHint{false, "all.mp4", 150, std::nullopt});
    REQUIRE(list.rendition_reports.size() == 1);
    CHECK(list.rendition_reports[0].last_sequence == 268U);
}

TEST_CASE("hls playlist: a delta update counts the segments that it leaves out", "[probes][hls]") {
    const auto list = media(R"(#EXTM3U
#EXT-X-TARGETDURATION:4
#EXT-X-MEDIA-SEQUENCE:266
#EXT-X-SKIP:SKIPPED-SEGMENTS=3
#EXTINF:4,
269.mp4
)");
    CHECK(list.segments[0].sequence == 269);
    CHECK(list.skipped == 3);
}

TEST_CASE("hls playlist: variables are put in, once", "[probes][hls]") {
    const auto list = media(R"(#EXTM3U
#EXT-X-DEFINE:NAME="host",VALUE="https://a.example"
#EXT-X-DEFINE:NAME="path",VALUE="{$host}/live"
#EXT-X-DEFINE:NAME="odd",VALUE="$"
#EXT-X-TARGETDURATION:2
# a comment on {$nothing}
#EXT-X-MAP:URI="{$path}/{$path}"
#EXTINF:2,
{$path}/a.ts?b={{$odd}host}
)");
    CHECK(list.inits.at(0).uri == "https://a.example/live/https://a.example/live");
    CHECK(list.segments.at(0).uri == "https://a.example/live/a.ts?b={$host}");

    // Each line doubles what the one before it named.
    std::string bomb = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-DEFINE:NAME=\"0\",VALUE=\"1234567890\"\n";
    for (int i = 1; i < 40; ++i) {
        const auto before = "{$" + std::to_string(i - 1) + "}";
        bomb += "#EXT-X-DEFINE:NAME=\"" + std::to_string(i) + "\",VALUE=\"" + before + before + "\"\n";
    }
    const auto parsed = parse_playlist(bomb);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().text.find("want 1 MiB at most with variables put in") != std::string::npos);
}

TEST_CASE("hls playlist: the fragment of a URL chooses the variant", "[probes][hls]") {
    using enum VariantRule;
    const std::string url = "https://a/b.m3u8?c=d";
    CHECK(variant_choice(url) == VariantChoice{highest, 0});
    CHECK(variant_choice(url + "#t=10") == VariantChoice{highest, 0});
    CHECK(variant_choice(url + "#rendition=highest") == VariantChoice{highest, 0});
    CHECK(variant_choice(url + "#rendition=lowest") == VariantChoice{lowest, 0});
    CHECK(variant_choice(url + "#rendition=first") == VariantChoice{first, 0});
    CHECK(variant_choice(url + "#rendition=2500000") == VariantChoice{at_most, 2'500'000});
    for (const auto* odd : {"#rendition=", "#rendition=best", "#rendition=-1", "#rendition=0"})
        CHECK_FALSE(variant_choice(url + odd));
}

TEST_CASE("hls playlist: a part that is a gap, and hints of either kind", "[probes][hls]") {
    const auto list = media(R"(#EXTM3U
#EXT-X-TARGETDURATION:2
#EXT-X-PART-INF:PART-TARGET=0.5
#EXT-X-KEY:METHOD=SAMPLE-AES-CTR,URI="x"
#EXT-X-PART:DURATION=0.5,URI="a0.mp4",INDEPENDENT=YES
#EXT-X-PART:DURATION=0.5,URI="a1.mp4",GAP=YES
#EXT-X-PRELOAD-HINT:TYPE=MAP,URI="i.mp4",BYTERANGE-START=10,BYTERANGE-LENGTH=90
#EXT-X-PRELOAD-HINT:TYPE=TRAILER,URI="of a later edition"
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="a2.mp4"
#EXT-X-RENDITION-REPORT:URI="../other.m3u8",LAST-MSN=7,LAST-PART=2
)");
    CHECK(list.offers_parts());
    CHECK(list.segments.at(0).encryption == Encryption::sample_aes);  // the container stays readable
    CHECK_FALSE(list.segments[0].parts.at(0).gap);
    CHECK(list.segments[0].parts[0].independent);
    CHECK(list.segments[0].parts.at(1).gap);
    REQUIRE(list.preload_hints.size() == 2);
    CHECK(list.preload_hints[0] == PreloadHint{true, "i.mp4", 10, 90});
    CHECK(list.preload_hints[1] == PreloadHint{false, "a2.mp4", 0, std::nullopt});
    CHECK(list.rendition_reports.at(0) == RenditionReport{"../other.m3u8", 7, 2});
}

TEST_CASE("hls playlist: what is wrong is named with its line", "[probes][hls]") {
    struct Row {
        std::string text;
        std::string wanted;
    };
    const std::string head = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n";
    const auto row = GENERATE_COPY(values<Row>({
        {"", "line 0: want #EXTM3U, got the end"},
        {"<html>\n<body>", "line 1: want #EXTM3U, got \"<html>\""},
        {"\n#EXTM3U\n", "line 1: want #EXTM3U, got \"\""},
        {"#EXTM3U\n", "line 1: want EXT-X-TARGETDURATION, got the end"},
        {"#EXTM3U\n#EXT-X-TARGETDURATION:two\n",
         "line 2: EXT-X-TARGETDURATION: want a number of seconds above 0, a day at most, got \"two\""},
        {"#EXTM3U\n#EXT-X-TARGETDURATION:0\n",
         "line 2: EXT-X-TARGETDURATION: want a number of seconds above 0, a day at most, got \"0\""},
        {head + "#EXTINF:-1,\na.ts", "line 3: EXTINF: want a duration of 0 to 86400 seconds, got \"-1,\""},
        {head + "#EXTINF:1e400,\na.ts", "line 3: EXTINF: want a duration of 0 to 86400 seconds, got \"1e400,\""},
        {head + "a.ts", "line 3: want EXTINF before a segment's URI, got \"a.ts\""},
        {head + "#EXTINF:2,\n", "line 3: want the URI of the segment, got the end"},
        {head + "#EXT-X-STREAM-INF:BANDWIDTH=1\n",
         "line 3: EXT-X-STREAM-INF: want no tag of a master playlist in a media playlist, got "
         "\"EXT-X-STREAM-INF:BANDWIDTH=1\""},
        {"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n", "line 2: want the URI of the variant, got the end"},
        {"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=fast\nx",
         "line 2: EXT-X-STREAM-INF: want BANDWIDTH to be bits a second, got \"fast\""},
        {"#EXTM3U\n#EXT-X-STREAM-INF:CODECS=\"avc\nx",
         "line 2: EXT-X-STREAM-INF: want an attribute list NAME=value,..., got \"CODECS=\"avc\""},
        {head + "#EXTINF:2,\n#EXT-X-BYTERANGE:10\na.ts",
         "line 5: EXT-X-BYTERANGE: want <length>[@<offset>], the offset where none precedes, got \"10\""},
        {head + "#EXTINF:2,\n#EXT-X-BYTERANGE:9223372036854775807@1\na.ts",
         "line 5: EXT-X-BYTERANGE: want <length>[@<offset>], the offset where none precedes, got "
         "\"9223372036854775807@1\""},
        {head + "#EXT-X-MEDIA-SEQUENCE:18446744073709551616",
         "line 3: EXT-X-MEDIA-SEQUENCE: want a whole number, got \"18446744073709551616\""},
        {head + "#EXT-X-MEDIA-SEQUENCE:9223372036854775807", "line 3: want sequence numbers below 2^63, got the end"},
        {head + "#EXT-X-DEFINE:IMPORT=\"x\"",
         "line 3: EXT-X-DEFINE: want IMPORT to be absent, variables from elsewhere are not known, got \"x\""},
        {head + "#EXT-X-DEFINE:NAME=\"x\"", "line 3: EXT-X-DEFINE: want NAME and VALUE, got \"NAME=\"x\"\""},
        {head + "#EXT-X-DEFINE:NAME=\"x\",VALUE=\"\"\n#EXTINF:1,\n{$y}/a",
         "line 5: want a variable that EXT-X-DEFINE names, got \"{$y}/a\""},
        {head + "#EXT-X-PART:URI=\"a\"", "line 3: EXT-X-PART: want URI and DURATION, got \"URI=\"a\"\""},
        {head + "#EXT-X-PART:URI=\"a\",DURATION=-1",
         "line 3: EXT-X-PART: want URI and DURATION, got "
         "\"URI=\"a\",DURATION=-1\""},
        {head + "#EXT-X-PART-INF:PART-TARGET=0",
         "line 3: EXT-X-PART-INF: want PART-TARGET above 0, got "
         "\"PART-TARGET=0\""},
        {head + "#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"a\",BYTERANGE-START=-1",
         "line 3: EXT-X-PRELOAD-HINT: want BYTERANGE-START to be a whole number, got \"-1\""},
        {head + "#EXT-X-KEY:URI=\"x\"", "line 3: EXT-X-KEY: want METHOD, got \"URI=\"x\"\""},
        {head + "#EXT-X-MAP:BYTERANGE=\"1@0\"", "line 3: EXT-X-MAP: want URI, got \"BYTERANGE=\"1@0\"\""},
        {head + "#EXTINF:1,\na\n#EXT-X-SKIP:SKIPPED-SEGMENTS=1",
         "line 5: EXT-X-SKIP: want it before the first segment, got \"SKIPPED-SEGMENTS=1\""},
        {head + "#EXT-X-PROGRAM-DATE-TIME:now\x1B[31m",
         "line 3: EXT-X-PROGRAM-DATE-TIME: want a date and time such as 2026-03-01T07:05:09.120Z, got \"now?[31m\""},
    }));
    const auto parsed = parse_playlist(row.text);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().text == row.wanted);
}

TEST_CASE("hls playlist: size and number are bounded", "[probes][hls]") {
    const std::string head = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n";
    const auto big = parse_playlist(head + std::string(kMaxPlaylistBytes, '#'));
    REQUIRE_FALSE(big);
    CHECK(big.error().text == "want a playlist of 1 MiB at most, got 1048608 bytes");

    std::string many = head;
    for (std::size_t i = 0; i <= kMaxPlaylistItems; ++i) many += "#EXTINF:1,\na\n";
    const auto crowded = parse_playlist(many);
    REQUIRE_FALSE(crowded);
    CHECK(crowded.error().text == "line 65540: want 32768 items at most, got \"a\"");
}
