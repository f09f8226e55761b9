// The floor of HLS: libcurl alone plays N times one media playlist. Of a playlist it sees the lines that are URIs; the
// bytes of segments it throws away. One connection a stream, kept.
//   bench_hls_drain PLAYLIST_URL N TARGET_DURATION_SECONDS
#include <curl/curl.h>

#include <chrono>
#include <deque>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "curl_loop.h"
#include "drain.h"

namespace {

using outrider::bench::CurlLoop;
using Time = CurlLoop::Time;
using std::chrono::steady_clock;

// A viewer starts three target durations behind the edge: RFC 8216 6.3.3.
constexpr std::size_t kBehind = 3;

struct Stream {
    CURL* easy = nullptr;
    std::uint64_t* bytes = nullptr;
    bool listing = true;  // what is fetched: the playlist, or a segment
    std::string list;
    std::deque<std::string> wanted;  // segments
    std::string newest;              // URI of the last segment ever wanted
    Time asked{};                    // for the playlist
    bool news = false;               // in its last load
};

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
    auto& stream = *static_cast<Stream*>(user);
    if (stream.listing)
        stream.list.append(data, size * count);
    else
        *stream.bytes += size * count;
    return size * count;
}

void want_new_segments(Stream& stream) {
    std::vector<std::string_view> uris;
    for (std::string_view rest{stream.list}; !rest.empty();) {
        const auto end = rest.find('\n');
        auto line = rest.substr(0, end);
        rest.remove_prefix(end == rest.npos ? rest.size() : end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!line.empty() && line.front() != '#') uris.push_back(line);
    }
    const auto seen = std::find(uris.begin(), uris.end(), stream.newest);
    auto next =
        seen != uris.end() ? seen + 1 : uris.end() - static_cast<std::ptrdiff_t>(std::min(kBehind, uris.size()));
    stream.news = next != uris.end();
    for (; next != uris.end(); ++next) stream.wanted.emplace_back(*next);
    if (!uris.empty()) stream.newest = uris.back();
}

}  // namespace

int main(int argc, char** argv) {
    using namespace outrider::bench;
    const std::size_t count = argc == 4 ? positive(argv[2]) : 0;
    const std::size_t target_seconds = argc == 4 ? positive(argv[3]) : 0;
    if (count == 0 || target_seconds == 0) {
        std::fprintf(stderr, "usage: %s PLAYLIST_URL N TARGET_DURATION_SECONDS\n", argv[0]);
        return 64;
    }
    listen_for_signals();
    const std::string list_url = argv[1];
    const auto base = list_url.substr(0, list_url.rfind('/') + 1);
    const std::chrono::milliseconds target{target_seconds * 1000};
    CurlLoop loop;
    std::vector<std::uint64_t> bytes(count);
    std::vector<Stream> streams(count);
    using Alarm = std::pair<Time, Stream*>;
    std::priority_queue<Alarm, std::vector<Alarm>, std::greater<>> reloads;

    const auto fetch = [&](Stream& stream, const std::string& url) {
        curl_easy_setopt(stream.easy, CURLOPT_URL, url.c_str());
        loop.add(stream.easy);
    };
    const auto fetch_list = [&](Stream& stream) {
        stream.listing = true;
        stream.list.clear();
        stream.asked = steady_clock::now();
        fetch(stream, list_url);
    };
    for (std::size_t i = 0; i < count; ++i) {
        auto& stream = streams[i];
        stream.bytes = &bytes[i];
        stream.easy = curl_easy_init();
        curl_easy_setopt(stream.easy, CURLOPT_NOSIGNAL, 1L);
        curl_easy_setopt(stream.easy, CURLOPT_FAILONERROR, 1L);
        curl_easy_setopt(stream.easy, CURLOPT_WRITEFUNCTION, on_body);
        curl_easy_setopt(stream.easy, CURLOPT_WRITEDATA, &stream);
        curl_easy_setopt(stream.easy, CURLOPT_PRIVATE, &stream);
        fetch_list(stream);
    }
    while (stop_asked == 0) {
        const auto idle = steady_clock::now() + std::chrono::seconds{1};
        loop.turn(reloads.empty() ? idle : std::min(idle, reloads.top().first));
        print_counts_if_asked(bytes);
        while (CURL* done = loop.next_done()) {
            Stream* stream = nullptr;
            curl_easy_getinfo(done, CURLINFO_PRIVATE, &stream);
            if (stream->listing) want_new_segments(*stream);
            if (!stream->wanted.empty()) {
                stream->listing = false;
                fetch(*stream, base + stream->wanted.front());
                stream->wanted.pop_front();
                continue;
            }
            // RFC 8216 6.3.4: after a target duration, or half of it where nothing was new.
            reloads.emplace(stream->asked + (stream->news ? target : target / 2), stream);
        }
        for (const auto now = steady_clock::now(); !reloads.empty() && reloads.top().first <= now;) {
            auto& stream = *reloads.top().second;
            reloads.pop();
            fetch_list(stream);
        }
    }
    return 0;
}
