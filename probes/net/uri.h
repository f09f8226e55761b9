// URI references as playlists and redirects carry them, resolved against where they came from (RFC 3986 5.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace outrider::probes {

/// The absolute URI that `reference` means in a document fetched from `base`. A fragment is kept, spaces (which
/// playlists do carry) become %20. nullopt when the result is not http or https with a host, when either text holds
/// control characters, or when the result is longer than 8 KiB.
[[nodiscard]] std::optional<std::string> resolve_uri(std::string_view base, std::string_view reference);

/// `uri` with `parameters` ("a=1&b=2") added to its query, before any fragment.
[[nodiscard]] std::string with_query(std::string_view uri, std::string_view parameters);

}  // namespace outrider::probes
