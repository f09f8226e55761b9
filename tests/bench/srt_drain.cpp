// The floor of SRT: libsrt alone calls N times, one thread reads all sockets and throws the bytes away.
//   bench_srt_drain HOST PORT N
#include <arpa/inet.h>
#include <srt/srt.h>
#include <unistd.h>

#include <array>
#include <unordered_map>
#include <vector>

#include "drain.h"

int main(int argc, char** argv) {
    using namespace outrider::bench;
    const std::size_t streams = argc == 4 ? positive(argv[3]) : 0;
    sockaddr_in server{};
    server.sin_family = AF_INET;
    if (streams == 0 || inet_pton(AF_INET, argv[1], &server.sin_addr) != 1) {
        std::fprintf(stderr, "usage: %s IPV4_ADDRESS PORT N\n", argv[0]);
        return 64;
    }
    server.sin_port = htons(static_cast<std::uint16_t>(positive(argv[2])));
    listen_for_signals();
    srt_startup();
    srt_setloglevel(LOG_CRIT);
    const int epoll = srt_epoll_create();
    std::vector<std::uint64_t> bytes(streams);
    std::unordered_map<SRTSOCKET, std::size_t> index;
    for (std::size_t i = 0; i < streams; ++i) {
        const SRTSOCKET socket = srt_create_socket();
        constexpr int no = 0;
        srt_setsockflag(socket, SRTO_RCVSYN, &no, sizeof no);
        srt_setsockflag(socket, SRTO_SNDSYN, &no, sizeof no);
        const int events = static_cast<int>(SRT_EPOLL_IN | SRT_EPOLL_ERR) | static_cast<int>(SRT_EPOLL_ET);
        srt_epoll_add_usock(epoll, socket, &events);
        index.emplace(socket, i);
        if (srt_connect(socket, reinterpret_cast<const sockaddr*>(&server), sizeof server) == SRT_ERROR) {
            std::fprintf(stderr, "%s\n", srt_getlasterror_str());
            return 69;
        }
    }
    std::array<SRT_EPOLL_EVENT, 64> ready;
    while (stop_asked == 0) {
        const int count = srt_epoll_uwait(epoll, ready.data(), static_cast<int>(ready.size()), 200);
        print_counts_if_asked(bytes);
        for (int i = 0; i < count && i < static_cast<int>(ready.size()); ++i) {
            const SRTSOCKET socket = ready[static_cast<std::size_t>(i)].fd;
            std::array<char, 1456> message;
            int size = 0;
            while ((size = srt_recvmsg(socket, message.data(), static_cast<int>(message.size()))) > 0)
                bytes[index[socket]] += static_cast<std::uint64_t>(size);
            if (size == 0 || srt_getlasterror(nullptr) != SRT_EASYNCRCV) {
                if (srt_getsockstate(socket) >= SRTS_BROKEN) std::fputs("a stream ended\n", stderr);
            }
        }
    }
    _exit(0);  // libsrt closes a hundred sockets one after the other
}
