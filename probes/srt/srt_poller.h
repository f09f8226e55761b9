// libsrt's sockets on an Asio reactor. Internal to this module.
//
// libsrt has no descriptor that a reactor could watch: its epoll wakes on a condition inside the library. Asking each
// socket by a timer would cost a call per socket and turn, and round arrivals to the timer. So one thread for each
// shard that has SRT at all waits in srt_epoll_uwait, edge-triggered, and tells the shard which sockets are ready; the
// shard's thread reads them, as it reads those of the kernel.
#pragma once

#include <srt/srt.h>

#include <asio/execution_context.hpp>
#include <asio/io_context.hpp>
#include <atomic>
#include <functional>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "probes/net/worker_thread.h"

namespace outrider::probes {

/// One for each io_context, made with its first SRT session: asio::use_service<SrtPoller>(io). On its thread only.
class SrtPoller final : public asio::execution_context::service {
public:
    using key_type = SrtPoller;  // NOLINT(readability-identifier-naming): Asio's name for it
    static asio::execution_context::id id;

    explicit SrtPoller(asio::io_context& io);
    ~SrtPoller() override;

    /// SRT_EPOLL_IN, _OUT, _ERR: what the socket became ready for since it was last told. Then it must be read until it
    /// has no more.
    using OnReady = std::function<void(int events)>;

    /// False when libsrt refuses the socket, or the thread could not be made.
    [[nodiscard]] bool watch(SRTSOCKET socket, OnReady on_ready);
    /// `on_ready` is not called any more.
    void unwatch(SRTSOCKET socket);

private:
    void shutdown() override;
    void wait_for_events();
    void tell();

    asio::io_context& io_;
    int epoll_;
    std::unordered_map<SRTSOCKET, OnReady> watched_;
    std::atomic<bool> stop_{false};
    std::mutex mutex_;  // guards ready_ and told_
    std::vector<SRT_EPOLL_EVENT> ready_;
    bool told_ = true;
    std::optional<WorkerThread> thread_;
};

}  // namespace outrider::probes
