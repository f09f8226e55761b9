#include "misbehaviour.h"

#include <charconv>
#include <cmath>

namespace outrider::lab {

std::optional<ControlAction> apply_control(Misbehaviour& state, std::string_view word, std::string& problem) {
    if (word == "reset") return ControlAction::reset;
    if (word == "clear") {
        state = {};
        return ControlAction::none;
    }
    const auto equals = word.find('=');
    const std::string_view key = word.substr(0, equals);
    const std::string_view text = equals == std::string_view::npos ? "" : word.substr(equals + 1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size() || !std::isfinite(value)) {
        problem = "want key=number, got \"" + std::string(word) + '"';
        return std::nullopt;
    }
    const auto out_of_range = [&](const char* want) {
        problem = std::string(key) + ": want " + want + ", got \"" + std::string(text) + '"';
        return std::nullopt;
    };
    if (key == "timestamp_jump_ms") {
        state.timestamp_offset_ms += std::llround(value);
        return ControlAction::none;
    }
    if (value < 0) return out_of_range("a number that is not negative");
    if (key == "freeze")
        state.freeze = value != 0;
    else if (key == "stale")
        state.stale = value != 0;
    else if (key == "slow_first_byte_ms")
        state.slow_first_byte = std::chrono::milliseconds(std::llround(value));
    else if (key == "throttle_bps")
        state.throttle_bps = value;
    else if (key == "status") {
        if (value < 200 || value > 599) return out_of_range("a status from 200 to 599");
        state.status = static_cast<unsigned>(value);
    } else if (key == "share") {
        if (value > 1) return out_of_range("a fraction from 0 to 1");
        state.share = value;
    } else {
        problem = "no setting \"" + std::string(key) + '"';
        return std::nullopt;
    }
    return ControlAction::none;
}

}  // namespace outrider::lab
