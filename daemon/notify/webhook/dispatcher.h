// Sends what the outbox owes to one webhook receiver, until it is delivered or refused.
#pragma once

#include <condition_variable>
#include <mutex>
#include <random>
#include <stop_token>
#include <string>

#include "daemon/notify/counters.h"
#include "daemon/notify/webhook/classify.h"
#include "daemon/notify/webhook/config.h"
#include "daemon/store/outbox.h"
#include "outrider/result.h"
#include "outrider/time.h"

namespace outrider::app {

class WebhookDispatcher {
public:
    /// `outbox` is this dispatcher's own connection. `clock` outlives it. `external_url` is where people reach this
    /// daemon; it stands in every message.
    WebhookDispatcher(WebhookConfig config, Outbox outbox, const Clock& clock, std::string external_url);

    /// The thread's body. Sends one message at a time; a stop ends a running request at once and leaves its message in
    /// the outbox for the next start.
    void run(std::stop_token stop);

    /// Something was committed: look now. Any thread.
    void wake();

    [[nodiscard]] const std::string& name() const noexcept { return config_.name; }
    [[nodiscard]] const NotifyCounters& counters() const noexcept { return counters_; }

private:
    /// Handles one due message; false when there was none, or the book cannot be used now.
    Result<bool> dispatch_one(const std::stop_token& stop);
    Status settle(const OutboxItem& item, const Decision& decision, const std::string& detail);
    void wait(const std::stop_token& stop, bool after_failure);

    WebhookConfig config_;
    Outbox outbox_;
    const Clock& clock_;
    std::string external_url_;
    NotifyCounters counters_;
    std::mt19937_64 random_{std::random_device{}()};
    std::mutex mutex_;  // guards woken_
    std::condition_variable_any changed_;
    bool woken_ = false;
};

}  // namespace outrider::app
