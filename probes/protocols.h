// The protocols there are: the names in probes.def.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace outrider::probes {

struct ProtocolInfo {
    std::string_view name;
    std::string_view chosen_for;  ///< URLs that imply it, as a person would write them
};

[[nodiscard]] std::span<const ProtocolInfo> protocols() noexcept;

[[nodiscard]] std::span<const std::string_view> protocol_names() noexcept;

/// The protocol that a URL implies: by scheme, then by the ending of its path. nullopt when it must be named.
[[nodiscard]] std::optional<std::string_view> protocol_of_url(std::string_view url) noexcept;

}  // namespace outrider::probes
