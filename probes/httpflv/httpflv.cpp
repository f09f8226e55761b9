#include "probes/httpflv/httpflv.h"

#include <span>
#include <string>
#include <utility>

#include "probes/meters/flv.h"
#include "probes/net/curl_multi.h"
#include "probes/net/curl_outcome.h"
#include "probes/net/curl_setup.h"

namespace outrider::probes {
namespace {

class HttpFlvSession final : public Session {
public:
    using Session::Session;

protected:
    asio::awaitable<Outcome> play() override {
        flv_ = FlvMeter{};
        answered_ = false;
        easy_.reset(curl_easy_init());
        const auto connect_to = prepare_stream(easy_.get(), target());
        curl_easy_setopt(easy_.get(), CURLOPT_WRITEFUNCTION, &HttpFlvSession::on_body);
        curl_easy_setopt(easy_.get(), CURLOPT_WRITEDATA, this);
        const auto code = co_await services().curl.perform(easy_.get());
        if (!answered_) note_phases();
        const auto outcome = stopping() ? Outcome::stopped : outcome_of(easy_.get(), code, !flv_.error().empty());
        easy_.reset();
        co_return outcome;
    }

    void interrupt() override {
        if (easy_) services().curl.abort(easy_.get());
    }

private:
    static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) {
        auto& session = *static_cast<HttpFlvSession*>(self);
        const auto bytes = size * count;
        return session.take({reinterpret_cast<const std::byte*>(data), bytes}) ? bytes : 0;
    }

    /// False ends the transfer.
    bool take(std::span<const std::byte> bytes) {
        const auto arrival = services().clock.now();
        if (!answered_) note_phases();
        answered_ = true;
        meter().on_bytes(bytes.size());
        units_.clear();
        const bool well_formed = flv_.feed(bytes, arrival, units_);
        for (const auto& unit : units_) meter().on_unit(unit);
        return well_formed;
    }

    void note_phases() {
        const auto note = [this](Phase phase, CURLINFO what) {
            curl_off_t microseconds = 0;
            if (curl_easy_getinfo(easy_.get(), what, &microseconds) == CURLE_OK && microseconds > 0)
                meter().phase_done(phase, std::chrono::microseconds{microseconds});
        };
        note(Phase::resolve, CURLINFO_NAMELOOKUP_TIME_T);
        note(Phase::connect, CURLINFO_CONNECT_TIME_T);
        note(Phase::tls, CURLINFO_APPCONNECT_TIME_T);
        note(Phase::first_byte, CURLINFO_STARTTRANSFER_TIME_T);
    }

    CurlEasy easy_;
    FlvMeter flv_;
    MediaUnits units_;
    bool answered_ = false;
};

}  // namespace

std::unique_ptr<Session> make_httpflv_session(const ShardServices& services, const Target& target, std::uint64_t seed) {
    return std::make_unique<HttpFlvSession>(services, target, seed);
}

}  // namespace outrider::probes
