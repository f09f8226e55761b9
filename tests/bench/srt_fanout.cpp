// An SRT listener that repeats a constant-rate MPEG-TS file, in real time, to everyone who calls: srt-live-transmit
// serves one caller only. Prints "listening" once it does; ends on SIGTERM. At the seam timestamps jump back.
//   bench_srt_fanout PORT FILE.ts BITS_PER_SECOND
#include <arpa/inet.h>
#include <srt/srt.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>
#include <iterator>
#include <vector>

#include "drain.h"

namespace {

constexpr std::size_t kMessage = 1316;  // seven transport packets, as everyone sends them
// Some messages of a 2 Mbit/s stream come in each tick.
constexpr int kTickMilliseconds = 10;

SRTSOCKET listen_at(std::uint16_t port) {
    sockaddr_in here{};
    here.sin_family = AF_INET;
    here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    here.sin_port = htons(port);
    const SRTSOCKET listener = srt_create_socket();
    constexpr int no = 0;
    srt_setsockflag(listener, SRTO_RCVSYN, &no, sizeof no);
    srt_setsockflag(listener, SRTO_SNDSYN, &no, sizeof no);
    if (srt_bind(listener, reinterpret_cast<const sockaddr*>(&here), sizeof here) == SRT_ERROR ||
        srt_listen(listener, 1024) == SRT_ERROR)
        return SRT_INVALID_SOCK;
    return listener;
}

}  // namespace

int main(int argc, char** argv) {
    using namespace outrider::bench;
    std::vector<char> file;
    if (argc == 4) {
        std::ifstream input{argv[2], std::ios::binary};
        file.assign(std::istreambuf_iterator<char>{input}, {});
    }
    const double bytes_per_second = argc == 4 ? static_cast<double>(positive(argv[3])) / 8 : 0;
    if (file.size() < kMessage || bytes_per_second == 0) {
        std::fprintf(stderr, "usage: %s PORT FILE.ts BITS_PER_SECOND\n", argv[0]);
        return 64;
    }
    listen_for_signals();
    srt_startup();
    srt_setloglevel(LOG_CRIT);
    const SRTSOCKET listener = listen_at(static_cast<std::uint16_t>(positive(argv[1])));
    if (listener == SRT_INVALID_SOCK) {
        std::fprintf(stderr, "%s\n", srt_getlasterror_str());
        return 69;
    }
    const int epoll = srt_epoll_create();
    constexpr int events = SRT_EPOLL_IN;
    srt_epoll_add_usock(epoll, listener, &events);
    std::puts("listening");
    std::fflush(stdout);

    std::vector<SRTSOCKET> callers;
    const std::size_t messages = file.size() / kMessage;  // of one round
    std::uint64_t sent = 0;
    const auto began = std::chrono::steady_clock::now();
    while (stop_asked == 0) {
        std::array<SRT_EPOLL_EVENT, 1> ready;
        if (srt_epoll_uwait(epoll, ready.data(), 1, kTickMilliseconds) > 0) {
            for (SRTSOCKET caller; (caller = srt_accept(listener, nullptr, nullptr)) != SRT_INVALID_SOCK;)
                callers.push_back(caller);
        }
        const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - began;
        for (; static_cast<double>(sent * kMessage) <= elapsed.count() * bytes_per_second; ++sent) {
            const char* message = &file[(sent % messages) * kMessage];
            std::erase_if(callers, [&](SRTSOCKET caller) {
                if (srt_sendmsg(caller, message, kMessage, -1, 1) != SRT_ERROR) return false;
                if (srt_getlasterror(nullptr) == SRT_EASYNCSND) return false;  // it takes nothing: its loss
                srt_close(caller);
                return true;
            });
        }
    }
    _exit(0);
}
