// The command line.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <iostream>

#include "daemon/commands/check.h"
#include "daemon/commands/explain.h"
#include "daemon/commands/probe/options.h"
#include "daemon/commands/probe/probe.h"
#include "daemon/commands/run.h"
#include "daemon/commands/test.h"

namespace {

constexpr int kUsage = 64;
constexpr int kInternal = 70;

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
    auto* explain =
        app.add_subcommand("explain", "the reference page of a metric, protocol or outcome; probe.schema.json");
    explain->add_option("NAME", name);
    explain->add_flag("--all", everything, "the whole reference, as Markdown");

    outrider::app::TestOptions tests;
    const auto* test = outrider::app::add_test_command(app, tests);

    outrider::app::ProbeOptions options;
    outrider::app::add_probe_command(app, options);

    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : kUsage;
    }
    if (*run) return outrider::app::run(config);
    if (*explain) return outrider::app::explain(name, everything, std::cout, std::cerr);
    if (*test) return outrider::app::test(tests, std::cout, std::cerr);
    if (*check) return outrider::app::check(files, std::cout, std::cerr);
    return outrider::app::probe(options);
} catch (const std::exception& error) {
    std::fprintf(stderr, "outrider: %s\n", error.what());
    return kInternal;
}
