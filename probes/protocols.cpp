#include "probes/protocols.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "probes/av/av.h"
#include "probes/hls/hls.h"
#include "probes/httpflv/httpflv.h"
#include "probes/path/path.h"
#include "probes/rtmp/rtmp.h"
#include "probes/session.h"
#include "probes/srt/srt.h"
#include "probes/udp/udp.h"

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

/// Schemes that name a protocol by themselves.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kProtocolOfScheme{{
    {"rtmp", "rtmp"},
    {"rtmps", "rtmps"},
    {"srt", "srt"},
    {"udp", "udp"},
    {"rtp", "rtp"},
    {"icmp", "path"},
    {"tcp", "path"},
    {"rtsp", "av"},
    {"rtsps", "av"},
    {"rist", "av"},
}};

}  // namespace

std::span<const ProtocolInfo> protocols() noexcept { return kInfos; }

std::span<const std::string_view> protocol_names() noexcept { return kNames; }

std::optional<std::string_view> protocol_of_url(std::string_view url) noexcept {
    for (const auto& [scheme, protocol] : kProtocolOfScheme)
        if (url.starts_with(scheme) && url.substr(scheme.size()).starts_with("://")) return protocol;
    const auto path = url.substr(0, url.find_first_of("?#"));
    const bool http = url.starts_with("http://") || url.starts_with("https://");
    if (http && path.ends_with(".flv")) return "httpflv";
    if (http && path.ends_with(".m3u8")) return "hls";
    if (http && path.ends_with(".mpd")) return "av";
    return std::nullopt;
}

SessionFactory session_factory(std::string_view protocol) noexcept {
    const auto found = std::ranges::find(kProtocols, protocol, &Protocol::name);
    return found == kProtocols.end() ? nullptr : found->make;
}

}  // namespace outrider::probes
