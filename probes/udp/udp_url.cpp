#include "probes/udp/udp_url.h"

#include "outrider/url_text.h"
#include "probes/net/url_query.h"

namespace outrider::probes {

std::optional<UdpUrl> parse_udp_url(std::string_view url) {
    const auto parts = split_url(url);
    if (!parts || (parts->scheme != "udp" && parts->scheme != "rtp") || !parts->port) return std::nullopt;
    const auto begin = url.find("://") + 3;
    const auto user = url_detail::user_info_size(url.substr(begin));
    UdpUrl out{.rtp = parts->scheme == "rtp",
               .host = parts->host,
               .port = *parts->port,
               .source = user > 0 ? std::string{url.substr(begin, user - 1)} : std::string{},
               .local_address = query_value(url, "localaddr").value_or("")};
    if (out.source.empty()) out.source = query_value(url, "sources").value_or("");
    constexpr int least = 1'000;
    constexpr int most = 1'000'000'000;
    if (const auto bytes = query_number(url, "buffer_size", least, most)) out.receive_buffer = *bytes;
    return out;
}

}  // namespace outrider::probes
