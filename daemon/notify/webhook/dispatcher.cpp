#include "daemon/notify/webhook/dispatcher.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <atomic>
#include <utility>

#include "daemon/notify/excerpt.h"
#include "daemon/notify/webhook/body.h"
#include "outrider/time_text.h"

namespace outrider::app {
namespace {

using namespace std::chrono_literals;

// What a lease adds to the request's time-out: the commits around it. A sender that died is replaced after that.
constexpr Duration kLeaseMargin = 20s;
// Also without a wake we look this often: a row may come from another daemon on the same book.
constexpr Duration kLongestWait = 1min;
constexpr Duration kWaitAfterFailure = 2s;

}  // namespace

WebhookDispatcher::WebhookDispatcher(WebhookConfig config, Outbox outbox, const Clock& clock, std::string external_url)
    : config_(std::move(config)), outbox_(std::move(outbox)), clock_(clock), external_url_(std::move(external_url)) {}

void WebhookDispatcher::wake() {
    {
        const std::scoped_lock lock{mutex_};
        woken_ = true;
    }
    changed_.notify_one();
}

void WebhookDispatcher::run(std::stop_token stop) {
    while (!stop.stop_requested()) {
        const auto worked = dispatch_one(stop);
        if (!worked) spdlog::error("webhook {}: book: {}; trying again", config_.name, worked.error().text);
        if (!worked || !*worked) wait(stop, !worked);
    }
}

Result<bool> WebhookDispatcher::dispatch_one(const std::stop_token& stop) {
    const auto claimed = outbox_.claim(config_.name, clock_.now(), config_.timeout + kLeaseMargin);
    if (!claimed) return claimed.error();
    if (!*claimed) return false;
    const auto& item = **claimed;

    const auto notice = parse_notice(item.payload);
    Decision decision{DeliveryReason::malformed_payload, Verdict::park, {}};
    std::string detail;
    if (notice) {
        probes::HttpRequest request{.method = "POST",
                                    .url = config_.url,
                                    .headers = config_.headers,
                                    .body = webhook_body(*notice, config_.name, external_url_),
                                    .timeout = config_.timeout};
        request.headers.emplace_back("Content-Type", "application/json");
        request.headers.emplace_back("Idempotency-Key", item.idempotency_key);
        const auto answer = probes::send(request, stop);
        decision = classify(answer);
        detail = answer ? excerpt(*answer) : answer.error().text;
    } else {
        detail = notice.error().text;
    }
    if (decision.reason == DeliveryReason::no_answer && stop.stop_requested()) {
        // We broke it off ourselves: due again at once, so that the next start need not wait for the lease to expire.
        if (auto status = outbox_.retry_at(item.id, clock_.now()); !status) return status.error();
        return false;
    }
    if (auto status = settle(item, decision, detail); !status) return status.error();
    return true;
}

Status WebhookDispatcher::settle(const OutboxItem& item, const Decision& decision, const std::string& detail) {
    // Counted once it is in the book: what is counted has happened, and a test may wait for it.
    const auto counted = [](Status recorded, std::atomic<std::uint64_t>& counter) {
        if (recorded) NotifyCounters::add(counter);
        return recorded;
    };
    switch (decision.verdict) {
        case Verdict::done:
            spdlog::info("webhook {}: incident {} delivered as {}", config_.name, item.incident, item.idempotency_key);
            return counted(outbox_.delivered(item.id, clock_.now()), counters_.delivered);
        case Verdict::retry: {
            const double random = std::uniform_real_distribution<double>{}(random_);
            const auto delay = retry_delay(item.attempts, decision.retry_after, random);
            spdlog::warn("webhook {}: incident {} not delivered, {} (attempt {}), again in {}: {}", config_.name,
                         item.incident, to_string(decision.reason), item.attempts, duration_text(delay), detail);
            return counted(outbox_.retry_at(item.id, clock_.now() + delay), counters_.retried);
        }
        case Verdict::park: {
            const auto reason = std::string{to_string(decision.reason)} + ": " + detail;
            spdlog::error("webhook {}: incident {} parked, will not be sent: {}", config_.name, item.incident, reason);
            return counted(outbox_.park(item.id, reason), counters_.parked);
        }
    }
    return Done{};
}

void WebhookDispatcher::wait(const std::stop_token& stop, bool after_failure) {
    Duration longest = after_failure ? kWaitAfterFailure : kLongestWait;
    if (!after_failure) {
        if (const auto due = outbox_.next_due(config_.name); due && *due)
            longest = std::clamp<Duration>(**due - clock_.now(), Duration{0}, longest);
    }
    std::unique_lock lock{mutex_};
    if (after_failure) {
        // Commits must not make us hammer a book that is in trouble.
        changed_.wait_for(lock, stop, longest, [] { return false; });
    } else {
        changed_.wait_for(lock, stop, longest, [this] { return woken_; });
    }
    woken_ = false;
}

}  // namespace outrider::app
