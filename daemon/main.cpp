// The command line.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <iostream>

#include "daemon/commands/check.h"
#include "daemon/commands/explain.h"
#include "daemon/commands/probe.h"
#include "daemon/commands/run.h"
#include "outrider/time_text.h"

namespace {

constexpr int kUsage = 64;
constexpr int kInternal = 70;

/// A duration option such as 30s.
CLI::Option* add_duration(CLI::App* app, const std::string& name, outrider::Duration& value, const std::string& help) {
    return app->add_option_function<std::string>(
        name,
        [name, &value](const std::string& text) {
            const auto parsed = outrider::parse_duration(text);
            if (!parsed) throw CLI::ValidationError(name, "want a duration such as 30s, got \"" + text + "\"");
            value = *parsed;
        },
        help);
}

}  // namespace

int main(int argc, char** argv) try {
    CLI::App app{"Watches live streams as their viewers do, and warns before they notice.", "outrider"};
    app.require_subcommand(1);
    app.set_version_flag("--version", "outrider " OUTRIDER_VERSION);

    std::string config;
    auto* run = app.add_subcommand("run", "the daemon");
    run->add_option("--config", config, "configuration file")->required();

    std::vector<std::string> files;
    auto* check = app.add_subcommand("check", "validate configuration and rule files: all errors at once, exit 78");
    check->add_option("FILE", files)->required();

    std::string name;
    bool everything = false;
    auto* explain = app.add_subcommand("explain", "the reference page of a metric, protocol or outcome");
    explain->add_option("NAME", name);
    explain->add_flag("--all", everything, "the whole reference, as Markdown");

    outrider::app::ProbeOptions options;
    std::vector<std::string> viewers{"1s", "3s", "10s"};
    auto* probe = app.add_subcommand("probe", "watch a stream live; exit 0 healthy, 1 degraded, 2 unreachable");
    probe->add_option("URL", options.urls, "http(s)://… that ends in .flv or .m3u8")->required();
    probe->add_option("--pop", options.pops, "connect to this address instead of the URL's; may be repeated");
    add_duration(probe, "--duration", options.duration, "how long to watch, e.g. 30s (until interrupted)");
    probe->add_option("--viewer", viewers, "buffer of a simulated viewer; may be repeated (1s 3s 10s)");
    probe->add_flag("--json", options.json, "print one JSON document at the end");

    try {
        app.parse(argc, argv);
        for (const auto& text : viewers) {
            const auto buffer = outrider::parse_duration(text);
            if (!buffer || *buffer <= outrider::Duration{0} || text.size() > 23)
                throw CLI::ValidationError("--viewer", "want a duration such as 2s, got \"" + text + "\"");
            options.viewers.push_back({.name = text, .start = *buffer, .resume = *buffer});
        }
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kUsage;
    }
    if (*run) return outrider::app::run(config);
    if (*explain) return outrider::app::explain(name, everything, std::cout, std::cerr);
    if (*check) return outrider::app::check(files, std::cout, std::cerr);
    return outrider::app::probe(options);
} catch (const std::exception& error) {
    std::fprintf(stderr, "outrider: %s\n", error.what());
    return kInternal;
}
