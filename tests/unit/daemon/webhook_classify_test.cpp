#include <catch2/catch.hpp>

#include "daemon/notify/webhook/classify.h"

namespace outrider::app {
namespace {

using namespace std::chrono_literals;

Decision decide(long status, const std::string& retry_after = "") {
    probes::HttpResponse response{.status = status, .body = {}, .headers = {}};
    if (!retry_after.empty()) response.headers.emplace_back("retry-after", retry_after);
    return classify(response);
}

}  // namespace

TEST_CASE("webhook classify: each answer has one meaning", "[daemon][webhook]") {
    using enum DeliveryReason;
    struct Row {
        long status;
        DeliveryReason reason;
        Verdict verdict;
    };
    const auto row = GENERATE(values<Row>({
        {200, accepted, Verdict::done},
        {202, accepted, Verdict::done},
        {299, accepted, Verdict::done},
        {301, redirected, Verdict::park},
        {304, redirected, Verdict::park},
        {400, refused, Verdict::park},
        {401, refused, Verdict::park},
        {404, refused, Verdict::park},
        {408, request_timeout, Verdict::retry},
        {409, refused, Verdict::park},
        {425, too_early, Verdict::retry},
        {429, rate_limited, Verdict::retry},
        {499, refused, Verdict::park},
        {500, server_error, Verdict::retry},
        {503, server_error, Verdict::retry},
        {599, server_error, Verdict::retry},
        {101, no_answer, Verdict::retry},
        {0, no_answer, Verdict::retry},
    }));
    CAPTURE(row.status);
    CHECK(to_string(decide(row.status).reason) == to_string(row.reason));
    CHECK(decide(row.status).verdict == row.verdict);
    CHECK_FALSE(decide(row.status).retry_after);
}

TEST_CASE("webhook classify: no answer is tried again", "[daemon][webhook]") {
    CHECK(classify(Error{"POST http://x: Connection refused"}) ==
          Decision{DeliveryReason::no_answer, Verdict::retry, std::nullopt});
}

TEST_CASE("webhook classify: Retry-After counts in seconds, and only where a retry follows", "[daemon][webhook]") {
    CHECK(decide(503, "7").retry_after == 7s);
    CHECK(decide(429, "0").retry_after == 0s);
    CHECK_FALSE(decide(404, "7").retry_after);
    CHECK_FALSE(decide(200, "7").retry_after);
    for (const auto* text : {"-1", "1.5", "soon", "7s", "Wed, 21 Oct 2026 07:28:00 GMT"}) {
        CAPTURE(text);
        CHECK_FALSE(decide(503, text).retry_after);
    }
    for (const auto* huge : {"9999999999", "99999999999999999999999"}) {
        CAPTURE(huge);
        CHECK(retry_delay(1, decide(503, huge).retry_after, 0.5) == 15min);
    }
}

TEST_CASE("webhook classify: waits double from a second to five minutes", "[daemon][webhook]") {
    CHECK(retry_delay(1, {}, 0.5) == 1s);
    CHECK(retry_delay(2, {}, 0.5) == 2s);
    CHECK(retry_delay(5, {}, 0.5) == 16s);
    CHECK(retry_delay(9, {}, 0.5) == 256s);
    CHECK(retry_delay(10, {}, 0.5) == 5min);
    CHECK(retry_delay(1'000'000, {}, 0.5) == 5min);
    CHECK(retry_delay(0, {}, 0.5) == 1s);
}

TEST_CASE("webhook classify: waits are spread by a quarter, within their bounds", "[daemon][webhook]") {
    CHECK(retry_delay(5, {}, 0) == 12s);
    CHECK(retry_delay(5, {}, 1) == 20s);
    CHECK(retry_delay(1, {}, 0) == 1s);
    CHECK(retry_delay(20, {}, 1) == 5min);
}

TEST_CASE("webhook classify: a receiver may ask for more time but not for less, nor for more than 15 minutes",
          "[daemon][webhook]") {
    CHECK(retry_delay(1, 40s, 0.5) == 40s);
    CHECK(retry_delay(5, 1s, 0.5) == 16s);
    CHECK(retry_delay(1, 10h, 0.5) == 15min);
}

}  // namespace outrider::app
