#include "daemon/commands/probe/options.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "daemon/commands/probe/text.h"
#include "outrider/sample.h"
#include "outrider/time_text.h"
#include "outrider/url_text.h"
#include "probes/protocols.h"

namespace outrider::app {
namespace {

[[noreturn]] void refuse(const std::string& option, const std::string& wanted, const std::string& found) {
    throw CLI::ValidationError(option, fmt::format("want {}, got \"{}\"", wanted, printable(found)));
}

/// An option that may be repeated, each time with one value.
template <class Take>
CLI::Option* repeatable(CLI::App& command, const std::string& name, const Take& take, const std::string& help) {
    return command
        .add_option_function<std::vector<std::string>>(
            name,
            [take](const std::vector<std::string>& values) {
                for (const auto& value : values) take(value);
            },
            help)
        ->allow_extra_args(false);
}

ViewerSpec viewer_of(const std::string& text) {
    const auto colon = text.find(':');
    const auto start = parse_duration(std::string_view{text}.substr(0, colon));
    const auto resume = colon == std::string::npos ? start : parse_duration(std::string_view{text}.substr(colon + 1));
    if (!start || !resume || *start <= Duration{0} || *resume <= Duration{0} || text.size() > ExtraLabel::kMaxSize)
        refuse("--viewer", "a buffer such as 2s, or START:RESUME such as 2s:1s", text);
    return {.name = text, .start = *start, .resume = *resume};
}

ProbePop pop_of(const std::string& text) {
    const auto equals = text.find('=');
    ProbePop pop{.name = text.substr(0, equals),
                 .address = equals == std::string::npos ? text : text.substr(equals + 1)};
    if (pop.name.empty() || !split_host_port(pop.address)) refuse("--pop", "HOST, HOST:PORT or NAME=HOST[:PORT]", text);
    return pop;
}

/// The message shows no value: it may be a secret.
std::pair<std::string, std::string> header_of(const std::string& text) {
    const auto refuse_header = [](const std::string& found) {
        throw CLI::ValidationError("--header", "want 'Name: value', got " + found);
    };
    const auto colon = text.find(':');
    if (colon == std::string::npos) refuse_header("no colon");
    const auto name = text.substr(0, colon);
    const auto in_token = [](char c) {  // RFC 9110 5.6.2
        return url_detail::is_alpha(c) || url_detail::is_digit(c) ||
               std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
    };
    if (name.empty() || !std::ranges::all_of(name, in_token))
        refuse_header(fmt::format("the name \"{}\"", printable(name)));
    const auto begin = std::min(text.find_first_not_of(" \t", colon + 1), text.size());
    const auto value = text.substr(begin);
    if (printable(value) != value) refuse_header(fmt::format("a control character in the value of {}", name));
    return {name, value};
}

/// One line, or a header of its own could be smuggled in.
std::string one_line(const std::string& option, const std::string& text) {
    if (printable(text) != text) refuse(option, "printable text", text);
    return text;
}

/// It is read when it is used: for every connection.
std::string readable_file(const std::string& option, const std::string& path) {
    if (access(path.c_str(), R_OK) != 0)
        throw CLI::ValidationError(
            option, fmt::format("want a file that can be read, got \"{}\": {}", printable(path), std::strerror(errno)));
    return path;
}

std::string known_protocols() {
    std::string text;
    for (const auto& protocol : probes::protocols())
        text += fmt::format("\n  {:<8} {}", protocol.name, protocol.chosen_for);
    return text;
}

std::string protocol_named(const std::string& name) {
    if (std::ranges::find(probes::protocol_names(), name) == probes::protocol_names().end())
        throw CLI::ValidationError("--protocol", fmt::format("want one of the protocols below, got \"{}\"{}",
                                                             printable(name), known_protocols()));
    return name;
}

std::string protocol_for(const std::string& url, const std::string& forced) {
    if (!forced.empty()) return forced;
    if (const auto implied = probes::protocol_of_url(url)) return std::string{*implied};
    throw CLI::ValidationError(
        "URL", fmt::format("want one that tells its protocol, or --protocol NAME with one of those below, got \"{}\"{}",
                           printable(redacted_url(url)), known_protocols()));
}

/// What depends on several options, after all of them are known.
void complete(ProbeOptions& options, const std::string& forced_protocol) {
    for (const auto& url : options.urls) options.protocols.push_back(protocol_for(url, forced_protocol));
    if (options.viewers.empty())
        for (const char* name : {"1s", "3s", "10s"}) options.viewers.push_back(viewer_of(name));
}

void add_watching(CLI::App& command, ProbeOptions& options) {
    repeatable(
        command, "--pop", [&options](const std::string& text) { options.pops.push_back(pop_of(text)); },
        "connect there instead of to the URL's host; may be repeated")
        ->type_name("[NAME=]HOST[:PORT]");
    command
        .add_option_function<std::string>(
            "--duration",
            [&options](const std::string& text) {
                options.duration = parse_duration(text);
                if (!options.duration) refuse("--duration", "a duration such as 30s", text);
            },
            "how long to watch, such as 30s; 0 until interrupted (default: 0 on a terminal, else 30s)")
        ->type_name("DURATION");
    repeatable(
        command, "--viewer",
        [&options](const std::string& text) {
            auto viewer = viewer_of(text);
            const auto same = [&](const ViewerSpec& other) { return other.name == viewer.name; };
            if (std::ranges::none_of(options.viewers, same)) options.viewers.push_back(std::move(viewer));
        },
        "buffer of a simulated viewer, such as 2s, or START:RESUME; may be repeated (default: 1s 3s 10s)")
        ->type_name("DURATION");
}

void add_request(CLI::App& command, RequestOptions& request) {
    repeatable(
        command, "--header", [&request](const std::string& text) { request.headers.push_back(header_of(text)); },
        "for HTTP requests to the URL's host; may be repeated")
        ->type_name("'NAME: VALUE'");
    command
        .add_option_function<std::string>(
            "--user-agent",
            [&request](const std::string& text) { request.user_agent = one_line("--user-agent", text); },
            "instead of outrider's own")
        ->type_name("TEXT");
    command.add_option_function<std::string>(
        "--referer", [&request](const std::string& text) { request.referer = one_line("--referer", text); },
        "the header Referer");
    const auto file = [&command](const std::string& option, const std::function<void(std::string)>& take,
                                 const std::string& help) {
        return command
            .add_option_function<std::string>(
                option, [option, take](const std::string& path) { take(readable_file(option, path)); }, help)
            ->type_name("FILE");
    };
    const auto basic = [&request]() -> BasicAuth& {
        return request.basic_auth ? *request.basic_auth : request.basic_auth.emplace();
    };
    auto* user = command.add_option_function<std::string>(
        "--user", [basic](const std::string& name) { basic().username = one_line("--user", name); },
        "for HTTP basic authentication");
    user->type_name("NAME");
    auto* password = file(
        "--password-file", [basic](std::string path) { basic().password_file = std::move(path); },
        "file that holds the password");
    user->needs(password);
    password->needs(user);
    file(
        "--credentials-file",
        [&request](std::string path) { request.authorization.emplace().credentials_file = std::move(path); },
        "file that holds a bearer token")
        ->excludes(user);
    file(
        "--passphrase-file", [&request](std::string path) { request.passphrase_file = std::move(path); },
        "file that holds the passphrase of SRT");
    command.add_flag("--insecure", request.insecure, "take any certificate");
}

}  // namespace

CLI::App* add_probe_command(CLI::App& app, ProbeOptions& options) {
    auto* command = app.add_subcommand("probe", "watch streams live; exit 0 healthy, 1 degraded, 2 unreachable");
    std::vector<std::string_view> urls;
    for (const auto& protocol : probes::protocols()) urls.push_back(protocol.chosen_for);
    command->add_option("URL", options.urls, fmt::format("{}; others with --protocol", fmt::join(urls, ", ")))
        ->required()
        ->type_name("");
    add_watching(*command, options);
    std::string names;
    for (const auto& name : probes::protocol_names()) names += fmt::format(" {}", name);
    auto protocol = std::make_shared<std::string>();
    command
        ->add_option_function<std::string>(
            "--protocol", [protocol](const std::string& name) { *protocol = protocol_named(name); },
            "for URLs that do not tell it; one of" + names)
        ->type_name("NAME");
    add_request(*command, options.request);
    auto* json = command->add_flag_callback(
        "--json", [&options] { options.output = ProbeOutput::json; },
        "print one JSON document at the end (docs/probe.schema.json)");
    command
        ->add_flag_callback(
            "--json-lines", [&options] { options.output = ProbeOutput::json_lines; },
            "print a JSON object a second and target, and that document as last line")
        ->excludes(json);
    command->add_flag("-v,--verbose", options.verbose, "show what happened to each target: addresses, TLS, answers");
    command->callback([&options, protocol] { complete(options, *protocol); });
    return command;
}

}  // namespace outrider::app
