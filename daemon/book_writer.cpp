#include "daemon/book_writer.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

namespace outrider::app {
namespace {

constexpr Duration kRetry = std::chrono::seconds{1};

}  // namespace

BookWriter::BookWriter(Book book, std::vector<std::string> webhooks, OnCommitted on_committed)
    : book_(std::move(book)), webhooks_(std::move(webhooks)), on_committed_(std::move(on_committed)) {}

void BookWriter::submit(Effects&& effects) {
    {
        const std::scoped_lock lock{mutex_};
        queue_.push_back(std::move(effects));
    }
    arrived_.notify_one();
}

void BookWriter::run(std::stop_token stop) {
    std::unique_lock lock{mutex_};
    for (;;) {
        arrived_.wait(lock, stop, [this] { return !queue_.empty(); });
        if (queue_.empty()) return;  // stopped, and nothing is owed
        const auto effects = queue_.front();
        lock.unlock();
        const bool committed = commit(effects);
        lock.lock();
        if (committed) {
            queue_.pop_front();
        } else if (stop.stop_requested()) {
            spdlog::error("stopping with {} transactions not in the book; the engine will find them again",
                          queue_.size());
            return;
        } else {
            // Only a stop ends this wait early: new effects must queue behind the one that failed.
            arrived_.wait_for(lock, stop, kRetry, [] { return false; });
        }
    }
}

bool BookWriter::commit(const Effects& effects) {
    if (const auto status = book_.commit(effects, webhooks_); !status) {
        failures_.fetch_add(1, std::memory_order_relaxed);
        spdlog::error("book: {}; trying again", status.error().text);
        return false;
    }
    commits_.fetch_add(1, std::memory_order_relaxed);
    on_committed_(effects);
    return true;
}

std::size_t BookWriter::waiting() const {
    const std::scoped_lock lock{mutex_};
    return queue_.size();
}

}  // namespace outrider::app
