// What a person would want to know of an HTTP transfer, gathered for the trace. Internal to this module.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "probes/net/curl_multi.h"
#include "probes/trace_board.h"

namespace outrider::probes {

/// Watches one transfer after the other on a handle. Of the many of a connection that is kept only the first is noted,
/// and those whose status is another than that of the one before.
class HttpWitness {
public:
    explicit HttpWitness(Tracer tracer) : tracer_(tracer) {}
    HttpWitness(const HttpWitness&) = delete;
    HttpWitness& operator=(const HttpWitness&) = delete;

    /// Before a transfer from `url`. This object must stay where it is while the handle lives.
    void begin(CURL* easy, const std::string& url);
    /// A header line as received, the status line too. False: this answer's headers are too many.
    [[nodiscard]] bool on_header(std::string_view line);
    /// The headers are all there, or the transfer is over without: notes what is worth it. Only the first call for a
    /// transfer does something.
    void conclude(CURL* easy);

    /// Of the newest answer; 0: none.
    [[nodiscard]] long status() const noexcept { return status_; }
    /// The Location header as received, of an answer with a status of 3xx; empty: none.
    [[nodiscard]] const std::string& location() const noexcept { return location_; }

private:
    static int on_debug(CURL* easy, curl_infotype type, char* text, std::size_t size, void* self);
    void hear(std::string_view text);
    void note_address(CURL* easy);
    void note_tls();

    Tracer tracer_;
    std::string host_;
    std::string tried_;    // addresses, "10.0.0.1:80, [::1]:80"
    std::string tls_;      // version and cipher
    std::string subject_;  // of the certificate, and the rest
    std::string issuer_;
    std::string expires_;
    std::string verified_;
    std::string headers_;  // status line and selected headers as received, a line each
    std::string location_;
    std::size_t header_bytes_ = 0;
    long status_ = 0;
    long noted_status_ = 0;
    bool concluded_ = false;
};

}  // namespace outrider::probes
