#include "daemon/commands/probe/options.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <catch2/catch.hpp>
#include <variant>

using namespace outrider;
using namespace outrider::app;
using namespace std::chrono_literals;

namespace {

/// The options of that command line, or the message that refuses it.
std::variant<ProbeOptions, std::string> parsed(std::vector<std::string> words) {
    ProbeOptions options;
    CLI::App app;
    add_probe_command(app, options);
    words.insert(words.begin(), "probe");
    std::ranges::reverse(words);  // CLI11 takes them from the end
    try {
        app.parse(std::move(words));
    } catch (const CLI::ParseError& error) {
        return std::string{error.what()};
    }
    return options;
}

ProbeOptions taken(std::vector<std::string> words) {
    auto result = parsed(std::move(words));
    if (auto* message = std::get_if<std::string>(&result)) FAIL(*message);
    return std::get<ProbeOptions>(result);
}

std::string refused(std::vector<std::string> words) {
    const auto result = parsed(std::move(words));
    const auto* message = std::get_if<std::string>(&result);
    return message == nullptr ? "" : *message;
}

constexpr const char* kUrl = "http://h/x.flv";

}  // namespace

TEST_CASE("probe options: defaults", "[daemon][probe]") {
    const auto options = taken({kUrl});
    CHECK(options.protocols == std::vector<std::string>{"httpflv"});
    CHECK(options.viewers.size() == 3);
    CHECK(options.viewers[1] == ViewerSpec{.name = "3s", .start = 3s, .resume = 3s});
    CHECK_FALSE(options.duration);
    CHECK(options.request == RequestOptions{});
}

TEST_CASE("probe options: each option takes one value, wherever the URL stands", "[daemon][probe]") {
    const auto options =
        taken({"--viewer", "2s", "--pop", "sin1=10.0.0.1:8080", "--viewer", "2s:500ms", "--viewer", "2s", "--header",
               "X-Key: a: b", "--pop", "fra.example", kUrl, "--duration", "5s", "rtmp://h/live/x"});
    CHECK(options.urls.size() == 2);
    CHECK(options.protocols == std::vector<std::string>{"httpflv", "rtmp"});
    CHECK(options.viewers == std::vector<ViewerSpec>{{.name = "2s", .start = 2s, .resume = 2s},
                                                     {.name = "2s:500ms", .start = 2s, .resume = 500ms}});
    REQUIRE(options.pops.size() == 2);
    CHECK(options.pops[0].name == "sin1");
    CHECK(options.pops[0].address == "10.0.0.1:8080");
    CHECK(options.pops[1].name == "fra.example");
    CHECK(options.pops[1].address == "fra.example");
    CHECK(options.request.headers == std::vector<std::pair<std::string, std::string>>{{"X-Key", "a: b"}});
    CHECK(options.duration == 5s);
}

TEST_CASE("probe options: how the stream is asked for", "[daemon][probe]") {
    const auto options = taken({"http://h/live/x", "--protocol", "httpflv", "--user", "joe", "--password-file",
                                "/dev/null", "--insecure", "--user-agent", "me/1", "--referer", "http://r/",
                                "--passphrase-file", "/dev/null", "-v", "--json"});
    CHECK(options.protocols == std::vector<std::string>{"httpflv"});
    RequestOptions expected;
    expected.user_agent = "me/1";
    expected.referer = "http://r/";
    expected.basic_auth.emplace().username = "joe";
    expected.basic_auth->password_file = "/dev/null";
    expected.passphrase_file = "/dev/null";
    expected.insecure = true;
    CHECK(options.request == expected);
    CHECK(options.verbose);
    CHECK(options.output == ProbeOutput::json);
    const auto bearer = taken({kUrl, "--credentials-file", "/dev/null", "--json-lines"});
    REQUIRE(bearer.request.authorization);
    CHECK(bearer.request.authorization->credentials_file == "/dev/null");
    CHECK(bearer.output == ProbeOutput::json_lines);
}

TEST_CASE("probe options: what is wrong, what was wanted, what was found", "[daemon][probe]") {
    struct Row {
        std::vector<std::string> words;
        const char* part;
    };
    const std::vector<Row> rows{
        {{}, "URL is required"},
        {{kUrl, "--duration", "5"}, "--duration: want a duration such as 30s, got \"5\""},
        {{kUrl, "--viewer", "fast"}, "--viewer: want a buffer such as 2s, or START:RESUME such as 2s:1s, got \"fast\""},
        {{kUrl, "--viewer", "2s:"}, "got \"2s:\""},
        {{kUrl, "--viewer", "0"}, "got \"0\""},
        {{kUrl, "--pop", "a b"}, "--pop: want HOST, HOST:PORT or NAME=HOST[:PORT], got \"a b\""},
        {{kUrl, "--pop", "=a"}, "got \"=a\""},
        {{kUrl, "--protocol", "hls2"}, "--protocol: want one of the protocols below, got \"hls2\"\n  httpflv"},
        {{"http://h/live/x?token=s3cret"}, "got \"http://h/live/x?token=<secret>\"\n  httpflv"},
        {{kUrl, "--header", "Bearer-s3cret"}, "--header: want 'Name: value', got no colon"},
        {{kUrl, "--header", "a b: s3cret"}, "got the name \"a b\""},
        {{kUrl, "--header", "X: s3cret\r\nY: 1"}, "got a control character in the value of X"},
        {{kUrl, "--user-agent", "a\nb"}, "--user-agent: want printable text"},
        {{kUrl, "--user", "joe"}, "--user requires --password-file"},
        {{kUrl, "--password-file", "/dev/null"}, "--password-file requires --user"},
        {{kUrl, "--password-file", "/none/x", "--user", "joe"},
         "want a file that can be read, got \"/none/x\": No such"},
        {{kUrl, "--user", "j", "--password-file", "/dev/null", "--credentials-file", "/dev/null"}, "excludes"},
        {{kUrl, "--json", "--json-lines"}, "excludes"},
        {{kUrl, "--colour"}, "--colour"},
    };
    for (const auto& row : rows) {
        const auto message = refused(row.words);
        INFO(message);
        CHECK(message.find(row.part) != std::string::npos);
        CHECK(message.find("s3cret") == std::string::npos);
    }
}
