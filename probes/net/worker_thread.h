// A thread for a blocking library: the one place of this module that makes threads.
#pragma once

#include <pthread.h>

#include <cstddef>
#include <functional>
#include <optional>
#include <utility>

namespace outrider::probes {

/// Joined when destroyed, unless detached. Its stack is small: hundreds of them are what a shard may need.
class WorkerThread {
public:
    /// Runs `body`, which must not throw, with all signals blocked: they are for the main thread. nullopt when the
    /// system has no thread left. `name` is what ps and gdb show, at most 15 characters.
    [[nodiscard]] static std::optional<WorkerThread> start(const char* name, std::size_t stack_bytes,
                                                           std::function<void()> body);

    WorkerThread(WorkerThread&& other) noexcept : handle_(std::exchange(other.handle_, std::nullopt)) {}
    WorkerThread& operator=(WorkerThread&& other) noexcept {
        join();
        handle_ = std::exchange(other.handle_, std::nullopt);
        return *this;
    }
    ~WorkerThread() { join(); }

    void join() noexcept;
    /// Lets it run on: its body must own all it uses.
    void detach() noexcept;

private:
    explicit WorkerThread(pthread_t handle) : handle_(handle) {}
    std::optional<pthread_t> handle_;
};

}  // namespace outrider::probes
