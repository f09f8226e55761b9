#include "referee.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>

extern "C" {
#include <libavformat/avformat.h>
}

namespace outrider::probes::test {
namespace {

struct CloseInput {
    void operator()(AVFormatContext* context) const { avformat_close_input(&context); }
};
struct FreePacket {
    void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};

bool succeeds(const std::string& command) { return std::system(command.c_str()) == 0; }

std::string describe(std::size_t index, const char* what, std::int64_t ours, std::int64_t theirs) {
    return "unit " + std::to_string(index) + ": " + what + ": ours " + std::to_string(ours) + ", theirs " +
           std::to_string(theirs);
}

}  // namespace

RefereePackets referee_packets(const std::filesystem::path& file, const char* demuxer, Parsers parsers) {
    av_log_set_level(AV_LOG_ERROR);
    AVFormatContext* opened = nullptr;
    REQUIRE(avformat_open_input(&opened, file.c_str(), av_find_input_format(demuxer), nullptr) == 0);
    const std::unique_ptr<AVFormatContext, CloseInput> context{opened};
    context->correct_ts_overflow = 0;
    if (parsers == Parsers::off) context->flags |= AVFMT_FLAG_NOPARSE;
    REQUIRE(avformat_find_stream_info(context.get(), nullptr) >= 0);
    std::optional<int> video;
    std::optional<int> audio;
    for (unsigned i = 0; i < context->nb_streams; ++i) {
        const auto type = context->streams[i]->codecpar->codec_type;
        if (type == AVMEDIA_TYPE_VIDEO && !video) video = static_cast<int>(i);
        if (type == AVMEDIA_TYPE_AUDIO && !audio) audio = static_cast<int>(i);
    }
    RefereePackets packets;
    const std::unique_ptr<AVPacket, FreePacket> packet{av_packet_alloc()};
    while (av_read_frame(context.get(), packet.get()) >= 0) {
        const RefereePacket one{.dts = packet->dts,
                                .pts = packet->pts,
                                .keyframe = (packet->flags & AV_PKT_FLAG_KEY) != 0,
                                .size = static_cast<std::uint32_t>(packet->size)};
        if (packet->stream_index == video) packets.video.push_back(one);
        if (packet->stream_index == audio) packets.audio.push_back(one);
        av_packet_unref(packet.get());
    }
    return packets;
}

TemporaryFolder::TemporaryFolder() {
    auto name = (std::filesystem::temp_directory_path() / "outrider-test-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

bool has_encoder(const std::string& name) {
    return succeeds("ffmpeg -hide_banner -encoders 2>/dev/null | grep -qw '" + name + "'");
}

void make_media(const std::string& arguments, const std::filesystem::path& file) {
    // -bitexact: the same bytes each time. One thread: encoders then decide the same way on every machine.
    const auto command =
        "ffmpeg -nostdin -v error -y " + arguments + " -threads 1 -fflags +bitexact '" + file.string() + "'";
    INFO(command);
    REQUIRE(succeeds(command));
}

std::vector<std::byte> read_bytes(const std::filesystem::path& file) {
    std::ifstream stream{file, std::ios::binary};
    REQUIRE(stream.is_open());
    const std::vector<char> chars{std::istreambuf_iterator<char>{stream}, {}};
    std::vector<std::byte> bytes(chars.size());
    std::ranges::transform(chars, bytes.begin(), [](char c) { return static_cast<std::byte>(c); });
    return bytes;
}

MediaUnits units_of(const MediaUnits& units, TrackKind kind) {
    MediaUnits out;
    std::ranges::copy_if(units, std::back_inserter(out), [kind](const MediaUnit& unit) { return unit.kind == kind; });
    return out;
}

std::optional<std::string> difference(const MediaUnits& ours, const std::vector<RefereePacket>& theirs,
                                      std::int64_t ticks_per_second, std::int64_t wrap, std::int64_t tolerance) {
    const auto ticks = [&](Duration time) {  // to the nearest: a tick of 90 kHz is 11,111.1 ns
        const auto scaled = static_cast<long double>(time.count()) * static_cast<long double>(ticks_per_second) / 1e9L;
        return static_cast<std::int64_t>(scaled + (scaled < 0 ? -0.5L : 0.5L));
    };
    const auto apart = [&](std::int64_t a, std::int64_t b) {
        auto distance = std::abs(a - b);
        if (wrap != 0) distance = std::min(distance % wrap, wrap - distance % wrap);
        return distance > tolerance;
    };
    for (std::size_t i = 0; i < std::min(ours.size(), theirs.size()); ++i) {
        if (apart(ticks(ours[i].dts), theirs[i].dts)) return describe(i, "dts", ticks(ours[i].dts), theirs[i].dts);
        if (apart(ticks(ours[i].pts), theirs[i].pts)) return describe(i, "pts", ticks(ours[i].pts), theirs[i].pts);
        if (ours[i].keyframe != theirs[i].keyframe) return describe(i, "key", ours[i].keyframe, theirs[i].keyframe);
        if (ours[i].size != theirs[i].size) return describe(i, "size", ours[i].size, theirs[i].size);
    }
    if (ours.size() != theirs.size())
        return "count: ours " + std::to_string(ours.size()) + ", theirs " + std::to_string(theirs.size());
    return std::nullopt;
}

}  // namespace outrider::probes::test
