#include "probes/net/http_request.h"

#include <catch2/catch.hpp>
#include <future>

#include "support/tiny_server.h"

namespace {

using namespace std::chrono_literals;
using outrider::probes::HttpRequest;
using outrider::probes::HttpResponse;
using outrider::probes::send;
using outrider::test::http_answer;
using outrider::test::TinyServer;

/// A port of 127.0.0.1 where nobody listens: bound, and therefore nobody else's, as long as this lives.
class DeafPort {
public:
    DeafPort() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        REQUIRE(bind(fd_, reinterpret_cast<sockaddr*>(&address), size) == 0);
        REQUIRE(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
        port_ = ntohs(address.sin_port);
    }
    ~DeafPort() { close(fd_); }
    DeafPort(const DeafPort&) = delete;
    DeafPort& operator=(const DeafPort&) = delete;
    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

private:
    int fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int port_ = 0;
};

}  // namespace

TEST_CASE("http request: method, headers and body arrive as given", "[probes][http]") {
    TinyServer server{[](const std::string&) { return http_answer("200 OK", "fine", "X-Thing: One \r\n"); }};
    const auto response = send({.method = "POST",
                                .url = server.url() + "/hook?a=b",
                                .headers = {{"Content-Type", "application/json"}, {"X-Empty", ""}},
                                .body = R"({"a":1})"},
                               {});
    REQUIRE(response);
    CHECK(response->status == 200);
    CHECK(response->body == "fine");
    CHECK(response->header("x-thing") == "One");
    CHECK(response->header("absent").empty());
    const auto requests = server.wait_for(1);
    REQUIRE(requests.size() == 1);
    CHECK(requests[0].starts_with("POST /hook?a=b HTTP/1.1\r\n"));
    CHECK(requests[0].find("\r\nContent-Type: application/json\r\n") != std::string::npos);
    CHECK(requests[0].find("\r\nX-Empty:") != std::string::npos);
    CHECK(requests[0].find("Expect:") == std::string::npos);
    CHECK(requests[0].ends_with("\r\n\r\n{\"a\":1}"));
}

TEST_CASE("http request: a 503 is an answer, with its headers", "[probes][http]") {
    TinyServer server{
        [](const std::string&) { return http_answer("503 Service Unavailable", "later", "Retry-After: 7\r\n"); }};
    const auto response = send({.method = "POST", .url = server.url(), .headers = {}, .body = "x"}, {});
    REQUIRE(response);
    CHECK(response->status == 503);
    CHECK(response->header("retry-after") == "7");
    CHECK(response->body == "later");
}

TEST_CASE("http request: a redirect is an answer and is not followed", "[probes][http]") {
    TinyServer server{[](const std::string&) { return http_answer("302 Found", "", "Location: /elsewhere\r\n"); }};
    const auto response = send({.url = server.url(), .headers = {}, .body = {}}, {});
    REQUIRE(response);
    CHECK(response->status == 302);
    CHECK(response->header("location") == "/elsewhere");
    CHECK(server.wait_for(1).size() == 1);
}

TEST_CASE("http request: a refused connection is an error that shows the origin but not the path", "[probes][http]") {
    const DeafPort port;
    const auto response = send({.method = "POST", .url = port.url() + "/secret-token", .headers = {}, .body = "x"}, {});
    REQUIRE_FALSE(response);
    CHECK(response.error().text.starts_with("POST " + port.url() + ": "));
    CHECK(response.error().text.find("secret") == std::string::npos);
}

TEST_CASE("http request: a stop ends the wait for a slow body at once", "[probes][http]") {
    TinyServer server{[](const std::string&) { return "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npart"; }};
    std::stop_source source;
    auto answer = std::async(std::launch::async, [&] {
        return send({.url = server.url(), .headers = {}, .body = {}, .timeout = 60s}, source.get_token());
    });
    REQUIRE(server.wait_for(1).size() == 1);
    source.request_stop();
    REQUIRE(answer.wait_for(1s) == std::future_status::ready);
    const auto response = answer.get();
    REQUIRE_FALSE(response);
    CHECK(response.error().text == "GET " + server.url() + ": stopped");
}

TEST_CASE("http request: a stop requested beforehand sends nothing", "[probes][http]") {
    std::stop_source source;
    source.request_stop();
    CHECK_FALSE(send({.url = "http://127.0.0.1:9", .headers = {}, .body = {}}, source.get_token()));
}

TEST_CASE("http request: the time-out covers an answer that never ends", "[probes][http]") {
    TinyServer server{[](const std::string&) { return "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\npart"; }};
    const auto response = send({.url = server.url(), .headers = {}, .body = {}, .timeout = 50ms}, {});
    REQUIRE_FALSE(response);
    CHECK(response.error().text.find("timed out") != std::string::npos);
}

TEST_CASE("http request: an oversized body is cut, and the answer still counts", "[probes][http]") {
    TinyServer server{[](const std::string&) { return http_answer("200 OK", std::string(1'000'000, 'x')); }};
    const auto response = send({.url = server.url(), .headers = {}, .body = {}}, {});
    REQUIRE(response);
    CHECK(response->status == 200);
    CHECK(response->body.size() == HttpResponse::kMaxBody);
}

TEST_CASE("http request: what is no http URL, or would smuggle a header, is refused before it is sent",
          "[probes][http]") {
    for (const std::string url : {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "", "http://"}) {
        CAPTURE(url);
        CHECK_FALSE(send({.url = url, .headers = {}, .body = {}}, {}));
    }
    const auto response = send({.url = "http://127.0.0.1:9", .headers = {{"X-A", "b\r\nX-Evil: 1"}}, .body = {}}, {});
    REQUIRE_FALSE(response);
    CHECK(response.error().text.find("want no line break") != std::string::npos);
}
