extern "C" {
#include <libavformat/avio.h>
#include <libavutil/dict.h>
}

#include <array>
#include <asio/post.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

#include "source.h"

namespace outrider::lab {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kRetryAfter{1};
// A cut link never ends a read by itself; an origin that sends nothing for this long is given up.
constexpr std::chrono::seconds kSilenceLimit{10};
constexpr int kReadBytes = 65536;

class RtmpSource final : public Source {
public:
    RtmpSource(asio::io_context& io, Stream& stream, std::string url)
        : io_(io), stream_(stream), url_(std::move(url)), thread_([this](std::stop_token stop) { run(stop); }) {}

private:
    // What libavformat's interrupt callback looks at; only the pulling thread touches it.
    struct Patience {
        std::stop_token stop;
        steady_clock::time_point until;
    };

    static int is_over(void* opaque) {
        const auto* patience = static_cast<const Patience*>(opaque);
        return patience->stop.stop_requested() || steady_clock::now() > patience->until ? 1 : 0;
    }

    void run(const std::stop_token& stop) {
        std::mutex mutex;  // guards nothing: the condition variable only sleeps until the end is requested
        std::condition_variable_any wake;
        while (!stop.stop_requested()) {
            pull(stop);
            asio::post(io_, [this] { stream_.origin_lost(steady_clock::now()); });
            std::unique_lock lock(mutex);
            wake.wait_for(lock, stop, kRetryAfter, [] { return false; });
        }
    }

    void pull(const std::stop_token& stop) {
        Patience patience{stop, steady_clock::now() + kSilenceLimit};
        const AVIOInterruptCB interrupt{&is_over, &patience};
        AVDictionary* options = nullptr;
        av_dict_set(&options, "rtmp_live", "live", 0);
        AVIOContext* io = nullptr;
        const int opened = avio_open2(&io, url_.c_str(), AVIO_FLAG_READ, &interrupt, &options);
        av_dict_free(&options);
        if (opened < 0) return;

        FlvParser parser;
        std::array<std::uint8_t, kReadBytes> buffer;
        bool is_first = true;
        for (;;) {
            patience.until = steady_clock::now() + kSilenceLimit;
            const int n = avio_read_partial(io, buffer.data(), static_cast<int>(buffer.size()));
            if (n <= 0 || !parser.feed(std::span(buffer).first(static_cast<std::size_t>(n)))) break;
            std::vector<FlvTag> tags;
            while (auto tag = parser.next()) tags.push_back(*std::move(tag));
            if (tags.empty()) continue;
            asio::post(io_, [this, is_first, tags = std::move(tags)] {
                if (is_first) stream_.origin_connected();
                stream_.take(tags);
            });
            is_first = false;
        }
        avio_close(io);
    }

    asio::io_context& io_;
    Stream& stream_;
    std::string url_;
    std::jthread thread_;
};

}  // namespace

std::unique_ptr<Source> make_rtmp_source(asio::io_context& io, Stream& stream, std::string url) {
    return std::make_unique<RtmpSource>(io, stream, std::move(url));
}

}  // namespace outrider::lab
