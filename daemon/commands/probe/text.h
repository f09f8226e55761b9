// Text that may go to a terminal: measured, cut, and without what a terminal would obey.
#pragma once

#include <string>
#include <string_view>

namespace outrider::app {

/// Control characters (C0, DEL and the C1 of UTF-8) and bytes that are no UTF-8 become '?'; line feeds stay when
/// wanted.
[[nodiscard]] std::string printable(std::string_view text, bool keep_line_feeds = false);

/// Code points: columns, as long as nobody uses wide or combining characters in a POP's name.
[[nodiscard]] std::size_t columns_of(std::string_view text) noexcept;

/// At most `columns` of it, from the beginning.
[[nodiscard]] std::string cut(std::string_view text, std::size_t columns);

/// At most `columns`, the middle replaced by "...": beginning and end of a URL tell it from others.
[[nodiscard]] std::string elided(std::string_view text, std::size_t columns);

/// Exactly `columns`: elided, or filled with spaces.
[[nodiscard]] std::string fitted(std::string_view text, std::size_t columns);

}  // namespace outrider::app
