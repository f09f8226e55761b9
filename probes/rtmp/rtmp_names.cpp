#include "probes/rtmp/rtmp_names.h"

#include "outrider/url_text.h"

namespace outrider::probes {
namespace {

constexpr std::uint16_t kRtmpPort = 1935;
constexpr std::uint16_t kRtmpsPort = 443;

/// Where the application ends in "live/demo?token=a/b": the position of the slash behind it, or npos.
std::size_t app_end(std::string_view path) {
    const auto first = path.find('/');
    const auto query = path.find('?');
    if (first == path.npos || query < first) return first;  // "live?vhost=a/demo"
    const auto second = path.find('/', first + 1);
    return second == path.npos || query < second ? first : second;
}

std::string play_name(std::string_view name) {
    const auto file = name.substr(0, name.find('?'));
    const auto query = name.substr(file.size());
    const bool prefixed = file.find(':') != file.npos;
    if (!prefixed && (file.ends_with(".mp4") || file.ends_with(".f4v"))) return "mp4:" + std::string{name};
    if (!prefixed && file.ends_with(".flv")) return std::string{file.substr(0, file.size() - 4)} + std::string{query};
    return std::string{name};
}

}  // namespace

std::optional<RtmpNames> rtmp_names(std::string_view url) {
    const auto parts = split_url(url);
    if (!parts || (parts->scheme != "rtmp" && parts->scheme != "rtmps")) return std::nullopt;
    std::string_view path{parts->path};
    path.remove_prefix(1);
    const auto end = app_end(path);
    if (end == path.npos || end == 0 || end + 1 == path.size()) return std::nullopt;
    const std::string app{path.substr(0, end)};
    const auto host = parts->host.find(':') == std::string::npos ? parts->host : "[" + parts->host + "]";
    const auto port = parts->port ? ":" + std::to_string(*parts->port) : std::string{};
    return RtmpNames{.scheme = parts->scheme,
                     .host = parts->host,
                     .port = parts->port.value_or(parts->scheme == "rtmp" ? kRtmpPort : kRtmpsPort),
                     .app = app,
                     .playpath = play_name(path.substr(end + 1)),
                     .tc_url = parts->scheme + "://" + host + port + "/" + app};
}

}  // namespace outrider::probes
