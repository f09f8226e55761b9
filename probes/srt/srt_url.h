// An SRT URL: where to call, and the options in its query. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace outrider::probes {

/// `srt://HOST:PORT?streamid=…&passphrase=…&pbkeylen=16|24|32&latency=…`, as srt-live-transmit and ffmpeg write it.
///
/// `latency`, and `rcvlatency` before it, is in milliseconds as in libsrt's own tools. ffmpeg writes the same names in
/// microseconds, so from 10,000 on it is taken for those: a live receiver that waits 10 s is as unheard of as one that
/// waits less than 10 ms.
struct SrtUrl {
    std::string host;
    std::uint16_t port = 0;
    std::string stream_id;            ///< empty: none
    std::string passphrase;           ///< secret; empty: none
    int key_bytes = 0;                ///< of the AES key; 0: the peer's choice
    std::optional<int> latency_ms{};  ///< nullopt: libsrt's 120 ms
    friend bool operator==(const SrtUrl&, const SrtUrl&) = default;
};

/// SRT takes 10 to 79 bytes.
[[nodiscard]] bool is_srt_passphrase(std::string_view text);

/// nullopt for no SRT URL, no port, a passphrase that SRT refuses (it takes 10 to 79 bytes), a stream id beyond 512
/// bytes, a number out of range, or a mode other than caller.
[[nodiscard]] std::optional<SrtUrl> parse_srt_url(std::string_view url);

}  // namespace outrider::probes
