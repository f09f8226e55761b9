#include "probes/meters/mpegts.h"

#include <algorithm>

namespace outrider::probes {
namespace {

constexpr std::uint16_t kPatPid = 0;
constexpr std::uint16_t kCatPid = 1;
constexpr std::uint8_t kPatTable = 0;
constexpr std::uint8_t kCatTable = 1;
constexpr std::uint8_t kPmtTable = 2;
constexpr std::uint8_t kTimeOffsetTable = 0x73;  // the one short section that bears a checksum
constexpr std::size_t kMaxPids = 1024;
constexpr std::uint64_t kMaxSearch = 65'536;

/// PIDs of tables at fixed places, ISO/IEC 13818-1 table 2-3 and EN 300 468 table 1: PAT, CAT, NIT, SDT, EIT, TOT.
constexpr bool is_fixed_table(std::uint16_t pid) {
    return pid == kPatPid || pid == kCatPid || (pid >= 0x10 && pid <= 0x12) || pid == 0x14;
}

}  // namespace

TsMeter::TsMeter(TsOptions options) : options_(options) {}

bool TsMeter::feed(std::span<const std::byte> bytes, Instant arrival, MediaUnits& units) {
    if (!error_.empty()) return false;
    last_arrival_ = arrival;
    pat_watch_.begin(arrival);
    framer_.feed(bytes, [&](TsPackets packets) { on_packets(packets, arrival, units); });
    advance(arrival);
    if (framer_.ever_synced() || framer_.skipped_bytes() < kMaxSearch) return true;
    error_ = "byte " + std::to_string(framer_.skipped_bytes()) +
             ": want five sync bytes 0x47 at a distance of 188, 192 or 204, found none so far";
    return false;
}

void TsMeter::flush(MediaUnits& units) {
    framer_.flush([&](TsPackets packets) { on_packets(packets, last_arrival_, units); });
    tracks_.flush(units);
}

void TsMeter::begin_piece(MediaUnits& units) {
    flush(units);
    for (auto& pid : pids_) {
        pid.continuity = {};
        if (pid.sections) pid.sections->drop();
        if (pid.pcr) pid.pcr->forget();
    }
    tracks_.begin_piece(units);
}

void TsMeter::advance(Instant at) {
    const auto& limits = options_.limits;
    counts_.pat_errors += pat_watch_.overdue(at, limits.pat);
    for (auto& program : programs_) counts_.pmt_errors += program.table.overdue(at, limits.pmt);
    for (auto& pid : pids_) {
        if (pid.is_media) {
            counts_.pid_errors += pid.present.overdue(at, limits.pid);
            counts_.pts_errors += pid.pts.overdue(at, limits.pts);
        }
        if (pid.pcr) counts_.pcr_repetition_errors += pid.pcr_seen.overdue(at, limits.pcr);
    }
}

TsCounts TsMeter::counts() const {
    auto counts = counts_;
    counts.skipped_bytes = framer_.skipped_bytes();
    counts.sync_losses = framer_.sync_losses();
    counts.sync_byte_errors = framer_.sync_byte_errors();
    return counts;
}

std::optional<Duration> TsMeter::last_pcr() const {
    const auto* pcr = clock();
    if (pcr == nullptr || !pcr->last()) return std::nullopt;
    return Duration{static_cast<std::int64_t>(*pcr->last() * 1'000 / 27)};
}

std::optional<Duration> TsMeter::pcr_jitter() const {
    const auto* pcr = clock();
    if (pcr == nullptr || !pcr->last()) return std::nullopt;
    return pcr->jitter();
}

void TsMeter::on_packets(TsPackets packets, Instant arrival, MediaUnits& units) {
    while (!packets.empty()) {
        on_packet(packets.first<kTsPacketSize>(), arrival, units);
        packets = packets.subspan(kTsPacketSize);
        packets = packets.subspan(on_run(packets, arrival, units));
    }
}

/// Takes those packets at the front that only go on with the elementary stream of the packet before, which are most of
/// any stream, together, with the same result as on_packet() for each of them. Returns their bytes.
std::size_t TsMeter::on_run(TsPackets packets, Instant arrival, MediaUnits& units) {
    if (newest_pid_ >= pids_.size() || pids_[newest_pid_].sections) return 0;
    auto& pid = pids_[newest_pid_];
    const auto count = pid.continuity.check_run(pid.pid, packets);
    if (count == 0) return 0;
    counts_.packets += count;
    counts_.expected += count;
    if (pid.is_media) counts_.pid_errors += pid.present.seen(arrival, options_.limits.pid);
    tracks_.feed_run(pid.pid, packets.first(count * kTsPacketSize), arrival, units);
    return count * kTsPacketSize;
}

void TsMeter::on_packet(std::span<const std::uint8_t, kTsPacketSize> bytes, Instant arrival, MediaUnits& units) {
    ++counts_.packets;
    const auto packet = read_ts_packet(bytes);
    if (packet.transport_error) {
        ++counts_.transport_errors;
        return;
    }
    if (packet.pid == kNullPid) return;
    auto* pid = pid_state(packet.pid);
    if (pid == nullptr) return;
    const auto finding = pid->continuity.check(packet);
    if (!count_continuity(finding, packet.has_payload)) return;
    const bool damaged = finding.kind == Continuity::gap;

    if (pid->is_media) counts_.pid_errors += pid->present.seen(arrival, options_.limits.pid);
    if (packet.pcr && pid->pcr) on_clock(*pid, packet, arrival);
    if (packet.scrambled) {
        on_scrambled(*pid);
        return;
    }
    if (pid->is_media && packet.starts && bears_pts(packet.payload))
        counts_.pts_errors += pid->pts.seen(arrival, options_.limits.pts);
    if (pid->sections) {
        if (damaged) pid->sections->drop();
        on_tables(*pid, packet, arrival, units);
        return;
    }
    tracks_.feed(packet, damaged, arrival, units);
}

/// False: the payload was seen already, or has no place any more.
bool TsMeter::count_continuity(const ContinuityFinding& finding, bool has_payload) {
    switch (finding.kind) {
        case Continuity::first:
        case Continuity::in_order:
            if (has_payload) ++counts_.expected;
            return true;
        case Continuity::gap:
            counts_.expected += finding.lost + 1;
            counts_.lost += finding.lost;
            ++counts_.cc_errors;
            return true;
        case Continuity::duplicate: ++counts_.duplicates; return false;
        case Continuity::repeated:
            ++counts_.duplicates;
            ++counts_.cc_errors;
            return false;
        case Continuity::late:
            ++counts_.reordered;
            ++counts_.cc_errors;
            return false;
    }
    return true;
}

void TsMeter::on_scrambled(const Pid& pid) {
    ++counts_.scrambled;
    if (pid.pid == kPatPid) ++counts_.pat_errors;
    if (pid.is_pmt) ++counts_.pmt_errors;
    if (!has_cat_) ++counts_.cat_errors;
    has_cat_ = true;  // told once
}

void TsMeter::on_clock(Pid& pid, const TsPacket& packet, Instant arrival) {
    counts_.pcr_repetition_errors += pid.pcr_seen.seen(arrival, options_.limits.pcr);
    if (!pid.pcr->take(*packet.pcr, packet.discontinuity, arrival)) ++counts_.pcr_discontinuity_errors;
}

void TsMeter::on_tables(Pid& pid, const TsPacket& packet, Instant arrival, MediaUnits& units) {
    // A table may bring new PIDs, which moves `pids_`: its reader stays where it is, `pid` does not.
    const auto number = pid.pid;
    const bool is_pmt = pid.is_pmt;
    auto reader = std::move(pid.sections);
    reader->feed(packet,
                 [&](std::span<const std::uint8_t> section) { on_section(number, is_pmt, section, arrival, units); });
    if (auto* again = pid_state(number)) again->sections = std::move(reader);
}

void TsMeter::on_section(std::uint16_t pid, bool is_pmt, std::span<const std::uint8_t> section, Instant arrival,
                         MediaUnits& units) {
    const auto header = read_section_header(section);
    if ((header.has_checksum || header.table_id == kTimeOffsetTable) && crc32_mpeg(section) != 0) {
        ++counts_.crc_errors;
        return;
    }
    if (pid == kPatPid) {
        if (header.table_id != kPatTable) {
            ++counts_.pat_errors;
        } else if (header.has_checksum) {
            on_pat(section, arrival, units);
        }
    } else if (pid == kCatPid) {
        if (header.table_id == kCatTable) {
            has_cat_ = true;
        } else {
            ++counts_.cat_errors;
        }
    } else if (is_pmt && header.table_id == kPmtTable && header.has_checksum) {
        on_pmt(pid, section, arrival, units);
    }
}

void TsMeter::on_pat(std::span<const std::uint8_t> section, Instant arrival, MediaUnits& units) {
    counts_.pat_errors += pat_watch_.seen(arrival, options_.limits.pat);
    const bool first = pat_.entries().empty();
    if (!pat_.take(section)) return;
    if (!first) ++counts_.table_changes;
    std::vector<Program> programs;
    for (const auto& entry : pat_.entries()) {
        const auto known = std::ranges::find(programs_, entry, &Program::entry);
        programs.push_back(known != programs_.end() ? *known
                                                    : Program{.entry = entry, .checksum = {}, .pmt = {}, .table = {}});
        programs.back().table.begin(arrival);
    }
    programs_ = std::move(programs);
    assign_roles(arrival);
    choose_tracks(units);
}

void TsMeter::on_pmt(std::uint16_t pid, std::span<const std::uint8_t> section, Instant arrival, MediaUnits& units) {
    const auto header = read_section_header(section);
    const PatEntry entry{.program = header.extension, .pmt_pid = pid};
    const auto program = std::ranges::find(programs_, entry, &Program::entry);
    if (program == programs_.end()) return;
    counts_.pmt_errors += program->table.seen(arrival, options_.limits.pmt);
    if (!header.current || program->checksum == header.checksum) return;
    if (program->checksum) ++counts_.table_changes;
    program->checksum = header.checksum;
    program->pmt = read_pmt(section);
    assign_roles(arrival);
    choose_tracks(units);
}

/// Says of each PID what it is in the tables as they now are.
void TsMeter::assign_roles(Instant arrival) {
    for (auto& pid : pids_) pid.is_pmt = pid.is_media = false;
    std::vector<std::uint16_t> clocks;
    for (const auto& program : programs_) {
        if (auto* pmt = pid_state(program.entry.pmt_pid)) pmt->is_pmt = true;
        for (const auto& stream : program.pmt.streams) {
            if (!is_video(stream.codec) && !is_audio(stream.codec)) continue;
            auto* pid = pid_state(stream.pid);
            if (pid == nullptr) continue;
            pid->is_media = true;
            pid->present.begin(arrival);
            pid->pts.begin(arrival);
        }
        if (program.pmt.pcr_pid != kNullPid) clocks.push_back(program.pmt.pcr_pid);
    }
    for (const auto clock : clocks)
        if (auto* pid = pid_state(clock); pid != nullptr && !pid->pcr) {
            pid->pcr = std::make_unique<PcrMeter>();
            pid->pcr_seen.begin(arrival);
        }
    for (auto& pid : pids_) {
        const bool is_table = pid.is_pmt || is_fixed_table(pid.pid);
        if (is_table && !pid.sections) pid.sections = std::make_unique<SectionReader>();
        if (!is_table) pid.sections.reset();
        if (!pid.is_media) pid.present = pid.pts = {};
        if (std::ranges::find(clocks, pid.pid) == clocks.end()) {
            pid.pcr.reset();
            pid.pcr_seen = {};
        }
    }
}

void TsMeter::choose_tracks(MediaUnits& units) {
    const auto listed = [this](std::uint16_t number) {
        return std::ranges::find(programs_, number, [](const Program& p) { return p.entry.program; });
    };
    if (options_.program) {
        program_ = options_.program;
    } else if (!program_ || listed(*program_) == programs_.end()) {
        const auto found = std::ranges::find_if(programs_, [](const Program& p) { return has_media(p.pmt); });
        program_.reset();
        if (found != programs_.end()) program_ = found->entry.program;
    }
    const auto chosen = program_ ? listed(*program_) : programs_.end();
    const bool known = chosen != programs_.end();
    tracks_.follow(known ? &chosen->pmt : nullptr, units);
}

/// nullptr when there are too many to follow.
TsMeter::Pid* TsMeter::pid_state(std::uint16_t pid) {
    if (newest_pid_ < pids_.size() && pids_[newest_pid_].pid == pid) return &pids_[newest_pid_];  // most often
    const auto at = std::ranges::lower_bound(pids_, pid, {}, &Pid::pid);
    newest_pid_ = static_cast<std::size_t>(at - pids_.begin());
    if (at != pids_.end() && at->pid == pid) return &*at;
    if (pids_.size() >= kMaxPids) return nullptr;
    Pid fresh;
    fresh.pid = pid;
    if (is_fixed_table(pid)) fresh.sections = std::make_unique<SectionReader>();
    return &*pids_.insert(at, std::move(fresh));
}

const PcrMeter* TsMeter::clock() const {
    if (!program_) return nullptr;
    for (const auto& program : programs_) {
        if (program.entry.program != *program_) continue;
        const auto at = std::ranges::lower_bound(pids_, program.pmt.pcr_pid, {}, &Pid::pid);
        if (at != pids_.end() && at->pid == program.pmt.pcr_pid) return at->pcr.get();
    }
    return nullptr;
}

}  // namespace outrider::probes
