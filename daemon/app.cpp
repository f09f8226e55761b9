#include "daemon/app.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <csignal>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/book_writer.h"
#include "daemon/engine_loop.h"
#include "daemon/mailbox.h"
#include "daemon/notify/alertmanager/sender.h"
#include "daemon/notify/webhook/dispatcher.h"
#include "daemon/progress.h"
#include "daemon/store/book.h"
#include "daemon/system_clock.h"
#include "daemon/systemd.h"
#include "daemon/telemetry/exposition.h"
#include "daemon/telemetry/self_metrics.h"
#include "daemon/web/api.h"
#include "daemon/web/rules_json.h"
#include "daemon/web/server.h"
#include "probes/pop_delay.h"
#include "probes/shard.h"
#include "probes/trace_board.h"

namespace outrider::app {
namespace {

constexpr std::size_t kTargetsPerShard = 500;
// Ten seconds of heartbeats of a full vantage: the engine may pause that long before samples are refused.
constexpr std::size_t kMailboxCapacity = 50'000;
constexpr std::size_t kIncidentsShown = 200;
constexpr Duration kLongestWatch = std::chrono::seconds{1};

/// Waits for SIGTERM or SIGINT up to `patience`; both must be blocked in every thread.
bool stop_signal(const sigset_t& signals, Duration patience) {
    const timespec wait{.tv_sec = patience / std::chrono::seconds{1},
                        .tv_nsec = (patience % std::chrono::seconds{1}).count()};
    return sigtimedwait(&signals, nullptr, &wait) > 0;
}

sigset_t block_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
    return signals;
}

/// HOST:PORT, or [IPV6]:PORT.
std::string authority(const HostPort& address) {
    const bool ipv6 = address.host.find(':') != std::string::npos;
    return (ipv6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port.value_or(0));
}

class App {
public:
    explicit App(Config config)
        : config_(std::move(config)), targets_(std::make_shared<const TargetList>(targets_of(config_))) {}

    Status run();

private:
    Status open();
    std::optional<Error> open_notifiers();
    void make_flow(Book book, const std::vector<Alert>& alerts);
    Status listen();
    void start();
    void watch(const sigset_t& signals);
    void stop();
    void on_committed(const Effects& effects);
    [[nodiscard]] HttpReply incidents();
    [[nodiscard]] HttpReply rules(std::string_view query) const;
    [[nodiscard]] HttpReply trace(std::string_view query) const;
    [[nodiscard]] bool ready() const {
        return exposition_.reporting() == targets_->size() && engine_->gauges().ticks > 0;
    }
    [[nodiscard]] std::string book_path() const { return config_.state_directory + "/outrider.db"; }

    Config config_;
    std::shared_ptr<const TargetList> targets_;
    const SystemClock clock_;

    // In the order of the flow. A queue stands before the thread that reads it.
    Mailbox mailbox_{kMailboxCapacity};  // shards -> engine
    probes::PopDelayBoard pop_delays_;   // shared by the shards
    probes::TraceBoard traces_;          // shards -> web
    std::vector<std::unique_ptr<probes::Shard>> shards_;
    Exposition exposition_{targets_, clock_};  // engine -> web
    std::unique_ptr<EngineLoop> engine_;
    std::unique_ptr<BookWriter> writer_;                              // engine -> book
    std::vector<std::unique_ptr<WebhookDispatcher>> webhooks_;        // book -> receivers
    std::vector<std::unique_ptr<AlertmanagerSender>> alertmanagers_;  // book -> Alertmanagers
    std::mutex view_mutex_;                                           // guards view_: CivetWeb has several threads
    std::optional<BookView> view_;
    std::unique_ptr<WebServer> web_;

