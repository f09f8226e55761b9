// Which alerts one Alertmanager has to be told now. Pure: no clock, no I/O, no thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "daemon/notify/alertmanager/body.h"
#include "outrider/alert.h"
#include "outrider/time.h"

namespace outrider::app {

enum class AlertUpdate {
    queued,      ///< a new state: due at once
    known,       ///< the same state again: only its text is replaced
    pending,     ///< nobody's business yet
    unsendable,  ///< Alertmanager would refuse its labels
};

/// Firing alerts are sent at once and then every resend interval; resolved ones at once and then every resend interval
/// until 15 min after they were resolved, so that an Alertmanager restarted in between still announces the resolve.
///
/// A state that was never accepted is tried again after 5 s, 10 s, 20 s … up to the resend interval: it is news, and a
/// minute of a viewer's buffer must not be lost to a connection that broke once; 5 s is short against Alertmanager's
/// group_wait (30 s). A state that was accepted once is only refreshed: a failed resend waits for the next one, which
/// `endsAt` allows for.
class AlertSchedule {
public:
    static constexpr std::size_t kCapacity = 10'000;

    explicit AlertSchedule(Duration resend_interval, std::size_t capacity = kCapacity)
        : resend_interval_(resend_interval), capacity_(capacity) {}

    /// Takes note of an alert's present state. When full, forgets the alert whose state is the oldest.
    AlertUpdate update(const Alert& alert, Instant now);

    /// At most `limit` alerts due at `now`: first the states never accepted, then the longest overdue. Answer for each
    /// with accepted, failed or refused before asking again, or they are due still.
    [[nodiscard]] std::vector<OutgoingAlert> due(Instant now, std::size_t limit);

    /// At most `limit` states never accepted, due or not: what a shutdown should still send.
    [[nodiscard]] std::vector<OutgoingAlert> undelivered(Instant now, std::size_t limit);

    /// What became of alerts from due(). An alert that changed its state meanwhile is not touched.
    void accepted(std::span<const OutgoingAlert> alerts, Instant at);
    void failed(std::span<const OutgoingAlert> alerts, Instant at);
    /// Never sent again in this state.
    void refused(std::span<const OutgoingAlert> alerts);

    /// When due() will give something; nullopt when nothing is scheduled.
    [[nodiscard]] std::optional<Instant> next_due() const;

    /// Alerts forgotten because the schedule was full, since the start.
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

private:
    struct Entry {
        Alert alert;
        Instant due{};
        std::uint64_t version = 0;  // grows with every new state of any alert: also its age
        bool accepted = false;      // in this state
        int failures = 0;           // in this state, since it was last accepted
    };
    using Entries = std::map<Labels, Entry>;

    [[nodiscard]] std::vector<OutgoingAlert> most_urgent(std::vector<const Entry*> chosen, Instant now,
                                                         std::size_t limit) const;
    [[nodiscard]] OutgoingAlert outgoing(const Entry& entry, Instant now) const;
    [[nodiscard]] Entry* same_state(const OutgoingAlert& alert);
    void forget(Entries::iterator entry);
    void forget_expired(Instant now);

    Duration resend_interval_;
    std::size_t capacity_;
    Entries entries_;
    std::map<std::uint64_t, Entries::iterator> by_age_;  // version → its entry
    std::uint64_t versions_ = 0;
    std::uint64_t dropped_ = 0;
};

}  // namespace outrider::app
