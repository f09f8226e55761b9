#include "probes/hls/segment_reader.h"

namespace outrider::probes {

void SegmentReader::begin_init(std::uint64_t offset) {
    format_ = Format::unknown;
    in_init_ = true;
    offset_ = offset;
    fmp4_ = Fmp4Meter{};
    ts_ = TsMeter{TsOptions{.limits = TsLimits::none(), .program = {}}};
    error_.clear();
}

void SegmentReader::begin_segment(std::uint64_t offset, bool follows, bool opaque) {
    format_ = opaque ? Format::opaque : Format::unknown;
    offset_ = offset;
    // Program tables of a TS may be in its initialisation section only.
    if (!follows && !in_init_) ts_ = TsMeter{TsOptions{.limits = TsLimits::none(), .program = {}}};
    in_init_ = false;
    error_.clear();
}

bool SegmentReader::feed(std::span<const std::byte> bytes, Instant arrival, MediaUnits& units) {
    if (bytes.empty()) return true;
    if (format_ == Format::unknown && !tell_format(bytes.front())) return false;
    switch (format_) {
        case Format::unknown:
        case Format::opaque: return true;
        case Format::ts:
            if (ts_.feed(bytes, arrival, units)) return true;
            error_ = ts_.error();
            return false;
        case Format::fmp4:
            if (fmp4_.feed(bytes, arrival, units)) return true;
            error_ = fmp4_.error();
            fmp4_ = Fmp4Meter{};
            return false;
    }
    return true;
}

void SegmentReader::end(MediaUnits& units) {
    if (format_ == Format::ts) ts_.begin_piece(units);
}

bool SegmentReader::tell_format(std::byte first) {
    switch (std::to_integer<unsigned>(first)) {
        case 0x47: format_ = Format::ts; return true;  // TS's sync byte
        case 0x00:                                     // the size of an MP4 box of less than 16 MiB
            format_ = Format::fmp4;
            fmp4_.begin_resource(offset_);
            return true;
        case 'I':   // ID3, before packed audio
        case 0xFF:  // ADTS or MPEG audio without it
        case 0x0B:  // AC-3
        case 'W':   // WEBVTT
            format_ = Format::opaque;
            return true;
        default:
            error_ = "byte 0: want MPEG-TS, fMP4, packed audio or WebVTT, got " +
                     std::to_string(std::to_integer<unsigned>(first));
            return false;
    }
}

}  // namespace outrider::probes
