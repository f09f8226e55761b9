// The daemon's one HTTP server.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "outrider/result.h"

namespace outrider::app {

struct HttpReply {
    int status = 200;
    std::string content_type = "text/plain; charset=utf-8";
    std::string body;
};

/// Answers GET and HEAD for exact paths; anything else is 404 or 405. The server's own threads call the handlers.
class WebServer {
public:
    /// Gets the request's query, as it stands behind the '?'; empty: none.
    using Handler = std::function<HttpReply(std::string_view query)>;
    using Routes = std::map<std::string, Handler, std::less<>>;

    /// The value of `name` in a query, its escapes undone; empty when it is not there.
    [[nodiscard]] static std::string parameter(std::string_view query, const std::string& name);

    /// All values of `name`, in their order.
    [[nodiscard]] static std::vector<std::string> parameters(std::string_view query, const std::string& name);

    /// Listens on HOST:PORT or [IPV6]:PORT; port 0 takes a free one. Error: why it cannot.
    static Result<std::unique_ptr<WebServer>> start(const std::string& listen, Routes routes);
    ~WebServer();
    WebServer(const WebServer&) = delete;
    WebServer& operator=(const WebServer&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept;

private:
    struct State;
    explicit WebServer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace outrider::app
