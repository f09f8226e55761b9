// Options that stand in a URL's query, as media tools write them. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace outrider::probes {

/// The first value of `key` in what follows the URL's first '?', percent escapes undone; "" for a key alone. A '#' is
/// no fragment: SRT's stream ids begin with it. nullopt: no such key.
[[nodiscard]] std::optional<std::string> query_value(std::string_view url, std::string_view key);

/// The same as a whole number from `least` to `most`; nullopt also when it is none.
[[nodiscard]] std::optional<int> query_number(std::string_view url, std::string_view key, int least, int most);

/// Every byte but letters, digits and -._~ as %XX (RFC 3986 2.1): fit for any part of a URL.
[[nodiscard]] std::string escaped(std::string_view text);

}  // namespace outrider::probes
