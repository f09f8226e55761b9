#include "daemon/commands/probe/probe.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

#include "daemon/commands/probe/json.h"
#include "daemon/commands/probe/record.h"
#include "daemon/commands/probe/screen.h"
#include "daemon/commands/probe/signals.h"
#include "daemon/commands/probe/table.h"
#include "daemon/commands/probe/text.h"
#include "daemon/commands/probe/verdict.h"
#include "daemon/system_clock.h"
#include "outrider/time_text.h"
#include "outrider/url_text.h"
#include "probes/shard.h"
#include "probes/trace_board.h"

namespace outrider::app {
namespace {

constexpr int kCannotWrite = 74;  // EX_IOERR
constexpr Duration kHeartbeat = std::chrono::milliseconds{200};
constexpr Duration kTick = std::chrono::milliseconds{100};
constexpr Duration kRedraw = std::chrono::milliseconds{500};
constexpr Duration kProgress = std::chrono::seconds{5};
constexpr Duration kUnattended = std::chrono::seconds{30};
// Up to here, every URL may be the same stream, whatever its name.
constexpr std::size_t kComparedUrls = 4;
// Wide enough for four targets side by side: nobody knows how wide the reader of a file is.
constexpr TerminalSize kPaper{.columns = 132, .lines = 0};

/// Samples come from the player's thread, pictures are made on the main one.
class Board final : public SampleSink {
public:
    explicit Board(std::vector<ProbeRecord> records) : records_(std::move(records)) {}

    bool offer(Sample&& sample) noexcept override {
        const std::scoped_lock lock{mutex_};
        records_[static_cast<std::size_t>(sample.target)].take(sample);
        return true;
    }

    [[nodiscard]] std::vector<ProbeRecord> records() const {
        const std::scoped_lock lock{mutex_};
        return records_;
    }

private:
    mutable std::mutex mutex_;  // guards records_
    std::vector<ProbeRecord> records_;
};

/// Streams that may be the same share a name, so that their frames are compared: all of a few, else by the end of
/// their URL.
std::string stream_of(const ProbeOptions& options, const std::string& url) {
    if (options.urls.size() <= kComparedUrls) return "probed";
    const auto path = url.substr(0, url.find_first_of("?#"));
    return path.substr(path.rfind('/') + 1);
}

std::vector<ProbeRecord> records_of(const ProbeOptions& options) {
    std::vector<ProbeRecord> records;
    const auto pops = options.pops.empty() ? std::vector<ProbePop>{{}} : options.pops;
    for (std::size_t i = 0; i < options.urls.size(); ++i) {
        for (const auto& pop : pops)
            records.push_back({.target = {.id = TargetId{static_cast<std::uint32_t>(records.size())},
                                          .stream = stream_of(options, options.urls[i]),
                                          .pop = pop.name,
                                          .protocol = options.protocols[i],
                                          .url = options.urls[i],
                                          .connect_to = pop.address,
                                          .viewers = options.viewers,
                                          .heartbeat = kHeartbeat,
                                          .request = options.request},
                               .url = printable(redacted_url(options.urls[i])),
                               .name = {}});
    }
    name_records(records);
    return records;
}

class Run {
public:
    explicit Run(const ProbeOptions& options)
        : options_(options),
          live_(options.output == ProbeOutput::table && Screen::usable(STDOUT_FILENO)),
          duration_(options.duration.value_or(isatty(STDOUT_FILENO) == 1 ? Duration{0} : kUnattended)),
          started_(clock_.now()),
          began_(clock_.uptime()),
          targets_(records_of(options)),
          board_(targets_),
          traced_(targets_.size()),
          shard_(clock_, board_, static_cast<std::uint64_t>(started_.time_since_epoch().count()), nullptr, &traces_) {}

    int run();

private:
    void watch();
    void suspend();
    void take_traces();
    void show(bool at_once);
    void show_end(const std::vector<ProbeRecord>& records);
    void complain(std::string_view text);
    [[nodiscard]] Duration elapsed() const { return clock_.uptime() - began_; }
    [[nodiscard]] bool broken() const { return write_error_ != 0; }
    [[nodiscard]] std::string trace_line(const ProbeRecord& record, const TraceEvent& event) const;

