// Any text that a server, a library or a configuration may hand over: echo replies, redirects, and what is shown of
// them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "outrider/url_text.h"
#include "probes/net/uri.h"
#include "probes/net/url_query.h"
#include "probes/path/icmp_echo.h"
#include "probes/redaction.h"
#include "probes/rtmp/rtmp_names.h"
#include "probes/srt/srt_url.h"
#include "probes/udp/udp_url.h"

using namespace outrider;
using namespace outrider::probes;

namespace {

void require(bool condition) {
    if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span bytes{reinterpret_cast<const std::byte*>(data), size};
    const std::string_view text{reinterpret_cast<const char*>(data), size};

    for (const bool ipv6 : {false, true})
        for (const bool header : {false, true}) (void)read_echo_reply(ipv6, header, bytes);

    (void)redacted_text(text);
    (void)playlist_tail(text);
    // Whatever surrounds it, a secret in a URL is not shown.
    const std::string secret{"s3cr3tqz"};
    if (text.find(secret) == text.npos && text.find_first_of("#?&;= \t\r\n\"'<>()[]{}") == text.npos) {
        const auto url = "http://live.example/a.flv?token=" + secret + "&x=" + std::string{text};
        require(redacted_text("moved to " + url).find(secret) == std::string::npos);
        require(redacted_url(url).find(secret) == std::string::npos);
    }

    const auto half = text.substr(0, size / 2);
    if (const auto uri = resolve_uri("http://live.example/a/b/list.m3u8", text)) {
        require(uri->size() <= 8192 && (uri->starts_with("http://") || uri->starts_with("https://")));
        require(uri->find('\n') == std::string::npos);
    }
    (void)resolve_uri(half, text.substr(size / 2));
    (void)query_value(text, "latency");
    if (const auto url = parse_srt_url(text)) require(!url->host.empty() && url->passphrase.size() <= 79);
    if (const auto url = parse_udp_url(text)) require(url->receive_buffer >= 1'000);
    if (const auto names = rtmp_names(text)) require(!names->app.empty() && !names->playpath.empty());
    return 0;
}
