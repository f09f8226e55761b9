// The floor of the HTTP-FLV benchmark: libcurl's multi interface alone pulls N streams and throws the bytes away.
//   bench_curl_drain URL N      until SIGTERM; prints the bytes received
#include <curl/curl.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace {

volatile std::sig_atomic_t stopped = 0;
extern "C" void on_signal(int) { stopped = 1; }

std::size_t discard(char*, std::size_t size, std::size_t count, void* total) {
    *static_cast<std::uint64_t*>(total) += size * count;
    return size * count;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) {
        std::fprintf(stderr, "usage: %s URL N\n", argv[0]);
        return 64;
    }
    std::signal(SIGTERM, on_signal);
    std::signal(SIGINT, on_signal);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    CURLM* multi = curl_multi_init();
    std::uint64_t bytes = 0;
    std::vector<CURL*> streams(static_cast<std::size_t>(std::atoi(argv[2])));
    for (auto& easy : streams) {
        easy = curl_easy_init();
        curl_easy_setopt(easy, CURLOPT_URL, argv[1]);
        curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
        curl_easy_setopt(easy, CURLOPT_WRITEDATA, &bytes);
        curl_multi_add_handle(multi, easy);
    }
    int running = 1;
    while (running > 0 && stopped == 0) {
        curl_multi_perform(multi, &running);
        curl_multi_poll(multi, nullptr, 0, 100, nullptr);
    }
    for (auto* easy : streams) {
        curl_multi_remove_handle(multi, easy);
        curl_easy_cleanup(easy);
    }
    curl_multi_cleanup(multi);
    std::printf("%llu\n", static_cast<unsigned long long>(bytes));
    return 0;
}
