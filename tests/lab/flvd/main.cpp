// lab_flvd: a small HTTP-FLV edge that pulls each stream once and serves it to a thousand viewers, and that
// misbehaves on request.
//
//   lab_flvd --listen HOST:PORT [--control SOCKET] (--pull NAME=rtmp://… | --file [NAME=]FILE.flv)…
//            [--tick MS] [--linger SECONDS] [--client-queue BYTES]
//
// Serves http://HOST:PORT/live/NAME.flv and prints "listening HOST:PORT" once it does. A file is played in a
// loop, in real time; its stream is named "demo" unless a name is given.

#include <sys/resource.h>

#include <asio/signal_set.hpp>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "server.h"
#include "source.h"

namespace outrider::lab {
namespace {

struct Options {
    std::string listen, control;
    std::vector<std::pair<std::string, std::string>> pulls, files;  // name, where from
    std::chrono::milliseconds tick{10};
    StreamLimits limits;
};

std::pair<std::string, std::string> split_once(const std::string& text, char at) {
    const auto position = text.find(at);
    if (position == std::string::npos) return {"", text};
    return {text.substr(0, position), text.substr(position + 1)};
}

Options parse(const std::vector<std::string>& args) {
    Options options;
    for (std::size_t i = 0; i < args.size(); i += 2) {
        if (i + 1 == args.size()) throw std::invalid_argument(args[i] + " wants a value");
        const std::string& value = args[i + 1];
        if (args[i] == "--listen")
            options.listen = value;
        else if (args[i] == "--control")
            options.control = value;
        else if (args[i] == "--pull")
            options.pulls.push_back(split_once(value, '='));
        else if (args[i] == "--file")
            options.files.push_back(split_once(value, '='));
        else if (args[i] == "--tick")
            options.tick = std::chrono::milliseconds(std::max(1, std::stoi(value)));
        else if (args[i] == "--linger")
            options.limits.linger = std::chrono::seconds(std::stoi(value));
        else if (args[i] == "--client-queue")
            options.limits.client_bytes = std::stoul(value);
        else
            throw std::invalid_argument("unknown option " + args[i]);
    }
    if (options.listen.empty() || options.pulls.size() + options.files.size() == 0) {
        throw std::invalid_argument("want --listen HOST:PORT and at least one --pull NAME=URL or --file FILE");
    }
    // The log must reach further back than a client may lag, or every lag would look like the longest.
    options.limits.log_bytes = std::max(options.limits.log_bytes, 2 * options.limits.client_bytes);
    return options;
}

asio::ip::tcp::endpoint endpoint_of(const std::string& text) {
    const auto [host, port] = split_once(text, ':');
    return {asio::ip::make_address(host), static_cast<unsigned short>(std::stoul(port))};
}

void allow_many_connections() {
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
    files.rlim_cur = files.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &files);
}

int run(const std::vector<std::string>& args) {
    const Options options = parse(args);
    allow_many_connections();
    asio::io_context io(1);
    Server server(io, endpoint_of(options.listen), options.tick);
    if (!options.control.empty()) server.listen_for_control(options.control);

    std::vector<std::unique_ptr<Source>> sources;
    for (const auto& [name, url] : options.pulls) {
        sources.push_back(make_rtmp_source(io, server.add_stream(name, options.limits), url));
    }
    for (const auto& [given, path] : options.files) {
        const std::string name = given.empty() ? "demo" : given;
        sources.push_back(make_file_source(io, server.add_stream(name, options.limits), path));
    }

    asio::signal_set end(io, SIGTERM, SIGINT);
    end.async_wait([&](std::error_code, int) { io.stop(); });
    std::cout << "listening " << server.endpoint() << std::endl;
    io.run();
    return 0;
}

}  // namespace
}  // namespace outrider::lab

int main(int argc, char** argv) {
    try {
        return outrider::lab::run({argv + 1, argv + argc});
    } catch (const std::exception& error) {
        std::cerr << "lab_flvd: " << error.what() << '\n';
        return 64;
    }
}
