#include "daemon/notify/alertmanager/sender.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "daemon/notify/excerpt.h"
#include "probes/net/http_request.h"

namespace outrider::app {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBatch = 64;
constexpr Duration kLongestWait = 1min;
// Less than the 10 s that systemd units commonly leave between TERM and KILL, with room for the rest of the shutdown.
constexpr Duration kDrain = 5s;

std::string alerts_url(std::string base) {
    while (base.ends_with('/')) base.pop_back();
    return base + "/api/v2/alerts";
}

}  // namespace

AlertmanagerSender::AlertmanagerSender(AlertmanagerConfig config, const Clock& clock, std::string external_url)
    : config_(std::move(config)),
      alerts_url_(alerts_url(config_.url)),
      clock_(clock),
      external_url_(std::move(external_url)),
      schedule_(config_.resend_interval) {}

void AlertmanagerSender::update(const Alert& alert) {
    AlertUpdate result{};
    std::uint64_t dropped = 0;
    {
        const std::scoped_lock lock{mutex_};
        const auto before = schedule_.dropped();
        result = schedule_.update(alert, clock_.now());
        dropped = schedule_.dropped() - before;
    }
    if (result == AlertUpdate::queued) changed_.notify_one();
    if (result == AlertUpdate::unsendable) {
        NotifyCounters::add(counters_.parked);
        spdlog::error("alertmanager {}: not sent, want label names of letters, digits and _: {}", config_.name,
                      alert.labels.to_string());
    }
    if (dropped > 0) {
        NotifyCounters::add(counters_.dropped, dropped);
        spdlog::warn("alertmanager {}: more than {} alerts, the oldest is forgotten", config_.name,
                     AlertSchedule::kCapacity);
    }
}

void AlertmanagerSender::run(std::stop_token stop) {
    while (!stop.stop_requested()) {
        std::vector<OutgoingAlert> batch;
        {
            const std::scoped_lock lock{mutex_};
            batch = schedule_.due(clock_.now(), kBatch);
        }
        if (batch.empty()) {
            wait(stop);
        } else {
            deliver(batch, config_.timeout, stop);
        }
    }
    drain();
}

void AlertmanagerSender::wait(const std::stop_token& stop) {
    std::unique_lock lock{mutex_};
    const auto now = clock_.now();
    const auto longest =
        std::clamp<Duration>(schedule_.next_due().value_or(now + kLongestWait) - now, Duration{0}, kLongestWait);
    changed_.wait_for(lock, stop, longest, [this] {
        const auto due = schedule_.next_due();
        return due && *due <= clock_.now();
    });
}

void AlertmanagerSender::drain() {
    const auto until = clock_.uptime() + kDrain;
    for (;;) {
        std::vector<OutgoingAlert> batch;
        {
            const std::scoped_lock lock{mutex_};
            batch = schedule_.undelivered(clock_.now(), kBatch);
        }
        if (batch.empty()) return;
        const auto left = until - clock_.uptime();
        const bool settled = left > Duration{0} && deliver(batch, std::min(config_.timeout, left), {});
        if (!settled) {
            spdlog::warn("alertmanager {}: stopping with alerts not accepted; they are in the book", config_.name);
            return;
        }
    }
}

bool AlertmanagerSender::deliver(std::span<const OutgoingAlert> alerts, Duration timeout, const std::stop_token& stop) {
    const auto answer = probes::send({.method = "POST",
                                      .url = alerts_url_,
                                      .headers = {{"Content-Type", "application/json"}},
                                      .body = alertmanager_body(alerts, external_url_),
                                      .timeout = timeout},
                                     stop);
    if (!answer) {
        fail(alerts, answer.error().text);
        return false;
    }
    if (answer->status >= 200 && answer->status < 300) {
        accept(alerts);
        return true;
    }
    const auto why = excerpt(*answer);
    // 422: one alert is malformed and none was stored. 400: one has a bad label, and the others were stored.
    if (answer->status == 400 || answer->status == 422) {
        if (alerts.size() > 1) return bisect(alerts, timeout, stop);
        refuse(alerts, why);
        return true;
    }
    fail(alerts, why);
    return false;
}

bool AlertmanagerSender::bisect(std::span<const OutgoingAlert> alerts, Duration timeout, const std::stop_token& stop) {
    const auto half = alerts.size() / 2;
    if (deliver(alerts.first(half), timeout, stop)) return deliver(alerts.subspan(half), timeout, stop);
    fail(alerts.subspan(half), "not tried after the first half");
    return false;
}

void AlertmanagerSender::accept(std::span<const OutgoingAlert> alerts) {
    {
        const std::scoped_lock lock{mutex_};
        schedule_.accepted(alerts, clock_.now());
    }
    NotifyCounters::add(counters_.delivered, alerts.size());
}

void AlertmanagerSender::fail(std::span<const OutgoingAlert> alerts, const std::string& why) {
    spdlog::warn("alertmanager {}: {} alerts not accepted, will be sent again: {}", config_.name, alerts.size(), why);
    {
        const std::scoped_lock lock{mutex_};
        schedule_.failed(alerts, clock_.now());
    }
    NotifyCounters::add(counters_.retried, alerts.size());
}

void AlertmanagerSender::refuse(std::span<const OutgoingAlert> alerts, const std::string& why) {
    for (const auto& alert : alerts)
        spdlog::error("alertmanager {}: refused, will not be sent: {}: {}", config_.name, alert.labels.to_string(),
                      why);
    {
        const std::scoped_lock lock{mutex_};
        schedule_.refused(alerts);
    }
    NotifyCounters::add(counters_.parked, alerts.size());
}

}  // namespace outrider::app
