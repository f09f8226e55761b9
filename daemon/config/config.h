// The configuration: outrider.yaml as values. Reading it reports every error at once, each with its place.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "daemon/notify/alertmanager/config.h"
#include "daemon/notify/webhook/config.h"
#include "outrider/request_options.h"
#include "outrider/setting_value.h"
#include "outrider/settings.h"
#include "outrider/target.h"
#include "outrider/time.h"
#include "outrider/url_text.h"
#include "rules/rule_file.h"

namespace outrider::app {

struct PopConfig {
    std::string name;     ///< unique
    std::string address;  ///< HOST, HOST:PORT, [IPv6] or [IPv6]:PORT to connect to; empty: the URL's own
};

struct StreamConfig {
    std::string name;                 ///< unique
    std::string url;                  ///< may hold credentials: show redacted_url() of it only
    std::string protocol;             ///< a name from probes.def
    std::vector<std::string> pops;    ///< names of configured POPs, at least one
    std::vector<ViewerSpec> viewers;  ///< at least one
    RequestOptions request;           ///< holds secrets
};

struct Config {
    HostPort listen{.host = "127.0.0.1", .port = 10980};  ///< port always set; 0: any free one
    std::string state_directory = "/var/lib/outrider";
    std::string vantage;                                  ///< this host's name by default
    std::string external_url;                             ///< without trailing slash
    Duration heartbeat = std::chrono::milliseconds{200};  ///< 50 ms to 5 s
    std::vector<PopConfig> pops;                          ///< at least one
    std::vector<StreamConfig> streams;                    ///< at least one
    std::vector<rules::RuleFile> rule_files;              ///< in the order written, each once
    std::vector<WebhookConfig> webhooks;                  ///< names are unique among all notifiers
    std::vector<AlertmanagerConfig> alertmanagers;
};

struct LoadedConfig {
    std::optional<Config> config;  ///< set when there are no problems
    Problems problems;             ///< sorted by place
};

/// Reads `path` and the rule files it names. Reads the host's name when no vantage is configured.
[[nodiscard]] LoadedConfig load_config(const std::string& path);

/// The rule files that one item of `rule_files` stands for. Reports what is wrong with them.
using RuleFileLoader = std::function<std::vector<rules::RuleFile>(const SettingValue& pattern)>;

/// The same from settings that have been read. Everything wrong is appended to `problems`; nullopt when `problems` then
/// is not empty. Touches no file, unless `load_rules` does.
[[nodiscard]] std::optional<Config> read_config(const Settings& root, const RuleFileLoader& load_rules,
                                                Problems& problems);

/// What is to be watched: every stream at each of its POPs, in the order written, with ids from 0.
[[nodiscard]] TargetList targets_of(const Config& config);

}  // namespace outrider::app
