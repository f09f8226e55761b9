// What the floors share: they count the bytes of each stream, say the counts on SIGUSR1 and end on SIGTERM.
#pragma once

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <utility>

namespace outrider::bench {

inline volatile std::sig_atomic_t stop_asked = 0;
inline volatile std::sig_atomic_t counts_asked = 0;

/// No SA_RESTART: the wait that a signal meets returns.
inline void listen_for_signals() {
    struct sigaction action {};
    action.sa_handler = [](int signal) { (signal == SIGUSR1 ? counts_asked : stop_asked) = 1; };
    for (const int signal : {SIGUSR1, SIGTERM, SIGINT}) sigaction(signal, &action, nullptr);
}

/// One line: "bytes" and a count for each stream.
inline void print_counts(std::span<const std::uint64_t> bytes) {
    std::fputs("bytes", stdout);
    for (const auto count : bytes) std::printf(" %llu", static_cast<unsigned long long>(count));
    std::puts("");
    std::fflush(stdout);
}

inline void print_counts_if_asked(std::span<const std::uint64_t> bytes) {
    if (std::exchange(counts_asked, 0) != 0) print_counts(bytes);
}

/// A command line argument that is a number above 0, else 0.
inline std::size_t positive(const char* text) {
    const long value = std::strtol(text, nullptr, 10);
    return value > 0 ? static_cast<std::size_t>(value) : 0;
}

}  // namespace outrider::bench
