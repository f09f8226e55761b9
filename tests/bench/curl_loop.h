// libcurl's multi-socket interface on epoll and nothing else: the least that many transfers on one thread can cost.
//
// Not curl_multi_poll with curl_multi_perform, which look at every transfer in every turn: that is no floor.
#pragma once

#include <curl/curl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <new>
#include <optional>

namespace outrider::bench {

class CurlLoop {
public:
    using Time = std::chrono::steady_clock::time_point;

    CurlLoop() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
        curl_global_init(CURL_GLOBAL_DEFAULT);
        multi_ = curl_multi_init();
        if (multi_ == nullptr || epoll_ < 0) throw std::bad_alloc{};
        curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlLoop::on_socket);
        curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
        curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlLoop::on_timer);
        curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
        curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, 10'000L);  // else those that idle between segments are closed
    }
    CurlLoop(const CurlLoop&) = delete;
    CurlLoop& operator=(const CurlLoop&) = delete;
    // The process ends with it: nothing is given back.
    ~CurlLoop() = default;

    void add(CURL* easy) { curl_multi_add_handle(multi_, easy); }

    /// Waits for what comes first of traffic, a timer of curl's, `until` and a signal, and lets curl work.
    void turn(Time until) {
        using namespace std::chrono;
        if (timer_) until = std::min(until, *timer_);
        const auto left = ceil<milliseconds>(until - steady_clock::now()).count();
        std::array<epoll_event, 256> events;
        const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                                     static_cast<int>(std::clamp<std::int64_t>(left, 0, 1000)));
        int running = 0;
        for (int i = 0; i < count; ++i) {
            const auto& event = events[static_cast<std::size_t>(i)];
            const int what = ((event.events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                             ((event.events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                             ((event.events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
            curl_multi_socket_action(multi_, event.data.fd, what, &running);
        }
        if (timer_ && *timer_ <= steady_clock::now()) {
            timer_.reset();
            curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
        }
    }

    /// A transfer that is over, and no longer in the loop; nullptr when there is none.
    CURL* next_done() {
        int left = 0;
        while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
            if (message->msg != CURLMSG_DONE) continue;
            CURL* easy = message->easy_handle;
            curl_multi_remove_handle(multi_, easy);
            return easy;
        }
        return nullptr;
    }

private:
    static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void* known) {
        auto& loop = *static_cast<CurlLoop*>(self);
        epoll_event event{};
        event.data.fd = socket;
        if (what == CURL_POLL_REMOVE) return epoll_ctl(loop.epoll_, EPOLL_CTL_DEL, socket, &event), 0;
        event.events = ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0U) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0U);
        epoll_ctl(loop.epoll_, known != nullptr ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket, &event);
        curl_multi_assign(loop.multi_, socket, self);
        return 0;
    }

    static int on_timer(CURLM*, long milliseconds, void* self) {
        auto& loop = *static_cast<CurlLoop*>(self);
        loop.timer_.reset();
        if (milliseconds >= 0) loop.timer_ = std::chrono::steady_clock::now() + std::chrono::milliseconds{milliseconds};
        return 0;
    }

    int epoll_;
    CURLM* multi_ = nullptr;
    std::optional<Time> timer_;
};

}  // namespace outrider::bench
