// The thread that makes effects durable, and only then lets them be told to anybody.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "daemon/store/book.h"
#include "outrider/effect.h"

namespace outrider::app {

class BookWriter {
public:
    using OnCommitted = std::function<void(const Effects&)>;

    /// `webhooks`: names of the notifiers that are owed a row in the outbox. `on_committed` is called on this thread
    /// after each transaction.
    BookWriter(Book book, std::vector<std::string> webhooks, OnCommitted on_committed);

    /// Queues the effects of one event; they are committed together. Any thread; never blocks on the disk.
    void submit(Effects&& effects);

    /// The thread's body. A commit that fails (disk full, locked) is tried again until it succeeds: effects are few and
    /// are kept in memory meanwhile. After stop it commits what is queued, giving up at the first failure.
    void run(std::stop_token stop);

    [[nodiscard]] std::uint64_t commits() const noexcept { return commits_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::uint64_t failures() const noexcept { return failures_.load(std::memory_order_relaxed); }
    [[nodiscard]] std::size_t waiting() const;

private:
    /// False when the book refused.
    bool commit(const Effects& effects);

    Book book_;
    std::vector<std::string> webhooks_;
    OnCommitted on_committed_;
    mutable std::mutex mutex_;  // guards queue_
    std::condition_variable_any arrived_;
    std::deque<Effects> queue_;
    std::atomic<std::uint64_t> commits_{0};
    std::atomic<std::uint64_t> failures_{0};
};

}  // namespace outrider::app
