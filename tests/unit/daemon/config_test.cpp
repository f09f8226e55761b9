// outrider.yaml: what is read, what is refused, and what `outrider check` says.
// bad_config/*.yaml: one file per message. Its first lines are the problems of the file, all and only those:
//     # want: LINE:COL: message           (or `# want: message`, for the file as a whole)
#include "daemon/config/config.h"

#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "daemon/commands/check.h"
#include "daemon/config/yaml.h"

using namespace outrider;
using namespace outrider::app;
using namespace std::chrono_literals;

namespace {

const std::string kBadConfigs = std::string{OUTRIDER_TEST_DIR} + "/bad_config";

LoadedConfig read(std::string_view text) {
    LoadedConfig out;
    const auto root = parse_yaml(text, "c", out.problems);
    const auto no_rules = [](const SettingValue& pattern) {
        rules::RuleGroup group;
        group.file = pattern.text().value_or("");
        return std::vector<rules::RuleFile>{{.groups = {group}}};
    };
    out.config = read_config(root, no_rules, out.problems);
    return out;
}

Config good(std::string_view text) {
    auto loaded = read(text);
    for (const auto& problem : loaded.problems) UNSCOPED_INFO(problem.to_string());
    REQUIRE(loaded.config.has_value());
    return std::move(*loaded.config);
}

/// The lines after `# want: ` at the top of the file.
std::vector<std::string> wanted_problems(const std::filesystem::path& path) {
    constexpr std::string_view mark = "# want: ";
    std::vector<std::string> out;
    std::ifstream in{path};
    for (std::string line; std::getline(in, line) && line.starts_with(mark);) out.push_back(line.substr(mark.size()));
    return out;
}

/// The problem without the folder, and without the name when it is that of the file itself.
std::string relative(std::string text, const std::filesystem::path& path) {
    for (const auto& prefix : {path.string() + ":", path.parent_path().string() + "/"})
        if (text.starts_with(prefix)) text.erase(0, prefix.size());
    return text.starts_with(' ') ? text.substr(1) : text;
}

constexpr std::string_view kSmallest = "pops: [{name: sin1}]\nstreams: [{name: demo, url: 'http://h/demo.flv'}]\n";

}  // namespace

TEST_CASE("config: each bad file is reported with its exact messages", "[daemon][config]") {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator{kBadConfigs})
        if (entry.path().extension() == ".yaml") files.push_back(entry.path());
    std::ranges::sort(files);
    REQUIRE(files.size() >= 20);
    for (const auto& path : files) {
        CAPTURE(path.filename().string());
        const auto loaded = load_config(path.string());
        std::vector<std::string> found;
        for (const auto& problem : loaded.problems) found.push_back(relative(problem.to_string(), path));
        CHECK_FALSE(found.empty());
        CHECK_FALSE(loaded.config.has_value());
        CHECK(found == wanted_problems(path));
    }
}

TEST_CASE("config: the smallest file has the documented defaults", "[daemon][config]") {
    const auto config = good(kSmallest);
    CHECK(config.listen == HostPort{"127.0.0.1", 10980});
    CHECK(config.state_directory == "/var/lib/outrider");
    CHECK_FALSE(config.vantage.empty());
    CHECK(config.external_url == "http://127.0.0.1:10980");
    CHECK(config.heartbeat == 200ms);
    CHECK(config.rule_files.empty());
    REQUIRE(config.streams.size() == 1);
    CHECK(config.streams[0].protocol == "httpflv");
    CHECK(config.streams[0].pops == std::vector<std::string>{"sin1"});
    CHECK(config.streams[0].viewers == std::vector<ViewerSpec>{{"1s", 1s, 1s}, {"3s", 3s, 3s}, {"10s", 10s, 10s}});
}

