// The watchdog's question: is every part that must move still moving? Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace outrider::app {

/// Counters that grow while their part is alive, at least once between two calls of `stuck`.
class Progress {
public:
    void watch(std::string part, std::function<std::uint64_t()> counter) {
        parts_.push_back({std::move(part), std::move(counter), 0, false});
    }

    /// The parts that have not moved since the last call; the first call only notes where they stand.
    [[nodiscard]] std::vector<std::string> stuck() {
        std::vector<std::string> names;
        for (auto& part : parts_) {
            const auto now = part.counter();
            if (part.known && now == part.last) names.push_back(part.name);
            part.last = now;
            part.known = true;
        }
        return names;
    }

private:
    struct Part {
        std::string name;
        std::function<std::uint64_t()> counter;
        std::uint64_t last;
        bool known;
    };
    std::vector<Part> parts_;
};

}  // namespace outrider::app
