#include "probes/meters/on_fi.h"

#include <algorithm>
#include <string_view>

#include "probes/meters/clock_text.h"

namespace outrider::probes {
namespace {

// AMF 0 markers.
constexpr std::uint8_t kNumber = 0;
constexpr std::uint8_t kBoolean = 1;
constexpr std::uint8_t kString = 2;
constexpr std::uint8_t kObject = 3;
constexpr std::uint8_t kEcmaArray = 8;

class AmfText {
public:
    explicit AmfText(std::span<const std::uint8_t> bytes)
        : text_(reinterpret_cast<const char*>(bytes.data()), bytes.size()) {}

    std::optional<std::uint8_t> marker() {
        if (text_.empty()) return std::nullopt;
        const auto byte = static_cast<std::uint8_t>(text_.front());
        text_.remove_prefix(1);
        return byte;
    }
    bool skip(std::size_t bytes) {
        if (bytes > text_.size()) return false;
        text_.remove_prefix(bytes);
        return true;
    }
    /// A length of two bytes and as many characters.
    std::optional<std::string_view> string() {
        if (text_.size() < 2) return std::nullopt;
        const auto size =
            static_cast<std::size_t>((static_cast<std::uint8_t>(text_[0]) << 8) | static_cast<std::uint8_t>(text_[1]));
        if (size > text_.size() - 2) return std::nullopt;
        const auto found = text_.substr(2, size);
        text_.remove_prefix(2 + size);
        return found;
    }

private:
    std::string_view text_;
};

}  // namespace

void OnFiReader::feed(std::span<const std::uint8_t> bytes) {
    const auto n = std::min(bytes.size(), data_.size() - have_);
    std::ranges::copy(bytes.first(n), data_.begin() + static_cast<std::ptrdiff_t>(have_));
    have_ += n;
}

// "onFI", then an object or array of: name, marker, value; until an empty name, or the end.
std::optional<Instant> OnFiReader::clock() const {
    AmfText in{std::span{data_}.first(have_)};
    if (in.marker() != kString || in.string() != "onFI") return std::nullopt;
    const auto kind = in.marker();
    if (kind == kEcmaArray ? !in.skip(4) : kind != kObject) return std::nullopt;
    std::string_view date;
    std::string_view time;
    while (const auto name = in.string()) {
        const auto marker = in.marker();
        if (marker == kString) {
            const auto value = in.string();
            if (!value) break;
            if (*name == "sd") date = *value;
            if (*name == "st") time = *value;
        } else if (!(marker == kNumber && in.skip(8)) && !(marker == kBoolean && in.skip(1))) {
            break;
        }
    }
    return read_date_and_time(date, time);
}

}  // namespace outrider::probes
