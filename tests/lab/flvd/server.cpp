#include "server.h"

#include <unistd.h>

#include <asio/read.hpp>
#include <asio/read_until.hpp>
#include <asio/streambuf.hpp>
#include <asio/write.hpp>
#include <sstream>

#include "client.h"

namespace outrider::lab {
namespace {

constexpr int kBacklog = 4096;  // a thousand clients may come at once
constexpr std::size_t kMaxControl = 16384;
constexpr std::string_view kPrefix = "/live/", kSuffix = ".flv";

using LocalSocket = asio::local::stream_protocol::socket;

/// Content-Length of a request head, 0 if it has none.
std::size_t content_length(const std::string& head) {
    std::istringstream lines(head);
    for (std::string line; std::getline(lines, line);) {
        const auto colon = line.find(':');
        std::string name = line.substr(0, colon);
        for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        if (name == "content-length" && colon != std::string::npos) {
            return std::min<std::size_t>(std::strtoul(line.c_str() + colon + 1, nullptr, 10), kMaxControl);
        }
    }
    return 0;
}

void respond(const std::shared_ptr<LocalSocket>& socket, int status, const std::string& body) {
    const auto text = std::make_shared<std::string>(
        "HTTP/1.1 " + std::to_string(status) + (status == 200 ? " OK" : " Bad Request") +
        "\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\n\r\n" + body);
    asio::async_write(*socket, asio::buffer(*text), [socket, text](std::error_code, std::size_t) {});
}

}  // namespace

Server::Server(asio::io_context& io, const asio::ip::tcp::endpoint& listen, std::chrono::milliseconds tick)
    : acceptor_(io), control_(io), timer_(io), pause_(io), tick_(tick) {
    acceptor_.open(listen.protocol());
    acceptor_.set_option(asio::socket_base::reuse_address(true));
    acceptor_.bind(listen);
    acceptor_.listen(kBacklog);
    accept();
    this->tick();
}

void Server::listen_for_control(const std::string& path) {
    ::unlink(path.c_str());
    control_.open();
    control_.bind(path);
    control_.listen();
    accept_control();
}

Stream& Server::add_stream(const std::string& name, StreamLimits limits) {
    return *streams_.emplace(name, std::make_unique<Stream>(name, limits)).first->second;
}

void Server::accept() {
    acceptor_.async_accept([this](std::error_code error, asio::ip::tcp::socket socket) {
        if (error == asio::error::operation_aborted) return;
        if (!error) {
            std::make_shared<Client>(std::move(socket), [this](const std::string& path) {
                return find(path);
            })->start();
            return accept();
        }
        // Out of descriptors, most likely: the backlog keeps the newcomers until some are free again.
        pause_.expires_after(std::chrono::milliseconds(100));
        pause_.async_wait([this](std::error_code ended) {
            if (!ended) accept();
        });
    });
}

void Server::accept_control() {
    control_.async_accept([this](std::error_code error, LocalSocket socket) {
        if (error) return;
        serve_control(std::make_shared<LocalSocket>(std::move(socket)));
        accept_control();
    });
}

void Server::serve_control(std::shared_ptr<LocalSocket> socket) {
    const auto buffer = std::make_shared<asio::streambuf>(kMaxControl);
    asio::async_read_until(
        *socket, *buffer, "\r\n\r\n", [this, socket, buffer](std::error_code error, std::size_t size) {
            if (error) return;
            std::string head(size, '\0');
            std::istream(buffer.get()).read(head.data(), static_cast<std::streamsize>(size));
            if (head.starts_with("GET /stats")) return respond(socket, 200, stats());
            if (!head.starts_with("POST /control"))
                return respond(socket, 400, "{\"error\":\"want POST /control or GET /stats\"}");
            const std::size_t length = content_length(head);
            const std::size_t missing = length > buffer->size() ? length - buffer->size() : 0;
            asio::async_read(
                *socket, *buffer, asio::transfer_exactly(missing),
                [this, socket, buffer](std::error_code failed, std::size_t) {
                    if (failed) return;
                    std::string body(buffer->size(), '\0');
                    std::istream(buffer.get()).read(body.data(), static_cast<std::streamsize>(body.size()));
                    const std::string problem = control(body);
                    respond(socket, problem.empty() ? 200 : 400, problem.empty() ? stats() : problem);
                });
        });
}

void Server::tick() {
    const Time now = std::chrono::steady_clock::now();
    for (const auto& [name, stream] : streams_) stream->tick(now);
    timer_.expires_after(tick_);
    timer_.async_wait([this](std::error_code error) {
        if (!error) tick();
    });
}

Stream* Server::find(const std::string& path) {
    if (!path.starts_with(kPrefix) || !path.ends_with(kSuffix) || path.size() < kPrefix.size() + kSuffix.size())
        return nullptr;
    const auto found = streams_.find(path.substr(kPrefix.size(), path.size() - kPrefix.size() - kSuffix.size()));
    return found == streams_.end() ? nullptr : found->second.get();
}

/// Returns what is wrong as plain text, or an empty string.
std::string Server::control(const std::string& body) {
    std::istringstream text(body);
    std::vector<std::string> words;
    std::string only;
    for (std::string word; text >> word;) {
        if (word.starts_with("stream="))
            only = word.substr(7);
        else
            words.push_back(word);
    }
    if (!only.empty() && !streams_.contains(only)) return "no stream \"" + only + '"';
    for (const auto& [name, stream] : streams_) {
        if (!only.empty() && name != only) continue;
        if (std::string problem = stream->control(words); !problem.empty()) return problem;
    }
    return {};
}

std::string Server::stats() const {
    std::string out = "{";
    for (const auto& [name, stream] : streams_) {
        out += (out.size() > 1 ? ",\"" : "\"") + name + "\":" + stream->stats_json();
    }
    return out + '}';
}

}  // namespace outrider::lab
