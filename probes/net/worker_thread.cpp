#include "probes/net/worker_thread.h"

#include <signal.h>

#include <algorithm>
#include <climits>
#include <memory>

namespace outrider::probes {
namespace {

struct Start {
    const char* name;
    std::function<void()> body;
};

void* run(void* argument) {
    const std::unique_ptr<Start> start{static_cast<Start*>(argument)};
    pthread_setname_np(pthread_self(), start->name);
    start->body();
    return nullptr;
}

/// All signals are blocked while this lives: a new thread inherits its maker's mask.
class SignalsBlocked {
public:
    SignalsBlocked() {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;

private:
    sigset_t before_{};
};

}  // namespace

std::optional<WorkerThread> WorkerThread::start(const char* name, std::size_t stack_bytes, std::function<void()> body) {
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) != 0) return std::nullopt;
    pthread_attr_setstacksize(&attributes, std::max(stack_bytes, static_cast<std::size_t>(PTHREAD_STACK_MIN)));
    auto start = std::make_unique<Start>(Start{.name = name, .body = std::move(body)});
    pthread_t handle{};
    const SignalsBlocked blocked;
    const int error = pthread_create(&handle, &attributes, &run, start.get());
    pthread_attr_destroy(&attributes);
    if (error != 0) return std::nullopt;
    static_cast<void>(start.release());  // the thread's now
    return WorkerThread{handle};
}

void WorkerThread::join() noexcept {
    if (const auto handle = std::exchange(handle_, std::nullopt)) pthread_join(*handle, nullptr);
}

void WorkerThread::detach() noexcept {
    if (const auto handle = std::exchange(handle_, std::nullopt)) pthread_detach(*handle);
}

}  // namespace outrider::probes
