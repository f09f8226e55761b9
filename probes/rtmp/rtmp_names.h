// An RTMP URL taken apart as RTMP servers see it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace outrider::probes {

struct RtmpNames {
    std::string scheme;    ///< rtmp or rtmps
    std::string host;      ///< of the URL, without brackets
    std::uint16_t port;    ///< of the URL, or the scheme's own
    std::string app;       ///< of the connect command: "live", "live?vhost=a.example"
    std::string playpath;  ///< of the play command: "demo", "demo?token=x"
    std::string tc_url;    ///< of the connect command: names the virtual host, whatever address is connected to
    friend bool operator==(const RtmpNames&, const RtmpNames&) = default;
};

/// The application is the first part of the path, or the first two where there are three and more; a query belongs to
/// the part it follows, slashes and all. ".flv" is dropped, ".mp4" and ".f4v" get "mp4:", as players do it. nullopt for
/// no rtmp or rtmps URL, or one without a stream's name.
[[nodiscard]] std::optional<RtmpNames> rtmp_names(std::string_view url);

}  // namespace outrider::probes
