// Tells one Alertmanager which alerts are firing and which are over.
#pragma once

#include <condition_variable>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>

#include "daemon/notify/alertmanager/config.h"
#include "daemon/notify/alertmanager/schedule.h"
#include "daemon/notify/counters.h"
#include "outrider/alert.h"
#include "outrider/time.h"

namespace outrider::app {

/// Keeps nothing on disk: the book has the alerts, and every firing one is sent again each resend interval. One per
/// Alertmanager of a cluster.
class AlertmanagerSender {
public:
    /// `clock` outlives it. `external_url` is where people reach this daemon, absolute.
    AlertmanagerSender(AlertmanagerConfig config, const Clock& clock, std::string external_url);

    /// The alert's present state: call it after each commit, and at start for every restored alert. Pending ones are
    /// ignored. Any thread; never waits for the network.
    void update(const Alert& alert);

    /// The thread's body. After stop it sends the states not yet accepted, for at most 5 s: stop it after the thread
    /// that calls update.
    void run(std::stop_token stop);

    [[nodiscard]] const std::string& name() const noexcept { return config_.name; }
    [[nodiscard]] const NotifyCounters& counters() const noexcept { return counters_; }

private:
    void wait(const std::stop_token& stop);
    void drain();
    /// True when every alert was accepted, or refused for good; false when the rest must wait.
    bool deliver(std::span<const OutgoingAlert> alerts, Duration timeout, const std::stop_token& stop);
    bool bisect(std::span<const OutgoingAlert> alerts, Duration timeout, const std::stop_token& stop);
    void accept(std::span<const OutgoingAlert> alerts);
    void fail(std::span<const OutgoingAlert> alerts, const std::string& why);
    void refuse(std::span<const OutgoingAlert> alerts, const std::string& why);

    AlertmanagerConfig config_;
    std::string alerts_url_;
    const Clock& clock_;
    std::string external_url_;
    NotifyCounters counters_;
    std::mutex mutex_;  // guards schedule_
    std::condition_variable_any changed_;
    AlertSchedule schedule_;
};

}  // namespace outrider::app
