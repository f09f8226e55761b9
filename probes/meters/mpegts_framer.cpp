#include "probes/meters/mpegts_framer.h"

#include <algorithm>
#include <cstring>

namespace outrider::probes {
namespace {

constexpr std::array<std::size_t, 3> kStrides{188, 192, 204};
constexpr std::size_t kSyncsToAcquire = 5;  // TR 101 290 line 1.1

}  // namespace

/// The packets of plain stride at the front of `bytes`, when none is held that they would have to wait for.
TsPackets TsFramer::in_place(std::span<const std::byte> bytes) const {
    if (stride_ != kTsPacketSize || begin_ != end_) return {};
    const auto most = bytes.size() / kTsPacketSize;
    std::size_t count = 0;
    while (count < most && std::to_integer<std::uint8_t>(bytes[count * kTsPacketSize]) == kTsSyncByte) ++count;
    return {reinterpret_cast<const std::uint8_t*>(bytes.data()), count * kTsPacketSize};
}

std::size_t TsFramer::take(std::span<const std::byte> bytes) {
    auto most = held_.size() - end_;
    // Of a packet that was cut only the rest, so that the next can be read in place.
    if (stride_ == kTsPacketSize && begin_ < end_ && end_ - begin_ < kTsPacketSize)
        most = kTsPacketSize - (end_ - begin_);
    const auto n = std::min(bytes.size(), most);
    std::memcpy(held_.data() + end_, bytes.data(), n);
    end_ += n;
    return n;
}

// In sync, stride 188:   |47 … 187 bytes|47 …      a packet is given as soon as its own bytes are in
//                        |xx … 187 bytes|47 …      one bad sync byte: passed over, still in sync
//                        |xx … 187 bytes|yy …      two: sync lost, the search begins after the first
const std::uint8_t* TsFramer::next() {
    while (true) {
        const auto filler = std::min(filler_, end_ - begin_);
        begin_ += filler;
        filler_ -= filler;
        if (filler_ > 0) return nullptr;
        if (stride_ == 0 && !acquire()) return nullptr;
        const auto available = end_ - begin_;
        if (available == 0) return nullptr;
        if (held_[begin_] == kTsSyncByte) {
            if (available < kTsPacketSize) return nullptr;
            const auto* packet = &held_[begin_];
            begin_ += kTsPacketSize;
            filler_ = stride_ - kTsPacketSize;
            return packet;
        }
        if (available <= stride_) return nullptr;  // whether sync is lost shows at the next sync byte
        ++sync_byte_errors_;
        if (held_[begin_ + stride_] == kTsSyncByte) {
            skip(stride_);
        } else {
            ++sync_byte_errors_;
            ++sync_losses_;
            stride_ = 0;
        }
    }
}

/// Moves to the first place where sync can be; true once it is certain.
bool TsFramer::acquire() {
    for (; begin_ < end_; skip(1)) {
        if (held_[begin_] != kTsSyncByte) continue;
        const auto available = end_ - begin_;
        bool undecided = false;
        for (const auto stride : kStrides) {
            std::size_t seen = 1;
            while (seen < kSyncsToAcquire && seen * stride < available && held_[begin_ + seen * stride] == kTsSyncByte)
                ++seen;
            const bool contradicted = seen < kSyncsToAcquire && seen * stride < available;
            if (contradicted) continue;
            if (seen == kSyncsToAcquire || (ended_ && available >= kTsPacketSize)) {
                stride_ = stride;
                ever_synced_ = true;
                return true;
            }
            undecided = true;
        }
        if (undecided && !ended_) return false;
    }
    return false;
}

void TsFramer::skip(std::size_t count) {
    begin_ += count;
    skipped_bytes_ += count;
}

void TsFramer::compact() {
    std::memmove(held_.data(), held_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
}

void TsFramer::forget() {
    skipped_bytes_ += end_ - begin_;
    begin_ = end_ = filler_ = stride_ = 0;
}

}  // namespace outrider::probes
