#include "probes/protocols.h"

#include <algorithm>
#include <array>
#include <string>

#include "probes/hls/hls.h"
#include "probes/httpflv/httpflv.h"
#include "probes/session.h"

namespace outrider::probes {
namespace {

struct Protocol {
    std::string_view name;
    SessionFactory make;
};

constexpr std::array kProtocols{
#define X(name, pattern, factory) Protocol{#name, &factory},
#include "probes/probes.def"
#undef X
};

constexpr std::array kInfos{
#define X(name, pattern, factory) ProtocolInfo{#name, pattern},
#include "probes/probes.def"
#undef X
};

constexpr std::array kNames{
#define X(name, ...) std::string_view{#name},
#include "probes/probes.def"
#undef X
};

}  // namespace

std::span<const ProtocolInfo> protocols() noexcept { return kInfos; }

std::span<const std::string_view> protocol_names() noexcept { return kNames; }

std::optional<std::string_view> protocol_of_url(std::string_view url) noexcept {
    const auto path = url.substr(0, url.find_first_of("?#"));
    const bool http = url.starts_with("http://") || url.starts_with("https://");
    if (http && path.ends_with(".flv")) return "httpflv";
    if (http && path.ends_with(".m3u8")) return "hls";
    return std::nullopt;
}

SessionFactory session_factory(std::string_view protocol) noexcept {
    const auto found = std::ranges::find(kProtocols, protocol, &Protocol::name);
    return found == kProtocols.end() ? nullptr : found->make;
}

}  // namespace outrider::probes
