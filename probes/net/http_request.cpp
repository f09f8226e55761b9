#include "probes/net/http_request.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <memory>

#include "probes/net/curl_global.h"

namespace outrider::probes {
namespace {

constexpr std::size_t kMaxHeaderBytes = 64 * 1024;
// An upper bound of the wait; what wakes it is the socket, a time-out of the transfer, or curl_multi_wakeup.
constexpr int kPollMilliseconds = 1000;

using Easy = std::unique_ptr<CURL, decltype([](CURL* easy) { curl_easy_cleanup(easy); })>;
using Multi = std::unique_ptr<CURLM, decltype([](CURLM* multi) { curl_multi_cleanup(multi); })>;
using List = std::unique_ptr<curl_slist, decltype([](curl_slist* list) { curl_slist_free_all(list); })>;
using Url = std::unique_ptr<CURLU, decltype([](CURLU* url) { curl_url_cleanup(url); })>;

/// A handle is in a multi only while this lives.
class Attached {
public:
    Attached(CURLM* multi, CURL* easy) : multi_(multi), easy_(easy) { curl_multi_add_handle(multi_, easy_); }
    ~Attached() { curl_multi_remove_handle(multi_, easy_); }
    Attached(const Attached&) = delete;
    Attached& operator=(const Attached&) = delete;

private:
    CURLM* multi_;
    CURL* easy_;
};

struct Answer {
    HttpResponse response;
    std::size_t header_bytes = 0;
    bool cut = false;  // the body was longer than we keep: we ended the transfer
};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::size_t on_body(char* bytes, std::size_t, std::size_t size, void* user) {
    auto& answer = *static_cast<Answer*>(user);
    auto& body = answer.response.body;
    const auto kept = std::min(size, HttpResponse::kMaxBody - body.size());
    body.append(bytes, kept);
    answer.cut = kept < size;
    return kept;  // less than `size` ends the transfer
}

std::size_t on_header(char* bytes, std::size_t, std::size_t size, void* user) {
    auto& answer = *static_cast<Answer*>(user);
    const std::string_view line{bytes, size};
    answer.header_bytes += size;
    if (answer.header_bytes > kMaxHeaderBytes) return 0;
    auto& headers = answer.response.headers;
    if (line.starts_with("HTTP/")) headers.clear();  // a final answer after an interim one
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) return size;
    std::string name{trimmed(line.substr(0, colon))};
    std::ranges::transform(name, name.begin(), lower);
    headers.emplace_back(std::move(name), trimmed(line.substr(colon + 1)));
    return size;
}

/// `scheme://host[:port]` of the URL: what may be shown of it.
std::string origin(const std::string& text) {
    const Url url{curl_url()};
    if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK) return "(malformed URL)";
    const auto part = [&](CURLUPart which) {
        char* value = nullptr;
        if (curl_url_get(url.get(), which, &value, 0) != CURLUE_OK) return std::string{};
        std::string copy{value};
        curl_free(value);
        return copy;
    };
    auto shown = part(CURLUPART_SCHEME) + "://" + part(CURLUPART_HOST);
    if (const auto port = part(CURLUPART_PORT); !port.empty()) shown += ":" + port;
    return shown;
}

/// False when memory is out.
bool append(List& list, const std::string& line) {
    auto* longer = curl_slist_append(list.get(), line.c_str());
    if (longer == nullptr) return false;
    (void)list.release();  // now owned by `longer`, which is the same list unless it was empty
    list.reset(longer);
    return true;
}

/// A line break in a header would smuggle in another one.
bool has_break(const std::string& text) { return text.find_first_of(std::string_view{"\r\n\0", 3}) != text.npos; }

void set_request(CURL* easy, const HttpRequest& request, curl_slist* headers) {
    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    if (!request.body.empty() || request.method == "POST") {
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.c_str());  // not copied: it outlives the transfer
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    }
    if (request.method == "HEAD") curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "outrider");
    const auto timeout = std::chrono::ceil<std::chrono::milliseconds>(request.timeout).count();
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<std::int64_t>(timeout, 1)));
}

void set_policy(CURL* easy) {
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
#if LIBCURL_VERSION_NUM >= 0x075700
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // do not wait for the resolver's thread when aborted
#endif
}

void set_receivers(CURL* easy, Answer& answer, char* error) {
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, &answer);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error);
}

/// The transfer's result; CURLE_ABORTED_BY_CALLBACK when stopped before it had one.
CURLcode perform(CURLM* multi, const std::stop_token& stop) {
    // Called on the thread that requests the stop; also when it was requested before: then the first poll returns.
    const std::stop_callback wake{stop, [multi] { curl_multi_wakeup(multi); }};
    int running = 1;
    while (!stop.stop_requested()) {
        if (curl_multi_perform(multi, &running) != CURLM_OK) return CURLE_FAILED_INIT;
        if (running == 0) {
            int left = 0;
            const CURLMsg* message = curl_multi_info_read(multi, &left);
            return message == nullptr ? CURLE_FAILED_INIT : message->data.result;
        }
        if (curl_multi_poll(multi, nullptr, 0, kPollMilliseconds, nullptr) != CURLM_OK) return CURLE_FAILED_INIT;
    }
    return CURLE_ABORTED_BY_CALLBACK;
}

}  // namespace

std::string_view HttpResponse::header(std::string_view name) const noexcept {
    const auto found =
        std::ranges::find(headers, name, [](const auto& each) -> const std::string& { return each.first; });
    return found == headers.end() ? std::string_view{} : std::string_view{found->second};
}

Result<HttpResponse> send(const HttpRequest& request, std::stop_token stop) {
    const auto failed = [&](std::string_view why) {
        return Error{request.method + " " + origin(request.url) + ": " + std::string{why}};
    };
    curl_global();
    const Multi multi{curl_multi_init()};
    const Easy easy{curl_easy_init()};
    if (!multi || !easy) return failed("out of memory");

    List headers;
    for (const auto& [name, value] : request.headers) {
        if (has_break(name) || has_break(value)) return failed("header " + name + ": want no line break");
        // libcurl's notation for a header without a value is a semicolon.
        auto line = name;
        line.append(value.empty() ? ";" : ": ").append(value);
        if (!append(headers, line)) return failed("out of memory");
    }
    // Without a value after the colon: not sent. Else libcurl waits a second for "100 Continue" before a large body.
    if (!append(headers, "Expect:")) return failed("out of memory");

    Answer answer;
    std::array<char, CURL_ERROR_SIZE> error{};
    set_policy(easy.get());
    set_request(easy.get(), request, headers.get());
    set_receivers(easy.get(), answer, error.data());

    const Attached attached{multi.get(), easy.get()};
    const auto code = perform(multi.get(), stop);
    if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && answer.cut)) {
        curl_easy_getinfo(easy.get(), CURLINFO_RESPONSE_CODE, &answer.response.status);
        return std::move(answer.response);
    }
    if (code == CURLE_ABORTED_BY_CALLBACK) return failed("stopped");
    return failed(error[0] == '\0' ? curl_easy_strerror(code) : error.data());
}

}  // namespace outrider::probes
