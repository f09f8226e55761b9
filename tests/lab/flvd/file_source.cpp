#include <asio/steady_timer.hpp>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "source.h"

namespace outrider::lab {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kTick{10};

bool is_media(TagKind kind) {
    return kind == TagKind::video || kind == TagKind::video_keyframe || kind == TagKind::audio;
}

std::vector<FlvTag> load(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("cannot open " + path);
    const std::vector<char> bytes(std::istreambuf_iterator<char>(file), {});
    FlvParser parser;
    if (!parser.feed({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()})) {
        throw std::runtime_error(path + " is not FLV");
    }
    std::vector<FlvTag> tags;
    while (auto tag = parser.next()) tags.push_back(*std::move(tag));
    return tags;
}

class FileSource final : public Source {
public:
    FileSource(asio::io_context& io, Stream& stream, const std::string& path) : stream_(stream), timer_(io) {
        std::vector<FlvTag> head;
        for (FlvTag& tag : load(path)) (is_media(tag.kind) ? media_ : head).push_back(std::move(tag));
        const auto is_video = [](const FlvTag& tag) { return tag.kind != TagKind::audio; };
        std::vector<std::uint32_t> times;
        for (const FlvTag& tag : media_) {
            if (is_video(tag) || !std::any_of(media_.begin(), media_.end(), is_video))
                times.push_back(tag.timestamp_ms);
        }
        if (times.size() < 2) throw std::runtime_error(path + " holds no media to play");
        const double frames = static_cast<double>(times.size());
        // The last frame lasts as long as the others on average, so that the seam is no gap.
        round_ms_ = (times.back() - times.front()) * frames / (frames - 1);
        first_ms_ = media_.front().timestamp_ms;
        began_ = steady_clock::now();
        stream_.origin_connected();
        stream_.take(head);
        tick();
    }

private:
    void tick() {
        const auto elapsed = std::chrono::duration<double, std::milli>(steady_clock::now() - began_).count();
        std::vector<FlvTag> due;
        for (;;) {
            const double at = rounds_ * round_ms_ + (media_[next_].timestamp_ms - first_ms_);
            if (at > elapsed) break;
            due.push_back(
                with_timestamp(media_[next_], static_cast<std::uint32_t>(static_cast<std::uint64_t>(at + 0.5))));
            if (++next_ == media_.size()) {
                next_ = 0;
                rounds_ += 1;
            }
        }
        if (!due.empty()) stream_.take(due);
        timer_.expires_after(kTick);
        timer_.async_wait([this](std::error_code error) {
            if (!error) tick();
        });
    }

    Stream& stream_;
    asio::steady_timer timer_;
    std::vector<FlvTag> media_;
    std::size_t next_ = 0;
    double rounds_ = 0, round_ms_ = 0;
    std::uint32_t first_ms_ = 0;
    steady_clock::time_point began_;
};

}  // namespace

std::unique_ptr<Source> make_file_source(asio::io_context& io, Stream& stream, const std::string& path) {
    return std::make_unique<FileSource>(io, stream, path);
}

}  // namespace outrider::lab
