#include "daemon/config/read_request.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>

#include "outrider/url_text.h"

namespace outrider::app {
namespace {

/// RFC 9110 5.6.2.
bool is_token(std::string_view text) {
    constexpr std::string_view others = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        return url_detail::is_alpha(c) || url_detail::is_digit(c) || others.find(c) != others.npos;
    });
}

/// Those that the probes write themselves: POP pinning, byte ranges, and what keeps answers small and plain.
bool is_ours(std::string_view name) {
    constexpr std::array<std::string_view, 9> ours{
        "host",       "range",           "connection", "content-length",   "referer",
        "user-agent", "accept-encoding", "te",         "transfer-encoding"};
    return std::ranges::find(ours, url_detail::lower(name)) != ours.end();
}

std::optional<std::string> one_line(const SettingValue& value, SettingValue::Text rule = SettingValue::not_empty) {
    auto text = value.text(rule);
    if (!text || !has_control_character(*text)) return text;
    value.want("a text of one line");
    return std::nullopt;
}

/// A relative path starts in the folder of the file that names it.
std::string path(const SettingValue& value) {
    const auto text = one_line(value);
    if (!text) return {};
    const std::filesystem::path from = value.at().file ? *value.at().file : std::string{};
    return (from.parent_path() / *text).string();
}

/// At most one of two keys of a map.
void one_of_two(const SettingsReader& reader, std::string_view one, std::string_view other, bool needed) {
    const bool both = reader.has(one) && reader.has(other);
    const bool none = !reader.has(one) && !reader.has(other);
    if (!both && !(none && needed)) return;
    std::string text = needed ? "want exactly one of " : "want at most one of ";
    text.append(one).append(", ").append(other).append(", got ").append(both ? "both" : "none");
    reader.report(text);
}

BasicAuth read_basic_auth(const SettingValue& map) {
    SettingsReader reader{map.secret(), "basic_auth"};
    const auto username = reader.required("username");
    BasicAuth out{.username = one_line(username).value_or(""),
                  .password = one_line(reader.optional("password").secret(), SettingValue::may_be_empty).value_or(""),
                  .password_file = path(reader.optional("password_file"))};
    if (out.username.find(':') != std::string::npos) username.want("a name without a colon");
    one_of_two(reader, "password", "password_file", false);
    reader.finish();
    return out;
}

Authorization read_authorization(const SettingValue& map) {
    SettingsReader reader{map.secret(), "authorization"};
    Authorization out;
    const auto type = reader.optional("type");
    if (const auto text = type.text()) {
        if (!is_token(*text) || url_detail::lower(*text) == "basic")
            type.want("a scheme such as Bearer; for Basic there is basic_auth");
        out.type = *text;
    }
    out.credentials = one_line(reader.optional("credentials").secret()).value_or("");
    out.credentials_file = path(reader.optional("credentials_file"));
    one_of_two(reader, "credentials", "credentials_file", true);
    reader.finish();
    return out;
}

std::vector<std::pair<std::string, std::string>> read_request_headers(const SettingValue& map) {
    for (const auto& [name, value] : map.entries())
        if (is_ours(name)) value.report("want a header that Outrider does not set itself");
    return read_headers(map);
}

void read_http(const SettingValue& map, RequestOptions& out) {
    SettingsReader reader{map, "http"};
    if (const auto headers = reader.optional("headers"); headers.present())
        out.headers = read_request_headers(headers.secret());
    if (auto text = one_line(reader.optional("user_agent"))) out.user_agent = *text;
    if (auto text = one_line(reader.optional("referer"))) out.referer = *text;
    const auto basic = reader.optional("basic_auth");
    const auto authorization = reader.optional("authorization");
    one_of_two(reader, "basic_auth", "authorization", false);
    if (basic.present() || authorization.present()) {
        out.basic_auth.reset();
        out.authorization.reset();
    }
    if (basic.present()) out.basic_auth = read_basic_auth(basic);
    if (authorization.present()) out.authorization = read_authorization(authorization);
    const bool has_header = std::ranges::any_of(
        out.headers, [](const auto& header) { return url_detail::lower(header.first) == "authorization"; });
    if (has_header && (out.basic_auth || out.authorization))
        map.report("want at most one of basic_auth, authorization and a header Authorization");
    const auto tls = reader.optional("tls_config");
    SettingsReader tls_reader{tls, "tls_config"};
    if (const auto any = tls_reader.optional("insecure_skip_verify").boolean()) out.insecure = *any;
    tls_reader.finish();
    reader.finish();
}

void read_srt(const SettingValue& map, RequestOptions& out) {
    SettingsReader reader{map, "srt"};
    if (const auto file = reader.optional("passphrase_file"); file.present()) out.passphrase_file = path(file);
    reader.finish();
}

/// What a block says for a stream that has no use for it would be believed to be in force.
void refuse_useless(const SettingValue& http, const SettingValue& srt, std::string_view protocol) {
    const bool rtmp = protocol == "rtmp" || protocol == "rtmps";
    const bool over_http = protocol == "httpflv" || protocol == "hls" || protocol == "av";
    std::string useless{protocol};
    useless += " has no use for it";
    if (http.present() && !over_http && !rtmp) http.report(useless);
    if (srt.present() && protocol != "srt") srt.report(useless);
    useless += ", only for referer and tls_config";
    if (http.present() && rtmp)
        for (const auto& [key, value] : http.entries())
            if (key != "referer" && key != "tls_config") value.report(useless);
}

}  // namespace

bool has_control_character(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::vector<std::pair<std::string, std::string>> read_headers(const SettingValue& map) {
    std::vector<std::pair<std::string, std::string>> headers;
    for (const auto& [name, value] : map.secret().entries()) {
        const auto text = value.text(SettingValue::may_be_empty);
        if (!is_token(name)) {
            value.report("want a header name such as X-Team");
        } else if (text && has_control_character(*text)) {
            value.want("a header value of one line");
        } else if (text) {
            headers.emplace_back(name, *text);
        }
    }
    return headers;
}

RequestOptions read_request(SettingsReader& reader, std::string_view protocol, const RequestOptions& otherwise) {
    auto out = otherwise;
    const auto http = reader.optional("http");
    const auto srt = reader.optional("srt");
    if (http.present()) read_http(http, out);
    if (srt.present()) read_srt(srt, out);
    if (!protocol.empty()) refuse_useless(http, srt, protocol);
    return out;
}

}  // namespace outrider::app
