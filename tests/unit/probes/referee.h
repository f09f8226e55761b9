// The referee: what libavformat makes of a file. A meter that is fed the same bytes must agree.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "probes/meters/media_unit.h"

namespace outrider::probes::test {

/// A packet as av_read_frame() gives it.
struct RefereePacket {
    std::int64_t dts = 0;  ///< in ticks of the container: 90 kHz in MPEG-TS, milliseconds in FLV
    std::int64_t pts = 0;
    bool keyframe = false;
    std::uint32_t size = 0;
};

/// The packets of the first video and of the first audio stream.
struct RefereePackets {
    std::vector<RefereePacket> video;
    std::vector<RefereePacket> audio;
};
/// Whether libavformat cuts packets anew by what is in them, or leaves them as the container has them.
enum class Parsers : bool { off, on };

/// `demuxer`: name of libavformat's demuxer. Fails the test when the file cannot be read.
[[nodiscard]] RefereePackets referee_packets(const std::filesystem::path& file, const char* demuxer,
                                             Parsers parsers = Parsers::on);

/// A folder that is removed with all its files at the end.
class TemporaryFolder {
public:
    TemporaryFolder();
    ~TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
    std::filesystem::path path_;
};

/// Whether the ffmpeg program is there with this encoder.
[[nodiscard]] bool has_encoder(const std::string& name);

/// Runs ffmpeg with these arguments and `file` behind them. Fails the test when that fails.
void make_media(const std::string& arguments, const std::filesystem::path& file);

[[nodiscard]] std::vector<std::byte> read_bytes(const std::filesystem::path& file);

/// The units of one track, in order of dts as they came.
[[nodiscard]] MediaUnits units_of(const MediaUnits& units, TrackKind kind);

/// Compares count, dts, pts, key flag and size of each unit; says the first difference, nullopt when there is none.
/// `ticks_per_second`: of the container. `wrap`: timestamps are compared modulo this many ticks; 0: as they are.
/// `tolerance`: ticks that a time may be off; only for times that libavformat has rounded.
[[nodiscard]] std::optional<std::string> difference(const MediaUnits& ours, const std::vector<RefereePacket>& theirs,
                                                    std::int64_t ticks_per_second, std::int64_t wrap = 0,
                                                    std::int64_t tolerance = 0);

}  // namespace outrider::probes::test
