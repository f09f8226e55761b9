#include "probes/meters/mpegts_tracks.h"

#include <algorithm>

namespace outrider::probes {
namespace {

const PmtStream* first_of(const Pmt& pmt, bool (*wanted)(TsCodec) noexcept) {
    const auto found = std::ranges::find_if(pmt.streams, [&](const PmtStream& s) { return wanted(s.codec); });
    return found == pmt.streams.end() ? nullptr : &*found;
}

}  // namespace

bool has_media(const Pmt& pmt) { return first_of(pmt, is_video) != nullptr || first_of(pmt, is_audio) != nullptr; }

void TsTracks::follow(const Pmt* pmt, MediaUnits& units) {
    follow(video_, pmt != nullptr ? first_of(*pmt, is_video) : nullptr, units);
    follow(audio_, pmt != nullptr ? first_of(*pmt, is_audio) : nullptr, units);
}

void TsTracks::follow(std::optional<Track>& track, const PmtStream* stream, MediaUnits& units) {
    if (track && stream != nullptr && track->pid == stream->pid && track->reader.codec() == stream->codec) return;
    if (track) track->reader.flush(units);
    track.reset();
    if (stream != nullptr) track.emplace(Track{.pid = stream->pid, .reader = PesReader{stream->codec}});
}

void TsTracks::feed(const TsPacket& packet, bool damaged, Instant arrival, MediaUnits& units) {
    for (auto* track : {&video_, &audio_})
        if (*track && (*track)->pid == packet.pid) (*track)->reader.feed(packet, damaged, arrival, timeline_, units);
}

void TsTracks::feed_run(std::uint16_t pid, TsPackets packets, Instant arrival, MediaUnits& units) {
    // A table that gives one PID to both makes no sense; the order of the units is that of the packets all the same.
    const bool shared = video_ && audio_ && video_->pid == audio_->pid;
    const auto step = shared ? kTsPacketSize : packets.size();
    for (; !packets.empty(); packets = packets.subspan(step))
        for (auto* track : {&video_, &audio_})
            if (*track && (*track)->pid == pid)
                (*track)->reader.feed_run(packets.first(step), arrival, timeline_, units);
}

void TsTracks::flush(MediaUnits& units) {
    for (auto* track : {&video_, &audio_})
        if (*track) (*track)->reader.flush(units);
}

void TsTracks::begin_piece(MediaUnits& units) {
    flush(units);
    if (audio_) audio_->reader = PesReader{audio_->reader.codec()};  // a cut frame does not go on in the next piece
}

}  // namespace outrider::probes
