#include "probes/path/echo_ledger.h"

namespace outrider::probes {

std::uint16_t EchoLedger::send(Instant at) {
    const auto number = next_++;
    if (slot(number).sent) fail(slot(number).number);
    slot(number) = {.number = number, .sent = at};
    return number;
}

std::optional<Duration> EchoLedger::answer(std::uint16_t number, Instant at) {
    auto& request = slot(number);
    if (request.number != number || !request.sent) return std::nullopt;
    round_trip_ = at - *request.sent;
    last_answer_ = at;
    request.sent.reset();
    ++answered_;
    return round_trip_;
}

void EchoLedger::fail(std::uint16_t number) {
    auto& request = slot(number);
    if (request.number != number || !request.sent) return;
    request.sent.reset();
    ++lost_;
}

void EchoLedger::advance(Instant at) {
    for (const auto& request : requests_)
        if (request.sent && at - *request.sent >= kPatience) fail(request.number);
}

}  // namespace outrider::probes
