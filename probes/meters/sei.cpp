#include "probes/meters/sei.h"

#include <algorithm>

#include "probes/meters/clock_text.h"

namespace outrider::probes {
namespace {

using Bytes = std::span<const std::uint8_t>;
using Uuid = std::array<std::uint8_t, 16>;

constexpr std::uint32_t kUserDataUnregistered = 5;

constexpr Uuid kMisbH264{'M', 'I', 'S', 'P', 'm', 'i', 'c', 'r', 'o', 's', 'e', 'c', 't', 'i', 'm', 'e'};
constexpr Uuid kMisbHevcMicroseconds{0xA8, 0x68, 0x7D, 0xD4, 0xD7, 0x59, 0x37, 0x58,
                                     0xA5, 0xCE, 0xF0, 0x33, 0x8B, 0x65, 0x45, 0xF1};
constexpr Uuid kMisbHevcNanoseconds{0xCF, 0x84, 0x82, 0x78, 0xEE, 0x23, 0x30, 0x6C,
                                    0x92, 0x65, 0xE8, 0xFE, 0xF2, 0x2F, 0xB8, 0xB8};
constexpr Uuid kBroadcastMetrics{0x0A, 0xEC, 0xFF, 0xE7, 0x52, 0x72, 0x4E, 0x2F,
                                 0xA6, 0x2F, 0xD1, 0x9C, 0xD6, 0x1A, 0x93, 0xB5};

std::optional<Instant> unix_time(std::uint64_t value, std::uint64_t units_a_second) {
    const auto scale = 1'000'000'000 / units_a_second;
    if (value > static_cast<std::uint64_t>(INT64_MAX) / scale) return std::nullopt;
    return Instant{Duration{static_cast<std::int64_t>(value * scale)}};
}

std::optional<Instant> read_canary(Bytes data) {
    if (data.size() < 8) return std::nullopt;
    std::uint64_t value = 0;
    for (const auto byte : data.first(8)) value = (value << 8) | byte;
    return unix_time(value, 1'000'000'000);
}

/// ST 0604: a byte of status, then 64 bits in pairs of bytes with 0xFF between, so that no start code can arise.
std::optional<Instant> read_misb(Bytes data, std::uint64_t units_a_second) {
    if (data.size() < 12 || data[3] != 0xFF || data[6] != 0xFF || data[9] != 0xFF) return std::nullopt;
    std::uint64_t value = 0;
    for (const std::size_t at : {1U, 2U, 4U, 5U, 7U, 8U, 10U, 11U}) value = (value << 8) | data[at];
    return unix_time(value, units_a_second);
}

/// A count less one in four bits, then for each time: its type (1 is text), which event it is of (1 is composition),
/// and the text with a zero behind it.
std::optional<Instant> read_broadcast_metrics(Bytes data) {
    if (data.empty()) return std::nullopt;
    const auto count = (data[0] & 0x0F) + 1;
    data = data.subspan(1);
    for (int i = 0; i < count && data.size() > 2 && data[0] == 1; ++i) {
        const bool composed = data[1] == 1;
        const auto text = data.subspan(2);
        const auto end = std::ranges::find(text, std::uint8_t{0});
        if (composed) return read_clock_text({text.begin(), end});
        if (end == text.end()) return std::nullopt;
        data = text.subspan(static_cast<std::size_t>(end - text.begin()) + 1);
    }
    return std::nullopt;
}

std::optional<Instant> read_known(Bytes uuid, Bytes data) {
    const auto is = [uuid](const Uuid& known) { return std::ranges::equal(uuid, known); };
    if (is(kMisbH264) || is(kMisbHevcMicroseconds)) return read_misb(data, 1'000'000);
    if (is(kMisbHevcNanoseconds)) return read_misb(data, 1'000'000'000);
    if (is(kBroadcastMetrics)) return read_broadcast_metrics(data);
    while (!data.empty() && data.back() == 0) data = data.first(data.size() - 1);
    return read_clock_text(data);
}

}  // namespace

std::optional<StreamClock> read_user_data(Bytes message) {
    constexpr auto kSize = std::tuple_size_v<Uuid>;
    if (message.size() <= kSize) return std::nullopt;
    const auto uuid = message.first(kSize);
    const auto data = message.subspan(kSize);
    const bool ours = std::ranges::equal(uuid, kCanaryUuid);
    const auto wall = ours ? read_canary(data) : read_known(uuid, data);
    if (!wall) return std::nullopt;
    return StreamClock{.method = ours ? ClockMethod::canary : ClockMethod::sei, .wall = *wall};
}

void SeiReader::begin() noexcept {
    state_ = State::type;
    zeros_ = 0;
    type_ = left_ = 0;
}

void SeiReader::feed(Bytes bytes) {
    for (const auto byte : bytes) {
        if (zeros_ >= 2 && byte == 3) {  // emulation prevention
            zeros_ = 0;
            continue;
        }
        zeros_ = byte == 0 ? zeros_ + 1 : 0;
        on_byte(byte);
    }
}

// type: FF FF … n, size: FF FF … n, that many bytes of payload; and so on to the end of the NAL unit.
void SeiReader::on_byte(std::uint8_t byte) {
    switch (state_) {
        case State::type:
            type_ += byte;
            if (byte != 0xFF) state_ = State::size;
            return;
        case State::size:
            left_ += byte;
            if (byte == 0xFF) return;
            have_ = 0;
            state_ = State::payload;
            if (left_ == 0) on_message();
            return;
        case State::payload:
            if (have_ < data_.size()) data_[have_++] = byte;
            if (--left_ == 0) on_message();
            return;
    }
}

void SeiReader::on_message() {
    if (type_ == kUserDataUnregistered && !clock_) clock_ = read_user_data(Bytes{data_}.first(have_));
    state_ = State::type;
    type_ = left_ = 0;
}

}  // namespace outrider::probes
