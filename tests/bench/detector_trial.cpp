// How detectors do on round trips in which a person has marked the changes of level: hits, false alarms, delay.
//   zcat $OUTRIDER_DATA/rtt-labelled/*.csv.gz | bench_detector_trial [KEY=NUMBER …]
//
// Lines are `time;milliseconds;marked`, about 240 s apart; a line that begins with `epoch` begins another series, a
// negative value is a lost packet. Keys: half_life (seconds), floor (ms), relative_floor, drift, clip, alarm, relearn
// (half-lives), threshold (of ewma's score), after and before (seconds around a mark in which a report counts as its
// hit).
//
// A report of cusum is a change of its alarm: begin, end and turn alike, since a level that comes back is a change too;
// an end by relearning is none. A report of ewma is a score that goes beyond the threshold, either way.
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rules/detectors/cusum.h"
#include "rules/detectors/ewma.h"

namespace {

using namespace outrider;
using namespace outrider::rules;

struct Row {
    Instant at{};
    double value = 0;
    bool marked = false;
};
using Trace = std::vector<Row>;

/// `14/10/2016 21:17`, `2016-11-25 13:16:19`.
std::optional<Instant> read_time(const std::string& text) {
    int a = 0, b = 0, c = 0, hour = 0, minute = 0, second = 0;
    if (std::sscanf(text.c_str(), "%d-%d-%d %d:%d:%d", &a, &b, &c, &hour, &minute, &second) >= 5) {
    } else if (std::sscanf(text.c_str(), "%d/%d/%d %d:%d:%d", &c, &b, &a, &hour, &minute, &second) < 5) {
        return std::nullopt;
    }
    using std::chrono::day, std::chrono::hours, std::chrono::minutes, std::chrono::month, std::chrono::sys_days,
        std::chrono::year, std::chrono::year_month_day;
    const year_month_day date{year{a}, month{static_cast<unsigned>(b)}, day{static_cast<unsigned>(c)}};
    return Instant{sys_days{date}} + hours{hour} + minutes{minute} + std::chrono::seconds{second};
}

std::vector<Trace> read_traces() {
    std::vector<Trace> traces;
    for (std::string line; std::getline(std::cin, line);) {
        const auto header = line.find("epoch");  // perhaps behind the last row of a file that ends without a newline
        const auto first = line.find(';');
        const auto second = line.find(';', first + 1);
        const auto at = read_time(line);
        if (!traces.empty() && second != line.npos && at)
            traces.back().push_back({*at, std::atof(line.c_str() + first + 1), line[second + 1] == '1'});
        if (header != line.npos) traces.emplace_back();
    }
    return traces;
}

struct Score {
    int marks = 0, hits = 0, reports = 0;
    double delay = 0;
    void add(const Trace& trace, std::vector<Instant> found, Duration before, Duration after) {
        reports += static_cast<int>(found.size());
        for (const auto& row : trace) {
            if (!row.marked) continue;
            ++marks;
            for (auto at = found.begin(); at != found.end(); ++at) {
                if (*at < row.at - before || *at > row.at + after) continue;
                ++hits;
                delay += seconds(*at - row.at);
                found.erase(at);
                break;
            }
        }
    }
    void print(const char* name, double days) const {
        const double recall = double(hits) / marks, precision = reports > 0 ? double(hits) / reports : 0;
        std::printf(
            "%-6s marks %d  hits %d (%.1f %%)  reports %d  false %d (%.2f a day and series)  precision %.1f %%  F %.3f "
            " mean delay %.0f s\n",
            name, marks, hits, 100 * recall, reports, reports - hits, (reports - hits) / days, 100 * precision,
            2 * precision * recall / (precision + recall), delay / hits);
    }
};

}  // namespace

int main(int argc, char** argv) {
    // The detectors' own defaults, a half-life of 20 points, and a floor that suits milliseconds.
    std::map<std::string, double> key{{"half_life", 4800}, {"floor", 0.5}, {"relative_floor", 0}, {"drift", 1},
                                      {"clip", 2},         {"alarm", 5},   {"relearn", 1},        {"threshold", 5},
                                      {"after", 1800},     {"before", 480}};
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        const auto at = word.find('=');
        if (at == word.npos || !key.contains(word.substr(0, at))) {
            std::fprintf(stderr, "%s: want KEY=NUMBER\n", argv[i]);
            return 64;
        }
        key[word.substr(0, at)] = std::atof(word.c_str() + at + 1);
    }
    BaselineSettings baseline{
        .half_life = from_seconds(key["half_life"]), .floor = key["floor"], .relative_floor = key["relative_floor"]};
    CusumSettings cusum{.reference = baseline,
                        .drift = key["drift"],
                        .clip = key["clip"],
                        .alarm = key["alarm"],
                        .relearn = from_seconds(key["relearn"] * key["half_life"])};
    Score ours, plain;
    double days = 0;
    for (const auto& trace : read_traces()) {
        Cusum detector;
        Ewma usual;
        std::vector<Instant> changes, jumps;
        double side = 0;
        bool out = false;
        for (const auto& row : trace) {
            if (row.value <= 0) continue;
            const auto sums = detector.update(cusum, row.at, row.value);
            if (sums && (*sums)[2] != side) changes.push_back(row.at);
            side = sums ? (*sums)[2] : 0;
            if (const auto judged = usual.update(baseline, row.at, row.value)) {
                const bool now = std::abs((*judged)[2]) > key["threshold"];
                if (now && !out) jumps.push_back(row.at);
                out = now;
            }
        }
        const auto before = from_seconds(key["before"]), after = from_seconds(key["after"]);
        ours.add(trace, changes, before, after);
        plain.add(trace, jumps, before, after);
        days += seconds(trace.back().at - trace.front().at) / 86400;
    }
    ours.print("cusum", days);
    plain.print("ewma", days);
    return 0;
}
