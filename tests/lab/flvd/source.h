// Where the tags of a stream come from: one RTMP pull per stream, or a local file played in a loop.
#pragma once

#include <asio/io_context.hpp>
#include <memory>
#include <string>

#include "stream.h"

namespace outrider::lab {

/// Delivers to `stream` on the thread of `io` until it is destroyed.
class Source {
public:
    virtual ~Source() = default;
};

/// Pulls with libavformat on a thread of its own (its calls block) and reconnects after a second.
[[nodiscard]] std::unique_ptr<Source> make_rtmp_source(asio::io_context& io, Stream& stream, std::string url);

/// Plays an FLV file in real time again and again with timestamps that go on. Throws std::runtime_error if
/// the file cannot be read or holds no media.
[[nodiscard]] std::unique_ptr<Source> make_file_source(asio::io_context& io, Stream& stream, const std::string& path);

}  // namespace outrider::lab
