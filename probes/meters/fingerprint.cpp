#include "probes/meters/fingerprint.h"

#include <xxhash.h>

#include <algorithm>
#include <new>

namespace outrider::probes {

Fingerprint::Fingerprint() : state_(XXH64_createState()) {
    if (!state_) throw std::bad_alloc{};
    XXH64_reset(state_.get(), 0);
}
Fingerprint::~Fingerprint() = default;
Fingerprint::Fingerprint(Fingerprint&&) noexcept = default;
Fingerprint& Fingerprint::operator=(Fingerprint&&) noexcept = default;

void Fingerprint::Free::operator()(XXH64_state_s* state) const noexcept { XXH64_freeState(state); }

void Fingerprint::reset() { XXH64_reset(state_.get(), 0); }

void Fingerprint::add(std::span<const std::byte> bytes) { XXH64_update(state_.get(), bytes.data(), bytes.size()); }

std::uint64_t Fingerprint::value() const { return std::max<std::uint64_t>(1, XXH64_digest(state_.get())); }

}  // namespace outrider::probes
