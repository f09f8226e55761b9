// The floor of HTTP-FLV: libcurl alone pulls N streams and throws the bytes away.
//   bench_curl_drain URL N
#include <curl/curl.h>

#include <chrono>
#include <vector>

#include "curl_loop.h"
#include "drain.h"

namespace {

std::size_t discard(char*, std::size_t size, std::size_t count, void* total) {
    *static_cast<std::uint64_t*>(total) += size * count;
    return size * count;
}

}  // namespace

int main(int argc, char** argv) {
    using namespace outrider::bench;
    const std::size_t streams = argc == 3 ? positive(argv[2]) : 0;
    if (streams == 0) {
        std::fprintf(stderr, "usage: %s URL N\n", argv[0]);
        return 64;
    }
    listen_for_signals();
    CurlLoop loop;
    std::vector<std::uint64_t> bytes(streams);
    for (auto& count : bytes) {
        CURL* easy = curl_easy_init();
        curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &count);
        loop.add(easy);
    }
    while (stop_asked == 0) {
        loop.turn(std::chrono::steady_clock::now() + std::chrono::seconds{1});
        print_counts_if_asked(bytes);
        if (loop.next_done() != nullptr) std::fputs("a stream ended\n", stderr);
    }
    return 0;
}
