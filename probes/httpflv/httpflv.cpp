#include "probes/httpflv/httpflv.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "probes/meters/flv.h"
#include "probes/net/http_session.h"

namespace outrider::probes {
namespace {

class HttpFlvSession final : public HttpSession {
public:
    using HttpSession::HttpSession;

protected:
    asio::awaitable<Outcome> play() override {
        flv_ = FlvMeter{};
        silent_ = false;
        fetcher_.emplace(http(), target());
        FetchRequest request;
        request.url = target().url;
        request.max_body = SIZE_MAX;
        // Every start is measured as a new viewer's: no connection is shared or kept.
        request.fresh_connection = true;
        request.keep_connection = false;
        request.on_body = [this](std::span<const std::byte> bytes) { return take(bytes); };
        request.on_answer = [this](const FetchResult& answer) { note_phases(answer); };
        const auto answer = co_await fetcher_->fetch(request);
        note_phases(answer);
        fetcher_.reset();
        if (stopping()) co_return Outcome::stopped;
        say(flv_.error().empty() ? answer.words : flv_.error());
        if (silent_) {
            say("no media for as long as a player waits");
            co_return Outcome::timeout;
        }
        co_return answer.outcome == Outcome::ok ? Outcome::ended : answer.outcome;
    }

    void interrupt() override {
        if (fetcher_) fetcher_->abort();
    }

    Sample measure(Instant at) override {
        // Bytes are not enough: a server that sends one a second never falls silent.
        if (fetcher_ && meter().silence(at) > services().limits.silence) {
            silent_ = true;
            fetcher_->abort();
        }
        auto sample = Session::measure(at);
        add_tcp(sample, {&fetcher_});
        return sample;
    }

private:
    /// False ends the transfer.
    bool take(std::span<const std::byte> bytes) {
        const auto arrival = services().clock.now();
        meter().on_bytes(bytes.size());
        units_.clear();
        const bool well_formed = flv_.feed(bytes, arrival, units_);
        for (const auto& unit : units_) meter().on_unit(unit);
        return well_formed;
    }

    std::optional<HttpFetcher> fetcher_;
    FlvMeter flv_;
    MediaUnits units_;
    bool silent_ = false;
};

}  // namespace

std::unique_ptr<Session> make_httpflv_session(const ShardServices& services, const Target& target, std::uint64_t seed) {
    return std::make_unique<HttpFlvSession>(services, target, seed);
}

}  // namespace outrider::probes