    std::vector<std::jthread> shard_threads_;
    std::jthread engine_thread_;
    std::jthread writer_thread_;
    std::vector<std::jthread> notifier_threads_;
};

Status App::run() {
    const auto signals = block_signals();
    if (auto status = open(); !status) return status;
    start();
    watch(signals);
    stop();
    return Done{};
}

Status App::open() {
    auto book = Book::open(book_path());
    if (!book) return book.error();
    const auto alerts = book->load_alerts(clock_.now());
    if (!alerts) return alerts.error();
    auto view = BookView::open(book_path());
    if (!view) return view.error();
    view_.emplace(std::move(view).value());
    if (auto error = open_notifiers()) return *error;
    for (const auto& alert : *alerts)
        for (const auto& alertmanager : alertmanagers_) alertmanager->update(alert);
    make_flow(std::move(book).value(), *alerts);
    return listen();
}

std::optional<Error> App::open_notifiers() {
    for (const auto& webhook : config_.webhooks) {
        auto outbox = Outbox::open(book_path());
        if (!outbox) return outbox.error();
        webhooks_.push_back(
            std::make_unique<WebhookDispatcher>(webhook, std::move(outbox).value(), clock_, config_.external_url));
    }
    for (const auto& alertmanager : config_.alertmanagers)
        alertmanagers_.push_back(std::make_unique<AlertmanagerSender>(alertmanager, clock_, config_.external_url));
    return std::nullopt;
}

void App::make_flow(Book book, const std::vector<Alert>& alerts) {
    const auto shard_count = targets_->size() / kTargetsPerShard + 1;
    for (std::size_t i = 0; i < shard_count; ++i) {
        const auto seed = static_cast<std::uint64_t>(clock_.now().time_since_epoch().count()) + i * 1'000'000;
        shards_.push_back(std::make_unique<probes::Shard>(clock_, mailbox_, seed, &pop_delays_, &traces_));
    }
    for (std::size_t i = 0; i < targets_->size(); ++i) shards_[i % shard_count]->watch((*targets_)[i]);

    rules::Engine engine{config_.rule_files, {.external_url = config_.external_url}};
    engine.restore(alerts);
    engine_ = std::make_unique<EngineLoop>(
        clock_, mailbox_, std::move(engine), targets_, [this](const Sample& sample) { exposition_.update(sample); },
        [this](Effects&& effects) { writer_->submit(std::move(effects)); });

    std::vector<std::string> owed;
    for (const auto& webhook : config_.webhooks) owed.push_back(webhook.name);
    writer_ = std::make_unique<BookWriter>(std::move(book), std::move(owed),
                                           [this](const Effects& effects) { on_committed(effects); });
    SelfMetrics metrics{exposition_};
    metrics.add_clock(clock_);
    metrics.add_mailbox(mailbox_);
    for (std::size_t i = 0; i < shards_.size(); ++i) metrics.add_shard(i, *shards_[i]);
    metrics.add_engine(engine_->gauges());
    metrics.add_book(*writer_);
    for (const auto& webhook : webhooks_) metrics.add_notifier(webhook->name(), webhook->counters());
    for (const auto& alertmanager : alertmanagers_)
        metrics.add_notifier(alertmanager->name(), alertmanager->counters());
}

/// After a commit, and on the writer's thread: now it may be told.
void App::on_committed(const Effects& effects) {
    bool owed = false;
    for (const auto& effect : effects) {
        if (const auto* changed = std::get_if<AlertChanged>(&effect)) {
            const auto& alert = changed->alert;
            const auto state = changed->forgotten                                       ? "forgotten"
                               : alert.state == AlertState::firing && alert.false_since ? "no longer true, kept firing"
                                                                                        : to_string(alert.state);
            spdlog::info("alert {} {}", state, alert.labels.to_string());
            for (const auto& alertmanager : alertmanagers_) alertmanager->update(alert);
            continue;
        }
        owed = true;
        if (const auto* opened = std::get_if<IncidentOpened>(&effect))
            spdlog::warn("incident {}{} {}: {}; at fault: {}; switch to {}", opened->joins ? "goes on, " : "",
                         to_string(opened->priority), opened->key.to_string(), opened->summary,
                         to_string(opened->fault.scope), opened->switch_to.empty() ? "-" : opened->switch_to);
        if (const auto* resolved = std::get_if<IncidentResolved>(&effect))
            spdlog::info("incident resolved {}: {}", resolved->key.to_string(), resolved->reason);
    }
    if (!owed) return;
    for (const auto& webhook : webhooks_) webhook->wake();
}

HttpReply App::incidents() {
    const std::scoped_lock lock{view_mutex_};
    const auto found = view_->incidents(IncidentFilter::all, kIncidentsShown);
    if (!found) return {.status = 503, .body = found.error().text + "\n"};
    return {.content_type = "application/json", .body = incidents_json(*found)};
}

HttpReply App::rules(std::string_view query) const {
    const auto all = [&](const std::string& name) {
        auto values = WebServer::parameters(query, name + "[]");
        const auto escaped = WebServer::parameters(query, name + "%5B%5D");
        values.insert(values.end(), escaped.begin(), escaped.end());
        return values;
    };
    const auto shown = rules_json(*engine_->rules(), {.type = WebServer::parameter(query, "type"),
                                                      .rule_names = all("rule_name"),
                                                      .rule_groups = all("rule_group"),
                                                      .files = all("file"),
                                                      .exclude_alerts = WebServer::parameter(query, "exclude_alerts")});
    if (!shown) return {.status = 400, .content_type = "application/json", .body = bad_data_json(shown.error().text)};
    return {.content_type = "application/json", .body = *shown};
}

HttpReply App::trace(std::string_view query) const {
    const TraceQuery wanted{.stream = WebServer::parameter(query, "stream"),
                            .pop = WebServer::parameter(query, "pop"),
                            .protocol = WebServer::parameter(query, "protocol")};
    return {.content_type = "application/json", .body = trace_json(*targets_, traces_, wanted)};
}

Status App::listen() {
    WebServer::Routes routes;
    routes["/metrics"] = [this](std::string_view) {
        return HttpReply{.content_type = "text/plain; version=0.0.4; charset=utf-8", .body = exposition_.text()};
    };
    routes["/-/healthy"] = [](std::string_view) { return HttpReply{.body = "Outrider is healthy.\n"}; };
    routes["/-/ready"] = [this](std::string_view) {
        return ready() ? HttpReply{.body = "Outrider is ready.\n"}
                       : HttpReply{.status = 503, .body = "Outrider is starting.\n"};
    };
    routes["/api/v1/incidents"] = [this](std::string_view) { return incidents(); };
    routes["/api/v1/rules"] = [this](std::string_view query) { return rules(query); };
    routes["/api/v1/alerts"] = [this](std::string_view) {
        return HttpReply{.content_type = "application/json", .body = alerts_json(*engine_->rules())};
    };
    routes["/api/v1/trace"] = [this](std::string_view query) { return trace(query); };
    auto server = WebServer::start(authority(config_.listen), std::move(routes));
    if (!server) return server.error();
    web_ = std::move(server).value();
    return Done{};
}

void App::start() {
    for (const auto& webhook : webhooks_)
        notifier_threads_.emplace_back([&w = *webhook](std::stop_token stop) { w.run(stop); });
    for (const auto& alertmanager : alertmanagers_)
        notifier_threads_.emplace_back([&a = *alertmanager](std::stop_token stop) { a.run(stop); });
    writer_thread_ = std::jthread{[this](std::stop_token stop) { writer_->run(stop); }};
    engine_thread_ = std::jthread{[this](std::stop_token stop) { engine_->run(stop); }};
    for (const auto& shard : shards_) shard_threads_.emplace_back([&s = *shard](std::stop_token stop) { s.run(stop); });
}

/// Until a signal: says ready once everything has moved, then feeds the watchdog while everything goes on moving.
void App::watch(const sigset_t& signals) {
    Progress progress;
    progress.watch("engine", [this] { return engine_->gauges().ticks.load(); });
    for (std::size_t i = 0; i < shards_.size(); ++i)
        progress.watch("shard " + std::to_string(i), [&shard = *shards_[i]] { return shard.turns(); });
    const auto limit = watchdog_limit();
    const auto period = limit ? std::min(*limit / 3, kLongestWatch) : kLongestWatch;
    bool said_ready = false;
    spdlog::info("watching {} targets, listening on port {}", targets_->size(), web_->port());
    while (!stop_signal(signals, said_ready ? period : std::min(period, Duration{std::chrono::milliseconds{100}}))) {
        if (!said_ready) {
            said_ready = ready();
            if (said_ready) notify_ready(fmt::format("watching {} targets", targets_->size()));
            continue;
        }
        const auto stuck = progress.stuck();
        for (const auto& part : stuck) spdlog::error("{} has not moved for {:.1f} s", part, seconds(period));
        if (stuck.empty()) notify_alive();
    }
}

void App::stop() {
    spdlog::info("stopping");
    notify_stopping();
    const auto end = [](std::jthread& thread) {
        thread.request_stop();
        thread.join();
    };
    // In flow order: each reader drains what the one before it left.
    for (auto& thread : shard_threads_) thread.request_stop();
    for (auto& thread : shard_threads_) thread.join();
    end(engine_thread_);
    end(writer_thread_);
    for (auto& thread : notifier_threads_) thread.request_stop();
    for (auto& thread : notifier_threads_) thread.join();
    web_.reset();
    spdlog::info("stopped");
}

}  // namespace

Status run_daemon(Config config) { return App{std::move(config)}.run(); }

}  // namespace outrider::app
