// The floor of RTMP: libavformat's protocol alone, a thread for each of N streams, its bytes thrown away.
//   bench_rtmp_drain URL N
extern "C" {
#include <libavformat/avio.h>
#include <libavutil/dict.h>
#include <libavutil/log.h>
}
#include <pthread.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <memory>
#include <vector>

#include "drain.h"

namespace {

// As the product's threads have it, so that memory compares.
constexpr std::size_t kStackBytes = 256 * 1024;

struct Stream {
    const char* url = nullptr;
    std::atomic<std::uint64_t> bytes{0};
};

void* drain(void* argument) {
    auto& stream = *static_cast<Stream*>(argument);
    AVDictionary* options = nullptr;
    av_dict_set(&options, "rtmp_live", "live", 0);
    AVIOContext* input = nullptr;
    if (avio_open2(&input, stream.url, AVIO_FLAG_READ, nullptr, &options) < 0) {
        std::fputs("a stream could not be opened\n", stderr);
        return nullptr;
    }
    std::array<unsigned char, 16 * 1024> piece;
    for (;;) {
        const int size = avio_read(input, piece.data(), static_cast<int>(piece.size()));
        if (size <= 0) break;
        stream.bytes.fetch_add(static_cast<std::uint64_t>(size), std::memory_order_relaxed);
    }
    std::fputs("a stream ended\n", stderr);
    return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
    using namespace outrider::bench;
    const std::size_t count = argc == 3 ? positive(argv[2]) : 0;
    if (count == 0) {
        std::fprintf(stderr, "usage: %s URL N\n", argv[0]);
        return 64;
    }
    // Every thread blocks the signals but for this one, which sleeps in sigwait.
    sigset_t signals;
    sigemptyset(&signals);
    for (const int signal : {SIGUSR1, SIGTERM, SIGINT}) sigaddset(&signals, signal);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    av_log_set_level(AV_LOG_ERROR);

    const auto streams = std::make_unique<Stream[]>(count);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, kStackBytes);
    for (std::size_t i = 0; i < count; ++i) {
        streams[i].url = argv[1];
        pthread_t thread{};
        if (pthread_create(&thread, &attributes, drain, &streams[i]) != 0) return 71;
        pthread_detach(thread);
    }
    int signal = 0;
    while (sigwait(&signals, &signal) == 0 && signal == SIGUSR1) {
        std::vector<std::uint64_t> bytes;
        for (std::size_t i = 0; i < count; ++i) bytes.push_back(streams[i].bytes.load());
        print_counts(bytes);
    }
    _exit(0);  // the threads are in the middle of their reads
}
