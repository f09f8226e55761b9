// What every blocking call of libavformat needs: options that are freed, and an end. Internal to this module.
#pragma once

extern "C" {
#include <libavformat/avio.h>
#include <libavutil/dict.h>
}

#include <functional>
#include <string>

#include "outrider/time.h"

namespace outrider::probes {

struct LibavOptions {
    AVDictionary* entries = nullptr;
    LibavOptions() = default;
    ~LibavOptions() { av_dict_free(&entries); }
    LibavOptions(const LibavOptions&) = delete;
    LibavOptions& operator=(const LibavOptions&) = delete;
    void set(const char* key, const std::string& value) { av_dict_set(&entries, key, value.c_str(), 0); }
};

/// Ends a blocked call, which asks at least ten times a second: when we stop, or when it has taken longer than a player
/// waits, from the connection's beginning to its first message and then from one to the next.
class LibavPatience {
public:
    LibavPatience(const Clock& clock, Duration patience, std::function<bool()> stopping)
        : clock_(clock), patience_(patience), stopping_(std::move(stopping)) {
        renew();
    }
    LibavPatience(const LibavPatience&) = delete;
    LibavPatience& operator=(const LibavPatience&) = delete;

    void renew() { until_ = clock_.uptime() + patience_; }
    [[nodiscard]] bool exhausted() const noexcept { return exhausted_; }
    /// For libavformat; this object must outlive what gets it.
    [[nodiscard]] AVIOInterruptCB callback() { return {&LibavPatience::should_end, this}; }

private:
    static int should_end(void* self) {
        auto& patience = *static_cast<LibavPatience*>(self);
        if (patience.clock_.uptime() > patience.until_) patience.exhausted_ = true;
        return patience.exhausted_ || patience.stopping_() ? 1 : 0;
    }

    const Clock& clock_;
    Duration patience_;
    std::function<bool()> stopping_;
    Duration until_{};
    bool exhausted_ = false;
};

}  // namespace outrider::probes
