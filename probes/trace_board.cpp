#include "probes/trace_board.h"

#include <algorithm>
#include <utility>

namespace outrider::probes {
namespace {

/// Not in the middle of a UTF-8 sequence.
void cut(std::string& text) {
    if (text.size() <= TraceEvent::kMaxText) return;
    auto end = TraceEvent::kMaxText;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    text.resize(end);
}

}  // namespace

void TraceBoard::note(TargetId target, Instant at, TraceKind kind, std::string text) {
    cut(text);
    const auto is_control = [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7F; };
    std::ranges::replace_if(text, is_control, '?');
    const std::scoped_lock lock{mutex_};
    auto& tail = tails_[target];
    if (tail.events.size() == kKept) tail.events.pop_front();
    tail.events.push_back({.number = ++tail.last, .at = at, .kind = kind, .text = std::move(text)});
}

std::vector<TraceEvent> TraceBoard::events(TargetId target, std::uint64_t after) const {
    const std::scoped_lock lock{mutex_};
    const auto found = tails_.find(target);
    if (found == tails_.end()) return {};
    const auto first = std::ranges::upper_bound(found->second.events, after, {}, &TraceEvent::number);
    return {first, found->second.events.end()};
}

}  // namespace outrider::probes
