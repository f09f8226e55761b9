// A session over HTTP: what HTTP-FLV and HLS share. Internal to this module.
#pragma once

#include <initializer_list>
#include <optional>

#include "probes/net/http_fetch.h"
#include "probes/session.h"

namespace outrider::probes {

class HttpSession : public Session {
public:
    using Session::Session;

protected:
    [[nodiscard]] HttpServices http() { return {services().curl, tracer(), services().limits, tcp_}; }

    /// The sample with what TCP tells, once the protocol's own readings are in it; each fetcher may be absent.
    void add_tcp(Sample& sample, std::initializer_list<std::optional<HttpFetcher>*> fetchers) {
        std::optional<Duration> lag;
        for (const auto& reading : sample.readings)
            if (reading.metric == Metric::lag_seconds) lag = from_seconds(reading.value);
        for (auto* fetcher : fetchers)
            if (*fetcher) (*fetcher)->look(sample.at, lag);
        tcp_.add_readings(sample.readings);
    }

    /// The phases that this connection took, as far as the answer tells.
    void note_phases(const FetchResult& answer) {
        if (answer.resolved) meter().phase_done(Phase::resolve, *answer.resolved);
        if (answer.connected) meter().phase_done(Phase::connect, *answer.connected);
        if (answer.tls_done) meter().phase_done(Phase::tls, *answer.tls_done);
        if (answer.first_byte) meter().phase_done(Phase::first_byte, *answer.first_byte);
    }

private:
    TcpCounts tcp_;
};

}  // namespace outrider::probes
