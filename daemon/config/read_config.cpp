// The schema of outrider.yaml.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "daemon/config/config.h"
#include "daemon/config/read_request.h"
#include "outrider/sample.h"
#include "outrider/settings_reader.h"
#include "probes/protocols.h"

namespace outrider::app {
namespace {

using namespace std::chrono_literals;

bool is_plain_name(std::string_view text, std::size_t longest) {
    constexpr std::string_view others = "._-";
    return !text.empty() && text.size() <= longest && std::ranges::all_of(text, [&](char c) {
        return url_detail::is_alpha(c) || url_detail::is_digit(c) || others.find(c) != others.npos;
    });
}

std::string host_name() {
    std::array<char, 256> text{};
    if (::gethostname(text.data(), text.size() - 1) != 0 || text[0] == '\0') return "localhost";
    return text.data();
}

/// The names of one kind of thing, each with the place where it was first.
class Names {
public:
    /// Remembers the name; one that is there already is reported.
    void add(const SettingValue& value, const std::string& name) {
        const auto [first, added] = places_.emplace(name, value.at());
        if (!added)
            value.report("want a name of its own, got " + as_written(name) + " as at line " +
                         std::to_string(first->second.line));
    }
    [[nodiscard]] bool contains(const std::string& name) const { return places_.contains(name); }
    [[nodiscard]] std::string list() const {
        std::vector<std::string_view> names;
        for (const auto& [name, at] : places_) names.push_back(name);
        return comma_list(names);
    }

private:
    std::map<std::string, Location> places_;
};

/// The items of a list that must have some.
std::vector<SettingValue> some(const SettingValue& list, const std::string& what) {
    auto items = list.list();
    const bool is_list = list.kind() == Settings::Kind::list || list.kind() == Settings::Kind::null;
    if (list.present() && is_list && items.empty()) list.report("want at least one " + what + ", got none");
    return items;
}

/// A name of letters, digits and ._- that nothing else in `names` has.
std::string read_plain_name(const SettingValue& value, std::size_t longest, Names& names) {
    const auto name = value.text();
    if (!name) return {};
    if (!is_plain_name(*name, longest))
        value.want("1 to " + std::to_string(longest) + " letters, digits, '.', '_' and '-'");
    names.add(value, *name);
    return *name;
}

/// A name of any printable text, which goes into a label.
std::string read_free_name(const SettingValue& value, Names& names) {
    constexpr std::size_t longest = 200;
    const auto name = value.text();
    if (!name) return {};
    if (name->size() > longest || has_control_character(*name))
        value.want("at most " + std::to_string(longest) + " bytes without control characters");
    names.add(value, *name);
    return *name;
}

ViewerSpec read_viewer(const SettingValue& item, Names& names) {
    constexpr Duration shortest = 100ms;
    constexpr Duration longest = 10min;
    if (item.kind() == Settings::Kind::map) {
        SettingsReader reader{item, "a viewer"};
        ViewerSpec viewer{.name = read_plain_name(reader.required("name"), ExtraLabel::kMaxSize, names),
                          .start = reader.required("start").duration(shortest, longest).value_or(shortest),
                          .resume = reader.required("resume").duration(shortest, longest).value_or(shortest)};
        reader.finish();
        return viewer;
    }
    const auto buffer = item.duration(shortest, longest);
    if (!buffer) return {};
    return {.name = read_plain_name(item, ExtraLabel::kMaxSize, names), .start = *buffer, .resume = *buffer};
}

std::vector<ViewerSpec> read_viewers(const SettingValue& list, const std::vector<ViewerSpec>& otherwise) {
    if (!list.present()) return otherwise;
    std::vector<ViewerSpec> viewers;
    Names names;
    for (const auto& item : some(list, "viewer")) viewers.push_back(read_viewer(item, names));
    return viewers;
}

PopConfig read_pop(const SettingValue& item, Names& names) {
    SettingsReader reader{item, "a POP"};
    PopConfig pop{.name = read_plain_name(reader.required("name"), 64, names), .address = {}};
    const auto address = reader.optional("address");
    if (auto text = address.text()) {
        const auto parts = split_host_port(*text);
        if (!parts || parts->port == 0) address.want("HOST, HOST:PORT, [IPv6] or [IPv6]:PORT");
        pop.address = std::move(*text);
    }
    reader.finish();
    return pop;
}

std::vector<std::string> read_stream_pops(const SettingValue& list, const std::vector<PopConfig>& pops,
                                          const Names& known) {
    std::vector<std::string> out;
    if (!list.present()) {
        for (const auto& pop : pops) out.push_back(pop.name);
        return out;
    }
    Names names;
    for (const auto& item : some(list, "POP")) {
        const auto name = item.text();
        if (!name) continue;
        if (!known.contains(*name)) {
            item.want("a POP of this file (" + known.list() + ")");
            continue;
        }
        names.add(item, *name);
        out.push_back(*name);
    }
    return out;
}

/// The protocol as named, or as the URL implies.
std::string read_protocol(const SettingValue& value, const SettingsReader& stream, const std::string& url) {
    const auto known = probes::protocol_names();
    if (const auto name = value.text()) {
        if (std::ranges::find(known, *name) == known.end()) value.want("one of " + comma_list(known));
        return *name;
    }
    if (value.present() || url.empty()) return {};
    if (const auto implied = probes::protocol_of_url(url)) return std::string{*implied};
    stream.report("protocol: missing; " + as_written(url) + " does not tell, want one of " + comma_list(known));
    return {};
}

StreamConfig read_stream(const SettingValue& item, const Config& config, const Names& pops,
                         const std::vector<ViewerSpec>& viewers, const RequestOptions& request, Names& names) {
    SettingsReader reader{item, "a stream"};
    StreamConfig stream{
        .name = read_free_name(reader.required("name"), names),
        .url = reader.required("url")
                   .url({"http", "https", "rtmp", "rtmps", "srt", "udp", "rtp", "rtsp", "rtsps", "rist", "icmp", "tcp"})
                   .value_or(""),
        .protocol = {},
        .pops = read_stream_pops(reader.optional("pops"), config.pops, pops),
        .viewers = read_viewers(reader.optional("viewers"), viewers),
        .request = {}};
    stream.protocol = read_protocol(reader.optional("protocol"), reader, stream.url);
    stream.request = read_request(reader, stream.protocol, request);
    reader.finish();
    return stream;
}

void read_notifier(const SettingValue& item, Names& names, Config& config) {
    constexpr Duration shortest_timeout = 1s;
    constexpr Duration longest_timeout = 2min;
    SettingsReader reader{item, "a notifier"};
    const auto name = read_plain_name(reader.required("name"), 64, names);
    const auto webhook = reader.optional("webhook").secret();  // a webhook's path is one
    const auto alertmanager = reader.optional("alertmanager");
    if (webhook.present() == alertmanager.present())
        reader.report(std::string{"want exactly one of webhook, alertmanager, got "} +
                      (webhook.present() ? "both" : "none"));
    if (webhook.present()) {
        SettingsReader kind{webhook, "a webhook"};
        WebhookConfig out;
        out.name = name;
        out.url = kind.required("url").secret().url({"http", "https"}).value_or("");
        out.timeout = kind.optional("timeout").duration(shortest_timeout, longest_timeout).value_or(out.timeout);
        out.headers = read_headers(kind.optional("headers"));
        kind.finish();
        config.webhooks.push_back(std::move(out));
    }
    if (alertmanager.present()) {
        SettingsReader kind{alertmanager, "an Alertmanager"};
        AlertmanagerConfig out;
        out.name = name;
        out.url = kind.required("url").url({"http", "https"}).value_or("");
        out.timeout = kind.optional("timeout").duration(shortest_timeout, longest_timeout).value_or(out.timeout);
        out.resend_interval = kind.optional("resend_interval").duration(1s, 1h).value_or(out.resend_interval);
        kind.finish();
        config.alertmanagers.push_back(std::move(out));
    }
    reader.finish();
}

/// listen, state_directory, vantage, external_url, heartbeat.
void read_daemon(SettingsReader& root, Config& config) {
    std::string listen = "127.0.0.1:10980";
    const auto listen_value = root.optional("listen");
    if (const auto text = listen_value.text()) {
        const auto parts = split_host_port(*text);
        if (parts && parts->port) {
            listen = *text;
            config.listen = *parts;
        } else {
            listen_value.want("HOST:PORT or [IPv6]:PORT");
        }
    }
    config.state_directory = root.optional("state_directory").text().value_or(config.state_directory);
    const auto vantage = root.optional("vantage");
    Names only;
    config.vantage = vantage.present() ? read_free_name(vantage, only) : host_name();
    config.external_url = root.optional("external_url").url({"http", "https"}).value_or("http://" + listen);
    while (config.external_url.ends_with('/')) config.external_url.pop_back();
    config.heartbeat = root.optional("heartbeat").duration(50ms, 5s).value_or(config.heartbeat);
}

}  // namespace

std::optional<Config> read_config(const Settings& root, const RuleFileLoader& load_rules, Problems& problems) {
    SettingsReader reader{root, problems, "the configuration"};
    Config config;
    read_daemon(reader, config);
    const std::vector<ViewerSpec> usual{{.name = "1s", .start = 1s, .resume = 1s},
                                        {.name = "3s", .start = 3s, .resume = 3s},
                                        {.name = "10s", .start = 10s, .resume = 10s}};
    const auto viewers = read_viewers(reader.optional("viewers"), usual);

    Names pop_names;
    for (const auto& item : some(reader.required("pops"), "POP")) config.pops.push_back(read_pop(item, pop_names));

    const auto request = read_request(reader, "", {});
    Names stream_names;
    for (const auto& item : some(reader.required("streams"), "stream"))
        config.streams.push_back(read_stream(item, config, pop_names, viewers, request, stream_names));

    for (const auto& item : reader.optional("rule_files").list())
        for (auto& file : load_rules(item)) config.rule_files.push_back(std::move(file));
    rules::check_together(config.rule_files, problems);

    Names notifier_names;
    for (const auto& item : reader.optional("notifiers").list()) read_notifier(item, notifier_names, config);
    reader.finish();
    if (!problems.empty()) return std::nullopt;
    return config;
}

}  // namespace outrider::app
