// What the transport stream meter counts, and the names of its errors.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace outrider::probes {

/// Counters of one transport stream; they only grow. Lines of ETSI TR 101 290 table 5.2.1 are named by their number.
struct TsCounts {
    std::uint64_t packets = 0;        ///< with a good sync byte, null packets included
    std::uint64_t scrambled = 0;      ///< of them, encrypted
    std::uint64_t skipped_bytes = 0;  ///< belonged to no packet

    // By continuity counter, all PIDs but the null PID, packets with payload only. expected = came in order + lost.
    std::uint64_t expected = 0;
    std::uint64_t lost = 0;        ///< missing when their successor came: 1 to 15 a gap; 16 at once are invisible
    std::uint64_t reordered = 0;   ///< of the lost, those that came after all, behind their successors
    std::uint64_t duplicates = 0;  ///< repetitions, legal ones included

    // First priority
    std::uint64_t sync_losses = 0;       ///< 1.1: two bad sync bytes in a row
    std::uint64_t sync_byte_errors = 0;  ///< 1.2
    std::uint64_t pat_errors = 0;        ///< 1.3.a: no PAT for 0.5 s, another table on its PID, or scrambled
    std::uint64_t cc_errors = 0;         ///< 1.4: gaps, packets out of order, packets that came more than twice
    std::uint64_t pmt_errors = 0;        ///< 1.5.a: no PMT of some program for 0.5 s, or scrambled
    std::uint64_t pid_errors = 0;        ///< 1.6: a video or audio PID of some program did not come for 5 s

    // Second priority
    std::uint64_t transport_errors = 0;          ///< 2.1
    std::uint64_t crc_errors = 0;                ///< 2.2: in the tables of PIDs 0, 1, 16, 17, 18, 20 and of programs
    std::uint64_t pcr_repetition_errors = 0;     ///< 2.3.a: no PCR for 100 ms
    std::uint64_t pcr_discontinuity_errors = 0;  ///< 2.3.b: a step outside 0 to 100 ms that was not announced
    std::uint64_t pts_errors = 0;                ///< 2.5: a video or audio PID without PTS for 0.7 s
    std::uint64_t cat_errors = 0;                ///< 2.6: scrambled without a CAT before, or another table on its PID

    std::uint64_t table_changes = 0;  ///< times a PAT or PMT became another than it was

    friend bool operator==(const TsCounts&, const TsCounts&) = default;
};

struct TsErrorKind {
    std::string_view name;  ///< value of the label `kind`
    int priority;
    std::uint64_t TsCounts::*count;
};

/// The lines of TR 101 290. 2.4, PCR_accuracy_error, wants arrival times to 500 ns: datagrams of seven packets that
/// wait in sockets do not have them, and streams of variable rate have no rate to judge by. So it is not among them.
inline constexpr std::array<TsErrorKind, 12> kTsErrorKinds{{
    {"ts_sync_loss", 1, &TsCounts::sync_losses},
    {"sync_byte_error", 1, &TsCounts::sync_byte_errors},
    {"pat_error", 1, &TsCounts::pat_errors},
    {"continuity_count_error", 1, &TsCounts::cc_errors},
    {"pmt_error", 1, &TsCounts::pmt_errors},
    {"pid_error", 1, &TsCounts::pid_errors},
    {"transport_error", 2, &TsCounts::transport_errors},
    {"crc_error", 2, &TsCounts::crc_errors},
    {"pcr_repetition_error", 2, &TsCounts::pcr_repetition_errors},
    {"pcr_discontinuity_error", 2, &TsCounts::pcr_discontinuity_errors},
    {"pts_error", 2, &TsCounts::pts_errors},
    {"cat_error", 2, &TsCounts::cat_errors},
}};

}  // namespace outrider::probes
