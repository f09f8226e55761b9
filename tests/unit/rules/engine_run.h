// An engine as a daemon drives it, with a book that remembers alerts.
#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "builders.h"
#include "rules/engine.h"

namespace outrider::rules::test {

/// An engine and all that it has said.
struct Run {
    Engine engine;
    std::vector<Effect> effects;
    std::map<Labels, Alert> book;  ///< alerts as a book would keep them

    Run(std::vector<Rule> rules, std::shared_ptr<const TargetList> list, std::vector<Alert> restored = {})
        : engine({file(std::move(rules))}) {
        engine.restore(restored);
        take(engine.handle(TargetsChanged{std::move(list)}));
    }
    void take(const Effects& more) {
        for (const auto& effect : more) {
            effects.push_back(effect);
            const auto* change = std::get_if<AlertChanged>(&effect);
            if (change == nullptr) continue;
            book.erase(change->alert.labels);
            if (!change->forgotten && change->alert.state != AlertState::resolved)
                book.emplace(change->alert.labels, change->alert);
        }
    }
    [[nodiscard]] std::vector<Alert> saved() const {
        std::vector<Alert> alerts;
        for (const auto& [labels, alert] : book) alerts.push_back(alert);
        return alerts;
    }
    void tick(Duration t) { take(engine.handle(Tick{kStart + t})); }
    void heartbeat(Duration t, std::initializer_list<double> lags) {
        std::uint32_t id = 0;
        for (const double lag : lags) take(engine.handle(sample(id++, kStart + t, lag)));
        take(engine.handle(Tick{kStart + t}));
    }
    template <class T>
    [[nodiscard]] std::vector<T> all() const {
        std::vector<T> found;
        for (const auto& effect : effects)
            if (const auto* e = std::get_if<T>(&effect)) found.push_back(*e);
        return found;
    }
};

}  // namespace outrider::rules::test
