// What a server does wrong on request.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace outrider::lab {

struct Misbehaviour {
    bool freeze = false;                          ///< no bytes; connections stay
    bool stale = false;                           ///< new clients get the same old GOP again and again
    std::chrono::milliseconds slow_first_byte{};  ///< before the response to a new client begins
    unsigned status = 200;                        ///< other than 200: the answer to new clients …
    double share = 1;                             ///< … to this share of them, 0 to 1
    std::int64_t timestamp_offset_ms = 0;         ///< added to every tag from now on
    double throttle_bps = 0;                      ///< per client; 0 is no limit
};

/// What one `key=value` asks for besides a changed state.
enum class ControlAction { none, reset };

/// Applies `key=value` with plain numbers: freeze, stale (0 or 1), slow_first_byte_ms, status, share,
/// timestamp_jump_ms (relative to what is in force), throttle_bps; or the words `reset` and `clear`.
/// Returns the action, or nullopt with `problem` set.
[[nodiscard]] std::optional<ControlAction> apply_control(Misbehaviour& state, std::string_view word,
                                                         std::string& problem);

}  // namespace outrider::lab