TEST_CASE("config: every key is read", "[daemon][config]") {
    const auto config = good(R"yaml(
listen: "[::1]:0"
state_directory: state
vantage: fra-mon-1
external_url: https://mon.example/outrider/
heartbeat: 500ms
viewers: [2s, {name: tv, start: 4s, resume: 1s500ms}]
pops:
  - {name: sin1, address: 198.51.100.7}
  - {name: fra1, address: "[2001:db8::1]:8080"}
  - {name: own}
streams:
  - {name: "Big event (é)", url: "http://u:p@live.example/a.flv?token=x", pops: [own, sin1]}
  - {name: demo, url: https://live.example/live, protocol: httpflv, viewers: [600ms]}
rule_files: [one.yaml, two.yaml]
notifiers:
  - name: support
    webhook: {url: "https://hooks.example/T0KEN", timeout: 2m, headers: {X-Team: live, Authorization: Bearer s, X-None: }}
  - name: am
    alertmanager: {url: http://127.0.0.1:9093, timeout: 1s, resend_interval: 30s}
  - name: am2
    alertmanager: {url: http://127.0.0.2:9093}
)yaml");
    CHECK(config.listen == HostPort{"::1", 0});
    CHECK(config.state_directory == "state");
    CHECK(config.vantage == "fra-mon-1");
    CHECK(config.external_url == "https://mon.example/outrider");
    CHECK(config.heartbeat == 500ms);
    REQUIRE(config.pops.size() == 3);
    CHECK(config.pops[1].address == "[2001:db8::1]:8080");
    REQUIRE(config.streams.size() == 2);
    CHECK(config.streams[0].url == "http://u:p@live.example/a.flv?token=x");
    CHECK(config.streams[0].viewers == std::vector<ViewerSpec>{{"2s", 2s, 2s}, {"tv", 4s, 1500ms}});
    CHECK(config.streams[1].pops == std::vector<std::string>{"sin1", "fra1", "own"});
    CHECK(config.streams[1].viewers == std::vector<ViewerSpec>{{"600ms", 600ms, 600ms}});
    REQUIRE(config.rule_files.size() == 2);
    CHECK(config.rule_files[1].groups[0].file == "two.yaml");
    REQUIRE(config.webhooks.size() == 1);
    CHECK(config.webhooks[0].name == "support");
    CHECK(config.webhooks[0].timeout == 2min);
    CHECK(config.webhooks[0].headers == std::vector<std::pair<std::string, std::string>>{
                                            {"X-Team", "live"}, {"Authorization", "Bearer s"}, {"X-None", ""}});
    REQUIRE(config.alertmanagers.size() == 2);
    CHECK(config.alertmanagers[0].timeout == 1s);
    CHECK(config.alertmanagers[0].resend_interval == 30s);
    CHECK(config.alertmanagers[1].timeout == 10s);
    CHECK(config.alertmanagers[1].resend_interval == 1min);
}

TEST_CASE("config: how streams are asked for is read, a stream's own before the default", "[daemon][config]") {
    const auto targets = targets_of(good(R"yaml(
pops: [{name: sin1}]
http:
  user_agent: player/1
  referer: https://site.example/
  headers: {X-Team: live, X-None: }
  basic_auth: {username: u, password_file: secrets/password}
  tls_config: {insecure_skip_verify: true}
srt: {passphrase_file: /etc/pass}
streams:
  - {name: a, url: http://h/a.flv}
  - name: b
    url: https://h/b.m3u8
    http:
      headers: {}
      authorization: {type: Token, credentials: s3cret}
      tls_config: {insecure_skip_verify: false}
  - {name: c, url: "srt://h:1", srt: {passphrase_file: other}}
)yaml"));
    REQUIRE(targets.size() == 3);
    const RequestOptions all{.headers = {{"X-Team", "live"}, {"X-None", ""}},
                             .user_agent = "player/1",
                             .referer = "https://site.example/",
                             .basic_auth = BasicAuth{"u", "", "secrets/password"},
                             .authorization = std::nullopt,
                             .passphrase_file = "/etc/pass",
                             .insecure = true};
    CHECK(targets[0].request == all);
    auto own = all;
    own.headers.clear();
    own.basic_auth.reset();
    own.authorization = Authorization{"Token", "s3cret", ""};
    own.insecure = false;
    CHECK(targets[1].request == own);
    CHECK(targets[2].request.passphrase_file == "other");
}

TEST_CASE("config: files of secrets are found from the configuration's folder", "[daemon][config]") {
    Problems problems;
    const auto root = parse_yaml(R"yaml(
pops: [{name: a}]
http: {authorization: {credentials_file: secrets/token}}
streams: [{name: s, url: http://h/x.flv}]
)yaml",
                                 "/etc/outrider/outrider.yaml", problems);
    const auto config = read_config(
        root, [](const SettingValue&) { return std::vector<rules::RuleFile>{}; }, problems);
    REQUIRE(config);
    CHECK(config->streams[0].request.authorization->credentials_file == "/etc/outrider/secrets/token");
}

TEST_CASE("config: targets are every stream at each of its POPs, numbered in order", "[daemon][config]") {
    const auto targets = targets_of(good(R"yaml(
heartbeat: 1s
viewers: [1s]
pops: [{name: sin1, address: 198.51.100.7}, {name: fra1}]
streams:
  - {name: a, url: http://h/a.flv}
  - {name: b, url: http://h/b.flv, pops: [fra1], viewers: [3s]}
)yaml"));
    REQUIRE(targets.size() == 3);
    CHECK(targets[0] == Target{.id = TargetId{0},
                               .stream = "a",
                               .pop = "sin1",
                               .protocol = "httpflv",
                               .url = "http://h/a.flv",
                               .connect_to = "198.51.100.7",
                               .viewers = {{"1s", 1s, 1s}},
                               .heartbeat = 1s});
    CHECK(targets[1].pop == "fra1");
    CHECK(targets[1].connect_to.empty());
    CHECK(targets[2].id == TargetId{2});
    CHECK(labels_of(targets[2]) == Labels{{"stream", "b"}, {"pop", "fra1"}, {"protocol", "httpflv"}});
    CHECK(targets[2].viewers == std::vector<ViewerSpec>{{"3s", 3s, 3s}});
}

TEST_CASE("config: no problem shows a password, a token or a header", "[daemon][config]") {
    for (const auto& entry : std::filesystem::directory_iterator{kBadConfigs}) {
        if (entry.path().extension() != ".yaml") continue;
        for (const auto& problem : load_config(entry.path().string()).problems)
            for (const auto* secret : {"user:pass", "abc", "T0KEN", "s3cret"})
                CHECK_THAT(problem.to_string(), !Catch::Contains(secret));
    }
}

TEST_CASE("check: good files are counted, bad ones are listed in order and the exit code is 78", "[daemon][config]") {
    std::ostringstream out;
    std::ostringstream err;
    const auto rules = kBadConfigs + "/rules/good.yaml";
    const auto config = kBadConfigs + "/good/config.yaml";
    CHECK(check(std::vector<std::string>{rules, config}, out, err) == 0);
    CHECK(out.str() == rules + ": ok (1 rule)\n" + config + ": ok (2 streams, 3 targets, 1 rule)\n");
    CHECK(err.str().empty());

    out.str("");
    const auto bad_rules = kBadConfigs + "/rules/bad.yaml";
    const auto bad = kBadConfigs + "/rule_file_bad.yaml";
    const auto missing = kBadConfigs + "/no_such.yaml";  // comes before bad_rules in the order of names
    CHECK(check(std::vector<std::string>{bad_rules, rules, bad, missing}, out, err) == 78);
    CHECK(out.str() == rules + ": ok (1 rule)\n");
    std::vector<std::string> lines;
    std::istringstream in{err.str()};
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    REQUIRE(lines.size() > 2);
    CHECK(lines[0] == missing + ": want a YAML file, got no such file");
    for (std::size_t i = 1; i < lines.size(); ++i) CHECK_THAT(lines[i], Catch::StartsWith(bad_rules + ":"));
    CHECK(std::ranges::adjacent_find(lines) == lines.end());
}
