#include "probes/srt/srt_socket.h"

#include <srt/access_control.h>

#include <asio/ip/udp.hpp>
#include <string>

namespace outrider::probes {
namespace {

constexpr int kConnectTimeoutMs = 5'000;

template <class T>
bool set(SRTSOCKET socket, SRT_SOCKOPT option, const T& value) {
    return srt_setsockflag(socket, option, &value, sizeof value) != SRT_ERROR;
}

bool set(SRTSOCKET socket, SRT_SOCKOPT option, const std::string& value) {
    return srt_setsockflag(socket, option, value.data(), static_cast<int>(value.size())) != SRT_ERROR;
}

bool configure(SRTSOCKET socket, const SrtUrl& url) {
    bool ok = set(socket, SRTO_SNDSYN, false) && set(socket, SRTO_RCVSYN, false) &&
              set(socket, SRTO_CONNTIMEO, kConnectTimeoutMs);
    if (!url.stream_id.empty()) ok = ok && set(socket, SRTO_STREAMID, url.stream_id);
    if (!url.passphrase.empty()) ok = ok && set(socket, SRTO_PASSPHRASE, url.passphrase);
    if (url.key_bytes != 0) ok = ok && set(socket, SRTO_PBKEYLEN, url.key_bytes);
    if (url.latency_ms) ok = ok && set(socket, SRTO_RCVLATENCY, *url.latency_ms);
    return ok;
}

std::uint64_t count(std::int64_t n) { return n > 0 ? static_cast<std::uint64_t>(n) : 0; }

}  // namespace

SrtCounts& SrtCounts::operator+=(const SrtCounts& other) noexcept {
    expected += other.expected;
    dropped += other.dropped;
    missed += other.missed;
    return *this;
}

SrtSocket::SrtSocket(const SrtUrl& options) : socket_(srt_create_socket()) {
    if (!is_open() || configure(socket_, options)) return;
    srt_close(socket_);
    socket_ = SRT_INVALID_SOCK;
}

SrtSocket::~SrtSocket() {
    if (is_open()) srt_close(socket_);
}

bool SrtSocket::connect(const asio::ip::address& address, std::uint16_t port) {
    const asio::ip::udp::endpoint to{address, port};
    return srt_connect(socket_, to.data(), static_cast<int>(to.size())) != SRT_ERROR;
}

bool SrtSocket::connected() const { return srt_getsockstate(socket_) == SRTS_CONNECTED; }

Outcome SrtSocket::rejection() const {
    switch (srt_getrejectreason(socket_)) {
        case SRT_REJ_TIMEOUT: return Outcome::timeout;
        case SRT_REJ_SYSTEM: return Outcome::unreachable;
        case SRT_REJ_RESOURCE:
        case SRT_REJ_IPE: return Outcome::local_failure;
        case SRT_REJ_ROGUE: return Outcome::malformed;
        case SRT_REJX_NOTFOUND: return Outcome::not_published;
        default: return Outcome::refused;  // by the peer, for whatever reason: secret, version, access
    }
}

std::string SrtSocket::rejection_words() const {
    const int reason = srt_getrejectreason(socket_);
    const char* words = srt_rejectreason_str(reason);
    return (words != nullptr ? std::string{words} : std::string{"rejected"}) + " (" + std::to_string(reason) + ")";
}

SrtSocket::Received SrtSocket::receive(std::span<std::byte> buffer) {
    const int size = srt_recvmsg(socket_, reinterpret_cast<char*>(buffer.data()), static_cast<int>(buffer.size()));
    if (size > 0) return {.size = static_cast<std::size_t>(size)};
    return {.closed = size == 0 || srt_getlasterror(nullptr) != SRT_EASYNCRCV};
}

std::optional<SRT_TRACEBSTATS> SrtSocket::statistics() const {
    SRT_TRACEBSTATS now{};
    constexpr int keep = 0;
    constexpr int instantaneous = 1;
    if (!is_open() || srt_bistats(socket_, &now, keep, instantaneous) == SRT_ERROR) return std::nullopt;
    return now;
}

std::optional<SrtCounts> SrtSocket::counts() const {
    const auto now = statistics();
    if (!now) return std::nullopt;
    return SrtCounts{.expected = count(now->pktRecvUniqueTotal) + count(now->pktRcvDropTotal),
                     .dropped = count(now->pktRcvDropTotal),
                     .missed = count(now->pktRcvLossTotal)};
}

std::optional<Duration> SrtSocket::round_trip() const {
    const auto now = statistics();
    if (!now || now->msRTT <= 0) return std::nullopt;
    return from_seconds(now->msRTT / 1000);
}

}  // namespace outrider::probes
