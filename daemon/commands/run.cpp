#include "daemon/commands/run.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>

#include "daemon/app.h"
#include "daemon/config/config.h"

namespace outrider::app {
namespace {

constexpr int kConfigurationError = 78;
constexpr int kUnavailable = 69;

void log_to_stderr() {
    auto logger = spdlog::stderr_logger_mt("outrider");
    // systemd stamps lines itself; a person at a terminal wants the time too.
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    logger->flush_on(spdlog::level::info);
    spdlog::set_default_logger(std::move(logger));
}

}  // namespace

int run(const std::string& config_path) {
    auto loaded = load_config(config_path);
    for (const auto& problem : loaded.problems) fmt::print(stderr, "{}\n", problem.to_string());
    if (!loaded.config) return kConfigurationError;
    log_to_stderr();
    if (const auto status = run_daemon(std::move(*loaded.config)); !status) {
        spdlog::error("{}", status.error().text);
        return kUnavailable;
    }
    return 0;
}

}  // namespace outrider::app