    const ProbeOptions& options_;
    Signals signals_;
    const SystemClock clock_;
    bool live_;
    Duration duration_;
    Instant started_;
    Duration began_;
    const std::vector<ProbeRecord> targets_;  // as they were at the start
    Board board_;
    std::vector<TraceTail> traced_;  // of each target
    probes::TraceBoard traces_;
    probes::Shard shard_;
    Screen screen_{STDOUT_FILENO};
    Duration next_show_{};
    std::string shown_states_;
    std::string unsent_;   // the rest of a line that an interrupt found half written
    int write_error_ = 0;  // errno of standard output
};

int Run::run() {
    for (const auto& record : targets_) shard_.watch(record.target);
    // Apart from the main thread: a terminal that stands still (Ctrl-S) must not make the media late.
    std::jthread player{[this](std::stop_token stop) { shard_.run(stop); }};
    if (live_) screen_.enter();
    watch();
    screen_.leave();
    signals_.release();
    take_traces();
    auto records = board_.records();
    for (std::size_t i = 0; i < records.size(); ++i) records[i].trace = std::move(traced_[i]);
    show_end(records);
    player.request_stop();
    player.join();
    if (broken() && write_error_ != EPIPE) {
        complain(fmt::format("outrider probe: standard output: {}\n", std::strerror(write_error_)));
        return kCannotWrite;
    }
    return static_cast<int>(overall(records).health);
}

/// Until the time is over, or a signal, or the reader of standard output is gone.
void Run::watch() {
    show(true);
    while (!broken() && (duration_ == Duration{0} || elapsed() < duration_)) {
        const int signal = signals_.next(kTick);
        if (signals_.interrupted()) return;
        if (signal == SIGTSTP) suspend();
        take_traces();
        show(signal == SIGWINCH || signal == SIGTSTP);
    }
}

/// Ctrl-Z: the shell gets its terminal as it was.
void Run::suspend() {
    screen_.leave();
    kill(getpid(), SIGSTOP);
    if (live_) screen_.enter();
}

void Run::take_traces() {
    if (!options_.verbose) return;
    for (std::size_t i = 0; i < targets_.size(); ++i) {
        for (const auto& event : traces_.events(targets_[i].target.id, traced_[i].newest)) {
            traced_[i].take(event);
            if (!live_) complain(trace_line(targets_[i], event));
        }
    }
}

/// To standard error. What cannot be written there can be told nowhere.
void Run::complain(std::string_view text) {
    if (signals_.interrupted()) {
        static_cast<void>(write_all(STDERR_FILENO, text));
    } else {
        signals_.write_unless_interrupted(STDERR_FILENO, text);
    }
}

std::string Run::trace_line(const ProbeRecord& record, const TraceEvent& event) const {
    std::string text = printable(event.text, true);
    for (auto at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 5)) text.insert(at + 1, 4, ' ');
    const auto name = targets_.size() > 1 ? record.name + " " : std::string{};
    return fmt::format("{} {}{}: {}\n", rfc3339(event.at).substr(11, 12), name, to_string(event.kind), text);
}

/// What is seen meanwhile, when it is due. A change of a target's state is always due.
void Run::show(bool at_once) {
    const auto now = elapsed();
    const bool due = at_once || now >= next_show_;
    if (live_) {
        if (!due) return;
        next_show_ = now + kRedraw;
        if (!screen_.draw(table(board_.records(), now, duration_, screen_.size()))) write_error_ = EPIPE;
        return;
    }
    if (options_.output == ProbeOutput::json_lines) {
        if (!due) return;
        next_show_ = std::chrono::floor<std::chrono::seconds>(now) + std::chrono::seconds{1};
        for (const auto& record : board_.records()) unsent_ += json_line(record);
        std::string_view left{unsent_};
        write_error_ = signals_.write_unless_interrupted(STDOUT_FILENO, left);
        unsent_ = std::string{left};
        return;
    }
    // For a program that reads the document, standard error is no place for progress; for a person before it, it is.
    if (options_.output == ProbeOutput::json && isatty(STDERR_FILENO) != 1) return;
    const auto records = board_.records();
    std::string states;
    for (const auto& record : records)
        states += record.newest ? to_string(record.newest->outcome) : to_string(Outcome::connecting);
    if (!due && states == shown_states_) return;
    shown_states_ = std::move(states);
    next_show_ = now + kProgress;
    complain(progress_line(records, now));
}

void Run::show_end(const std::vector<ProbeRecord>& records) {
    const auto lasted = elapsed();
    std::string text = unsent_;
    if (options_.output != ProbeOutput::table) {
        text += json_document(records, started_, lasted, options_.verbose, options_.output == ProbeOutput::json_lines);
    } else {
        const auto size = live_ ? TerminalSize{.columns = screen_.size().columns, .lines = 0} : kPaper;
        text += table(records, lasted, Duration{0}, size) + "\n";
        if (live_ && options_.verbose) {
            for (const auto& record : records)
                for (const auto& event : record.trace.events) text += trace_line(record, event);
            text += "\n";
        }
        text += summary(records);
    }
    if (!broken()) write_error_ = write_all(STDOUT_FILENO, text);
}

}  // namespace

int probe(const ProbeOptions& options) {
    hold_standard_streams();
    return Run{options}.run();
}

}  // namespace outrider::app
