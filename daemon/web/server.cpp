#include "daemon/web/server.h"

#include <civetweb.h>
#include <spdlog/spdlog.h>

#include <array>
#include <string_view>
#include <utility>

namespace outrider::app {
namespace {

const char* reason(int status) { return mg_get_response_code_text(nullptr, status); }

void send(mg_connection* connection, const HttpReply& reply, bool with_body) {
    mg_printf(connection,
              "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
              "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
              reply.status, reason(reply.status), reply.content_type.c_str(), reply.body.size());
    if (with_body) mg_write(connection, reply.body.data(), reply.body.size());
}

}  // namespace

struct WebServer::State {
    Routes routes;
    mg_context* context = nullptr;
    std::uint16_t port = 0;

    static int on_request(mg_connection* connection, void* self) {
        const auto& routes = static_cast<State*>(self)->routes;
        const auto* request = mg_get_request_info(connection);
        const std::string_view method = request->request_method;
        const std::string_view path = request->local_uri != nullptr ? request->local_uri : "";
        HttpReply reply;
        const auto route = routes.find(path);
        if (route == routes.end()) {
            reply = {.status = 404, .body = "not found\n"};
        } else if (method != "GET" && method != "HEAD") {
            reply = {.status = 405, .body = "want GET or HEAD\n"};
        } else {
            try {
                reply = route->second(request->query_string != nullptr ? request->query_string : "");
            } catch (const std::exception& failure) {
                // A handler's exception must not cross into C.
                spdlog::error("{}: {}", path, failure.what());
                reply = {.status = 500, .body = "internal error\n"};
            }
        }
        send(connection, reply, method != "HEAD");
        return reply.status;
    }

    static int on_log(const mg_connection*, const char* message) {
        spdlog::warn("web server: {}", message);
        return 1;
    }
};

std::string WebServer::parameter(std::string_view query, const std::string& name) {
    std::array<char, 1024> value{};
    const int size = mg_get_var(query.data(), query.size(), name.c_str(), value.data(), value.size());
    return size > 0 ? std::string{value.data(), static_cast<std::size_t>(size)} : std::string{};
}

std::vector<std::string> WebServer::parameters(std::string_view query, const std::string& name) {
    std::vector<std::string> values;
    std::array<char, 1024> value{};
    for (std::size_t i = 0;; ++i) {
        const int size = mg_get_var2(query.data(), query.size(), name.c_str(), value.data(), value.size(), i);
        if (size < 0) return values;
        values.emplace_back(value.data(), static_cast<std::size_t>(size));
    }
}

Result<std::unique_ptr<WebServer>> WebServer::start(const std::string& listen, Routes routes) {
    auto state = std::make_unique<State>();
    state->routes = std::move(routes);
    // A slow client holds a thread for at most 10 s: sixteen of them leave some for the scraper.
    // No document_root: no file is ever served.
    const std::array<const char*, 11> options{"listening_ports",
                                              listen.c_str(),
                                              "num_threads",
                                              "16",
                                              "request_timeout_ms",
                                              "10000",
                                              "enable_keep_alive",
                                              "no",
                                              "enable_auth_domain_check",
                                              "no",
                                              nullptr};
    mg_init_library(0);
    mg_callbacks callbacks{};
    callbacks.log_message = &State::on_log;
    std::array<char, 256> text{};
    mg_error_data error{};
    error.text = text.data();
    error.text_buffer_size = text.size();
    mg_init_data init{};
    init.callbacks = &callbacks;
    init.user_data = state.get();
    init.configuration_options = const_cast<const char**>(options.data());
    state->context = mg_start2(&init, &error);
    if (state->context == nullptr) return Error{"listen " + listen + ": " + text.data()};
    std::array<mg_server_port, 4> ports{};
    if (mg_get_server_ports(state->context, static_cast<int>(ports.size()), ports.data()) > 0)
        state->port = static_cast<std::uint16_t>(ports[0].port);
    mg_set_request_handler(state->context, "**", &State::on_request, state.get());
    return std::unique_ptr<WebServer>{new WebServer{std::move(state)}};
}

WebServer::WebServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

WebServer::~WebServer() {
    mg_stop(state_->context);
    mg_exit_library();
}

std::uint16_t WebServer::port() const noexcept { return state_->port; }

}  // namespace outrider::app
