// A blocking read loop on a thread of its own, what it reads on the shard's thread. Internal to this module.
//
//   worker thread                                         shard's thread
//   body(feed): read; feed.add(stamp and append) ──Batch──▶ consume(batch)      by a post once it is pressing, and
//                     waits while the batch is full ◀────── takes the batch     by look(), with the heartbeat
//   returns its Outcome ─────────────────────────────────▶ run() resumes with it
#pragma once

#include <asio/awaitable.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>
#include <asio/use_awaitable.hpp>
#include <atomic>
#include <concepts>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <utility>

#include "outrider/outcome.h"
#include "probes/net/worker_thread.h"

namespace outrider::probes {

/// What gathers between two looks of the shard. `pressing`: worth waking the shard for; a wake-up costs more than the
/// few hundred bytes of a message, and what is not pressing can wait for the heartbeat: its arrival is in it. `full`
/// bounds it: the worker then waits, and the transport with it.
template <class Batch>
concept ReaderBatch = std::default_initializable<Batch> && requires(Batch batch, const Batch view) {
    { view.full() } -> std::same_as<bool>;
    { view.pressing() } -> std::same_as<bool>;
    batch.clear();
};

template <ReaderBatch Batch>
class BlockingReader {
public:
    /// The worker's side.
    class Feed {
    public:
        explicit Feed(BlockingReader& reader) : reader_(reader) {}
        /// True once the worker should return: from an interrupt callback, or between reads.
        [[nodiscard]] bool stopping() const noexcept { return reader_.stop_.load(std::memory_order_relaxed); }
        /// Calls `append(batch)`; waits for room first. False when stopping: nothing was appended.
        template <std::invocable<Batch&> Append>
        bool add(Append&& append) {
            return reader_.add(std::forward<Append>(append));
        }

    private:
        BlockingReader& reader_;
    };

    using Consume = std::function<void(Batch&)>;
    using Body = std::function<Outcome(Feed&)>;

    /// `consume` runs on the io_context's thread, only while `run` does.
    BlockingReader(asio::io_context& io, Consume consume)
        : io_(io), consume_(std::move(consume)), done_(io, asio::steady_timer::time_point::max()) {}
    BlockingReader(const BlockingReader&) = delete;
    BlockingReader& operator=(const BlockingReader&) = delete;

    /// Runs `body` on a worker thread to its end; everything it added has been consumed before this returns. One at a
    /// time; this object and `body` must outlive it. `body` is to be a variable: GCC 12 copies the bytes of what a
    /// lambda inside a co_await expression captures, and destroys both.
    asio::awaitable<Outcome> run(const char* name, std::size_t stack_bytes, const Body& body) {
        stop_ = interrupted_;
        ended_ = false;
        auto thread = WorkerThread::start(name, stack_bytes, [this, body] {
            Feed feed{*this};
            end(body(feed));
        });
        if (!thread) co_return Outcome::local_failure;
        asio::error_code cancelled;
        co_await done_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
        thread->join();
        co_return outcome_;
    }

    /// Makes a running `run` end as soon as the worker looks at `stopping()`, and later ones at once. From the
    /// io_context's thread.
    void interrupt() {
        interrupted_ = true;
        stop();
    }

    /// Consumes now what has gathered. From the io_context's thread.
    void look() {
        {
            const std::scoped_lock lock{mutex_};
            std::swap(gathering_, taken_);
        }
        room_.notify_one();
        consume_(taken_);
        taken_.clear();
    }

    /// Ends the running `run` only.
    void stop() {
        {
            const std::scoped_lock lock{mutex_};
            stop_ = true;
        }
        room_.notify_one();
    }

private:
    template <class Append>
    bool add(Append&& append) {
        std::unique_lock lock{mutex_};
        room_.wait(lock, [this] { return !gathering_.full() || stop_; });
        if (stop_) return false;
        append(gathering_);
        if (gathering_.pressing()) wake(lock);
        return true;
    }

    void end(Outcome outcome) {
        std::unique_lock lock{mutex_};
        outcome_ = outcome;
        ended_ = true;
        wake(lock);
    }

    /// Posted with the lock held: once it is released after `end`, this object may be gone.
    void wake(const std::unique_lock<std::mutex>&) {
        if (woken_) return;
        woken_ = true;
        asio::post(io_, [this] {
            bool ended = false;
            {
                const std::scoped_lock again{mutex_};
                woken_ = false;
                ended = ended_;
            }
            look();
            if (ended) done_.cancel();
        });
    }

    asio::io_context& io_;
    Consume consume_;
    asio::steady_timer done_;   // never expires by itself: cancelled when the worker has ended
    bool interrupted_ = false;  // the io_context's thread only
    std::atomic<bool> stop_{false};
    std::mutex mutex_;  // guards gathering_, outcome_, ended_, woken_
    std::condition_variable room_;
    Batch gathering_;
    Outcome outcome_ = Outcome::stopped;
    bool ended_ = false;
    bool woken_ = false;
    Batch taken_;  // the io_context's thread only
};

}  // namespace outrider::probes
