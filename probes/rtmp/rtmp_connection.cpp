#include "probes/rtmp/rtmp_connection.h"

extern "C" {
#include <libavformat/avio.h>
#include <libavutil/error.h>
}

#include <array>
#include <cerrno>
#include <memory>
#include <span>

#include "probes/net/libav_listener.h"
#include "probes/net/libav_support.h"

namespace outrider::probes {
namespace {

using Feed = BlockingReader<ByteBatch>::Feed;

using Input = std::unique_ptr<AVIOContext, decltype([](AVIOContext* input) { avio_closep(&input); })>;

int open(Input& input, const std::string& url, const RtmpConnection& connection, LibavPatience& patience) {
    LibavOptions options;
    options.set("rtmp_app", connection.app);
    options.set("rtmp_playpath", connection.playpath);
    options.set("rtmp_tcurl", connection.tc_url);
    options.set("rtmp_live", "live");
    options.set("protocol_whitelist", "rtmp,rtmps,tcp,tls");
    if (!connection.page_url.empty()) options.set("rtmp_pageurl", connection.page_url);
    if (!connection.tls_host.empty()) {
        options.set("tls_verify", connection.insecure ? "0" : "1");
        options.set("verifyhost", connection.tls_host);
    }
    const auto interrupt = patience.callback();
    AVIOContext* opened = nullptr;
    const int error = avio_open2(&opened, url.c_str(), AVIO_FLAG_READ, &interrupt, &options.entries);
    input.reset(opened);
    return error;
}

void note_phases(const RtmpConnection& connection, const LibavListener& listener, Feed& feed) {
    feed.add([&](ByteBatch& batch) {
        if (const auto at = listener.connected()) batch.phases.emplace_back(Phase::connect, *at - connection.began);
        if (const auto at = listener.handshaking(); at && !connection.tls_host.empty())
            batch.phases.emplace_back(Phase::tls, *at - connection.began);
    });
}

}  // namespace

Outcome play_rtmp(const RtmpConnection& connection, const Tracer& tracer, Feed& feed, std::string& words) {
    const auto& clock = tracer.clock();
    LibavPatience patience{clock, connection.patience, [&feed] { return feed.stopping(); }};
    const auto ended_by_us = [&] {
        words = patience.exhausted() ? "silent for as long as a player waits" : "";
        return patience.exhausted() ? Outcome::timeout : Outcome::stopped;
    };

    Input input;
    Outcome failure = Outcome::malformed;
    for (const auto& url : connection.urls) {
        const LibavListener listener{clock};
        const int error = open(input, url, connection, patience);
        note_phases(connection, listener, feed);
        if (!listener.answered().empty()) tracer.note(TraceKind::address, listener.answered() + " answered");
        if (error >= 0) break;
        if (patience.exhausted() || feed.stopping()) return ended_by_us();
        failure = listener.cause(error);
        words = listener.words(error);
        if (listener.handshaking()) return failure;  // it answered: its other addresses would say the same
    }
    if (!input) return failure;

    const LibavListener listener{clock};
    std::array<unsigned char, 16 * 1024> piece;  // NOLINT: written before it is read
    for (;;) {
        patience.renew();
        const int size = avio_read_partial(input.get(), piece.data(), static_cast<int>(piece.size()));
        const auto arrival = clock.now();
        if (size == 0 || feed.stopping()) return feed.stopping() ? Outcome::stopped : Outcome::ended;
        if (size < 0 && patience.exhausted()) return ended_by_us();
        if (size < 0) {
            words = listener.words(size);
            return listener.cause(size);
        }
        const auto bytes = std::as_bytes(std::span{piece}.first(static_cast<std::size_t>(size)));
        if (!feed.add([&](ByteBatch& batch) { batch.append(bytes, arrival); })) return Outcome::stopped;
    }
}

}  // namespace outrider::probes
