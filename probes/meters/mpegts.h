// Reads an MPEG transport stream as it arrives: media units, packet loss, and the errors of ETSI TR 101 290 of first
// and second priority. Headers are parsed, payload is skipped but for what tells a keyframe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "probes/meters/media_unit.h"
#include "probes/meters/mpegts_continuity.h"
#include "probes/meters/mpegts_counts.h"
#include "probes/meters/mpegts_framer.h"
#include "probes/meters/mpegts_sections.h"
#include "probes/meters/mpegts_tracks.h"
#include "probes/meters/mpegts_watch.h"

namespace outrider::probes {

/// How long things may stay away, by arrival time. nullopt: not judged, as where media comes in bursts (segments).
struct TsLimits {
    AbsenceWatch::Limit pat = std::chrono::milliseconds{500};
    AbsenceWatch::Limit pmt = std::chrono::milliseconds{500};
    AbsenceWatch::Limit pid = std::chrono::seconds{5};
    AbsenceWatch::Limit pcr = std::chrono::milliseconds{100};  ///< 40 ms in old editions of TR 101 290
    AbsenceWatch::Limit pts = std::chrono::milliseconds{700};

    [[nodiscard]] static TsLimits none() { return {{}, {}, {}, {}, {}}; }
};

struct TsOptions {
    TsLimits limits{};
    std::optional<std::uint16_t> program;  ///< whose media to measure; nullopt: the first found that has any
};

/// Feed it the bytes of one stream in order, cut anywhere; arrivals must not go back.
///
/// Units are those of one program's first video and first audio stream, as a player would choose; loss and errors are
/// of the whole stream. They equal the packets of libavformat (FFmpeg 5.1, its parsers at work) in count, dts, pts, key
/// flag and size where each video PES packet holds one access unit, which is how ffmpeg and live encoders write them;
/// the times of audio frames behind the first of their PES packet are exact here and rounded to 90 kHz there.
///
/// A video unit of unstated length is known to be whole only when the next begins, so units of two tracks may come out
/// in another order than their arrivals: by at most the time to the next video unit.
///
/// Memory: 4 KiB, and some 200 bytes for each PID; at most 1,024 PIDs are counted.
class TsMeter {
public:
    explicit TsMeter(TsOptions options = {});

    /// Appends the units that `bytes` completed. False once 64 KiB came and no transport stream was among them; it then
    /// takes nothing more. After sync was once found, garbage is counted and passed over.
    bool feed(std::span<const std::byte> bytes, Instant arrival, MediaUnits& units);

    /// Nothing more will come: appends the units in hand.
    void flush(MediaUnits& units);

    /// What follows is another piece of the stream that need not go on from this one (a segment, a new connection):
    /// flushes, and forgets counters and clocks but neither counts nor the timeline.
    void begin_piece(MediaUnits& units);

    /// Lets time pass to `at`: silence is an error too.
    void advance(Instant at);

    [[nodiscard]] TsCounts counts() const;
    /// Why feed() refuses; empty while it does not.
    [[nodiscard]] const std::string& error() const noexcept { return error_; }
    /// The measured program; nullopt until one was found.
    [[nodiscard]] std::optional<std::uint16_t> program() const noexcept { return program_; }
    /// Its last program clock reference, wrapped as it came; nullopt before the first.
    [[nodiscard]] std::optional<Duration> last_pcr() const;
    /// Smoothed deviation of its clock references' arrival from their values; nullopt before the first.
    [[nodiscard]] std::optional<Duration> pcr_jitter() const;

private:
    struct Pid {
        std::uint16_t pid = 0;
        ContinuityTrack continuity;
        std::unique_ptr<SectionReader> sections;  // tables
        bool is_pmt = false;
        bool is_media = false;  // video or audio of some program
        AbsenceWatch present;
        AbsenceWatch pts;
        AbsenceWatch pcr_seen;
        std::unique_ptr<PcrMeter> pcr;  // clock of some program
    };
    struct Program {
        PatEntry entry;
        std::optional<std::uint32_t> checksum;  // of its table
        Pmt pmt;
        AbsenceWatch table;
    };

    void on_packets(TsPackets packets, Instant arrival, MediaUnits& units);
    void on_packet(std::span<const std::uint8_t, kTsPacketSize> bytes, Instant arrival, MediaUnits& units);
    [[nodiscard]] std::size_t on_run(TsPackets packets, Instant arrival, MediaUnits& units);
    [[nodiscard]] bool count_continuity(const ContinuityFinding& finding, bool has_payload);
    void on_scrambled(const Pid& pid);
    void on_clock(Pid& pid, const TsPacket& packet, Instant arrival);
    void on_tables(Pid& pid, const TsPacket& packet, Instant arrival, MediaUnits& units);
    void on_section(std::uint16_t pid, bool is_pmt, std::span<const std::uint8_t> section, Instant arrival,
                    MediaUnits& units);
    void on_pat(std::span<const std::uint8_t> section, Instant arrival, MediaUnits& units);
    void on_pmt(std::uint16_t pid, std::span<const std::uint8_t> section, Instant arrival, MediaUnits& units);
    void assign_roles(Instant arrival);
    void choose_tracks(MediaUnits& units);
    [[nodiscard]] Pid* pid_state(std::uint16_t pid);
    [[nodiscard]] const PcrMeter* clock() const;

    TsOptions options_;
    TsFramer framer_;
    TsCounts counts_;
    std::string error_;
    Instant last_arrival_{};
    std::vector<Pid> pids_;       // by number
    std::size_t newest_pid_ = 0;  // in pids_: of the last packet
    PatTable pat_;
    AbsenceWatch pat_watch_;
    std::vector<Program> programs_;
    bool has_cat_ = false;
    std::optional<std::uint16_t> program_;
    TsTracks tracks_;
};

}  // namespace outrider::probes
