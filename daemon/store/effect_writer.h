// Effects as rows. Internal to this folder: Book::commit wraps it in a transaction.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "daemon/store/notice.h"
#include "daemon/store/sqlite.h"
#include "outrider/effect.h"
#include "outrider/result.h"

namespace outrider::app {

class EffectWriter {
public:
    /// Keeps references to both.
    EffectWriter(sqlite::Connection& connection, std::span<const std::string> notifiers)
        : connection_(connection), notifiers_(notifiers) {}

    /// All effects in order, then deletes what is too old to be of use. Stops at the first failure; the caller rolls
    /// back.
    Status write(const Effects& effects);

private:
    Status write(const AlertChanged& changed);
    Status write(const IncidentOpened& opened);
    Status write(const IncidentResolved& resolved);
    /// Adds the entry unless the incident has the same one.
    Status add_timeline(std::int64_t incident, const TimelineEntry& entry);
    Status add_to_outbox(const Notice& notice);
    Result<std::int64_t> next_id(const std::string& counter);
    Status prune(Instant now);

    sqlite::Connection& connection_;
    std::span<const std::string> notifiers_;
};

}  // namespace outrider::app
