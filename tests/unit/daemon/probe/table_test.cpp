#include "daemon/commands/probe/table.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "daemon/commands/probe/rows.h"
#include "daemon/commands/probe/text.h"
#include "unit/daemon/probe/record_fixture.h"

using namespace outrider;
using namespace outrider::app;
using namespace outrider::app::test;
using namespace std::chrono_literals;

namespace {

/// Every reading there can be, and a layer, method or phase of each kind.
ProbeRecord rich(const std::string& name) {
    auto r = record(name);
    auto s = media(10, 0.25, 2);
    for (const auto& metric : kMetrics) {
        if (metric.extra_label.empty()) s.readings.push_back({*metric_named(metric.name), {}, 1});
    }
    s.readings.push_back({Metric::viewer_buffer_seconds, "1s", 0.5});
    for (const char* layer : {"rtp", "ts", "srt"}) {
        s.readings.push_back({Metric::packets_expected_total, layer, 1e9});
        s.readings.push_back({Metric::packets_lost_total, layer, 1e8});
    }
    for (const char* method : {"program_date_time", "prft"})
        s.readings.push_back({Metric::latency_seconds, method, 3.5});
    for (const char* phase : {"resolve", "connect", "tls", "first_byte", "first_media", "first_keyframe"})
        s.readings.push_back({Metric::startup_phase_seconds, phase, 0.011});
    s.readings.push_back({Metric::pop_delay_seconds, "earliest", 0.08});
    r.take(s);
    return r;
}

std::vector<ProbeRecord> targets(std::size_t count) {
    std::vector<ProbeRecord> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(rich("pop" + std::to_string(i)));
    return out;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream in{text};
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("probe table: it fits every terminal, whatever there is to show", "[daemon][probe]") {
    for (const std::size_t count : {1U, 2U, 3U, 7U, 100U}) {
        const auto records = targets(count);
        for (const std::size_t columns : {1U, 20U, 40U, 80U, 132U, 200U, 300U}) {
            for (const std::size_t lines : {1U, 3U, 10U, 24U, 50U, 100U}) {
                const auto shown = lines_of(table(records, 3s, 0s, {.columns = columns, .lines = lines}));
                INFO(count << " targets on " << columns << "x" << lines);
                CHECK(shown.size() <= lines);
                for (const auto& line : shown) CHECK(columns_of(line) <= columns);
            }
        }
    }
}

TEST_CASE("probe table: side by side, stacked, or a line each", "[daemon][probe]") {
    const auto two = targets(2);
    const auto wide = table(two, 3s, 30s, {.columns = 80, .lines = 24});
    CHECK(has(wide, "outrider probe  3s of 30s"));
    const auto names = lines_of(wide)[3];
    CHECK(has(names, "pop0"));
    CHECK(has(names, "pop1"));

    const auto narrow = lines_of(table(two, 3s, 0s, {.columns = 50, .lines = 60}));
    CHECK(narrow[3] == std::string(17, ' ') + "pop0");

    const auto many = table(targets(30), 3s, 0s, {.columns = 80, .lines = 24});
    CHECK(has(many, "lag s"));
    CHECK(has(many, "and 11 more"));
}

TEST_CASE("probe table: when there is little room the state and the lag stay", "[daemon][probe]") {
    const auto shown = table(targets(1), 3s, 0s, {.columns = 80, .lines = 9});
    for (const char* kept : {"state", "lag ", "viewer 1s", "POP delay"}) CHECK(has(shown, kept));
    CHECK_FALSE(has(shown, "resolved"));
}

TEST_CASE("probe table: what no target measures is not shown, what one does not measure is a dash", "[daemon][probe]") {
    const auto starting = table({record()}, 3s, 0s, {});
    CHECK(has(starting, "connecting"));
    CHECK_FALSE(has(starting, "lag"));
    CHECK_FALSE(has(starting, "0.00"));

    auto path = path_record();
    path.name = "path";
    path.take(losses("icmp", 20, 1, 1s));
    const auto rows = rows_of({&path});
    std::vector<std::string> labels;
    for (const auto& row : rows) labels.push_back(row.label);
    CHECK(labels == std::vector<std::string>{"state", "lost, icmp"});
    const auto plays = rich("sin1");
    for (const auto& row : rows_of({&path, &plays}))
        if (row.label == "lag") CHECK(row.cells == std::vector<std::string>{"-", "0.25 s, worst 0.25 s"});
}

TEST_CASE("probe table: the state tells how far a connection came, and how often it failed", "[daemon][probe]") {
    auto r = record();
    CHECK(state_of(r) == "connecting");
    r.take(sample(Outcome::connecting, {{Metric::startup_phase_seconds, "resolve", 0}}));
    CHECK(state_of(r) == "connecting (resolve done)");
    r.take(sample(Outcome::refused, {{Metric::connections_total, {}, 4}}));
    CHECK(state_of(r) == "refused, try 4");
    r.take(media(1, 0));
    CHECK(state_of(r) == "playing");
    CHECK(progress_line({r}, 65s) == "1m5s: playing, lag 0.00 s\n");
}

TEST_CASE("probe table: targets are called by what tells them apart", "[daemon][probe]") {
    const auto named = [](std::vector<std::pair<std::string, std::string>> urls_and_pops) {
        std::vector<ProbeRecord> records;
        for (const auto& [url, pop] : urls_and_pops) {
            auto r = record(pop);
            r.url = url;
            records.push_back(std::move(r));
        }
        name_records(records);
        std::vector<std::string> names;
        for (const auto& r : records) names.push_back(r.name);
        return names;
    };
    using Names = std::vector<std::string>;
    CHECK(named({{"http://h/a.flv", ""}}) == Names{"http://h/a.flv"});
    CHECK(named({{"http://h/a.flv", "sin1"}, {"http://h/a.flv", "fra1"}}) == Names{"sin1", "fra1"});
    CHECK(named({{"http://h/a.flv", ""}, {"rtmp://i:1935/a", ""}}) == Names{"h", "i:1935"});
    CHECK(named({{"http://h/a.flv", ""}, {"http://h/b.flv?x=1", ""}}) == Names{"a.flv", "b.flv"});
    CHECK(named({{"http://h/a.flv", "p"}, {"http://h/b.flv", "p"}}) == Names{"p a.flv", "p b.flv"});
    CHECK(named({{"http://h/a", ""}, {"http://h/a", ""}}) == Names{"1 http://h/a", "2 http://h/a"});
}

TEST_CASE("probe text: nothing that a terminal obeys, cut between code points", "[daemon][probe]") {
    CHECK(printable("a\x1b[31m\n") == "a?[31m?");
    CHECK(printable("a\nb", true) == "a\nb");
    CHECK(printable("\xc2\x9b"
                    "1m") == "??1m");  // CSI as one character
    CHECK(printable("caf\xc3\xa9 \xe6\xb5\x81") == "caf\xc3\xa9 \xe6\xb5\x81");
    CHECK(printable("\xff\xc3") == "??");
    CHECK(elided("0123456789", 7) == "01...89");
    CHECK(elided("\xe6\xb5\x81\xe6\xb5\x81\xe6\xb5\x81", 2) == "\xe6\xb5\x81\xe6\xb5\x81");
    CHECK(fitted("ab", 4) == "ab  ");
}
