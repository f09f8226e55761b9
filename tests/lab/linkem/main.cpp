// lab_linkem: joins network namespaces by links that can be delayed, capped, lost, cut and reset.
//
//   lab_linkem --config FILE --control SOCKET
//
// The configuration has one item per line:
//   seed NUMBER
//   stage NAME
//   link NAME UPSTREAM_NETNS DEVICE DOWNSTREAM_NETNS DEVICE [via STAGE]
// Once the devices exist it prints "ready"; control lines (emulator.h) are then taken on the Unix socket.
// On SIGTERM it ends, and the kernel removes the devices.

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "emulator.h"

namespace outrider::lab {
namespace {

Nanos monotonic_now() { return std::chrono::steady_clock::now().time_since_epoch(); }

[[noreturn]] void fail(const std::string& what) { throw std::system_error(errno, std::generic_category(), what); }

Emulator load(const std::string& path) {
    std::ifstream file(path);
    if (!file) fail("open " + path);
    Emulator emulator(1);
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
        std::istringstream words(line);
        std::string kind, name, up_netns, up_device, down_netns, down_device, via_word, via;
        words >> kind >> name;
        if (kind.empty() || kind[0] == '#') continue;
        if (kind == "seed") {
            emulator = Emulator(std::stoull(name));
        } else if (kind == "stage") {
            emulator.add_stage(name);
        } else if (kind == "link" && words >> up_netns >> up_device >> down_netns >> down_device) {
            words >> via_word >> via;
            emulator.add_link(name, TunDevice(up_netns, up_device), TunDevice(down_netns, down_device), via);
        } else {
            throw std::invalid_argument(path + ':' + std::to_string(number) + ": want seed, stage or link, got \"" +
                                        line + '"');
        }
    }
    return emulator;
}

/// Accepts control connections on a Unix socket and answers their lines.
class ControlServer {
public:
    explicit ControlServer(std::string path) : path_(std::move(path)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        if (path_.size() >= sizeof address.sun_path) throw std::invalid_argument("control path too long: " + path_);
        std::copy(path_.begin(), path_.end(), address.sun_path);
        listener_ = Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        if (listener_.get() < 0) fail("create control socket");
        ::unlink(path_.c_str());
        if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
            fail("bind " + path_);
        if (::listen(listener_.get(), 16) != 0) fail("listen on " + path_);
    }
    ~ControlServer() { ::unlink(path_.c_str()); }
    ControlServer(const ControlServer&) = delete;
    ControlServer& operator=(const ControlServer&) = delete;

    [[nodiscard]] int fd() const { return listener_.get(); }

    /// The new connection's descriptor, or -1.
    int accept() {
        Fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        const int fd = client.get();
        if (fd >= 0) clients_.emplace(fd, Client{std::move(client), {}});
        return fd;
    }

    /// Reads what came and answers every complete line. Closes the connection at its end.
    void serve(int fd, Emulator& emulator) {
        Client& client = clients_.at(fd);
        std::array<char, 4096> buffer;
        const ssize_t n = ::read(fd, buffer.data(), buffer.size());
        if (n <= 0) {
            if (n == 0 || errno != EAGAIN) clients_.erase(fd);
            return;
        }
        client.pending.append(buffer.data(), static_cast<std::size_t>(n));
        for (auto end = client.pending.find('\n'); end != std::string::npos; end = client.pending.find('\n')) {
            const std::string answer = emulator.command(client.pending.substr(0, end), monotonic_now()) + '\n';
            client.pending.erase(0, end + 1);
            (void)::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL);
        }
    }

private:
    struct Client {
        Fd fd;
        std::string pending;
    };
    std::string path_;
    Fd listener_;
    std::map<int, Client> clients_;
};

class Loop {
public:
    Loop(Emulator& emulator, ControlServer& control) : emulator_(emulator), control_(control) {
        epoll_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
        timer_ = Fd(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC));
        sigset_t end;
        sigemptyset(&end);
        sigaddset(&end, SIGTERM);
        sigaddset(&end, SIGINT);
        ::sigprocmask(SIG_BLOCK, &end, nullptr);
        signals_ = Fd(::signalfd(-1, &end, SFD_NONBLOCK | SFD_CLOEXEC));
        const auto devices = emulator_.device_fds();
        for (std::size_t i = 0; i < devices.size(); ++i) {
            watch(devices[i]);
            device_by_fd_[devices[i]] = i;
        }
        watch(control_.fd());
        watch(timer_.get());
        watch(signals_.get());
    }

    void run() {
        std::array<epoll_event, 64> events;
        for (;;) {
            arm_timer();
            const int n = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), -1);
            if (n < 0 && errno != EINTR) fail("epoll_wait");
            for (int i = 0; i < n; ++i) {
                if (!handle(events[static_cast<std::size_t>(i)].data.fd)) return;
            }
            emulator_.advance(monotonic_now());
        }
    }

private:
    void watch(int fd) {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.fd = fd;
        if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
    }

    /// False when the process is to end.
    bool handle(int fd) {
        if (fd == signals_.get()) return false;
        if (fd == timer_.get()) {
            std::uint64_t expirations = 0;
            (void)!::read(fd, &expirations, sizeof expirations);
            armed_.reset();  // it fired: the same time again needs arming again
        } else if (fd == control_.fd()) {
            if (const int client = control_.accept(); client >= 0) watch(client);
        } else if (const auto device = device_by_fd_.find(fd); device != device_by_fd_.end()) {
            emulator_.read_device(device->second, monotonic_now());
        } else {
            control_.serve(fd, emulator_);
        }
        return true;
    }

    void arm_timer() {
        const auto next = emulator_.next_at();
        if (next == armed_) return;
        armed_ = next;
        itimerspec when{};  // all zero disarms, so a time of zero is made one nanosecond
        if (next) {
            const auto nanos = std::max<Nanos::rep>(1, next->count());
            when.it_value = {.tv_sec = nanos / 1'000'000'000, .tv_nsec = nanos % 1'000'000'000};
        }
        if (::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &when, nullptr) != 0) fail("timerfd_settime");
    }

    Emulator& emulator_;
    ControlServer& control_;
    Fd epoll_, timer_, signals_;
    std::map<int, std::size_t> device_by_fd_;
    std::optional<Nanos> armed_;
};

int run(const std::vector<std::string>& args) {
    std::string config, control;
    for (std::size_t i = 0; i + 1 < args.size(); i += 2) {
        if (args[i] == "--config") config = args[i + 1];
        if (args[i] == "--control") control = args[i + 1];
    }
    if (config.empty() || control.empty()) {
        std::cerr << "usage: lab_linkem --config FILE --control SOCKET\n";
        return 64;
    }
    // A network does not slow down because a host is busy. The process sleeps between packets, so the lowest
    // real-time priority is enough and harmless; without the privilege it runs as any other.
    const sched_param priority{.sched_priority = 1};
    (void)::sched_setscheduler(0, SCHED_RR, &priority);

    Emulator emulator = load(config);
    ControlServer server(control);
    Loop loop(emulator, server);
    std::cout << "ready" << std::endl;
    loop.run();
    return 0;
}

}  // namespace
}  // namespace outrider::lab

int main(int argc, char** argv) {
    try {
        return outrider::lab::run({argv + 1, argv + argc});
    } catch (const std::exception& error) {
        std::cerr << "lab_linkem: " << error.what() << '\n';
        return 1;
    }
}
