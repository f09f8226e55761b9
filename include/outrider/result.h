// Expected failures as values.
#pragma once

#include <cassert>
#include <string>
#include <utility>
#include <variant>

namespace outrider {

/// Why something expected to fail sometimes did: what, where, what was wanted, what was found, in one line.
struct Error {
    std::string text;
    friend bool operator==(const Error&, const Error&) = default;
};

/// A T or the Error that prevented it. Until GCC has std::expected.
template <class T>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}

    [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
    explicit operator bool() const noexcept { return ok(); }

    [[nodiscard]] T& value() & { return *std::get_if<0>(&state_); }
    [[nodiscard]] const T& value() const& { return *std::get_if<0>(&state_); }
    [[nodiscard]] T&& value() && { return std::move(*std::get_if<0>(&state_)); }
    [[nodiscard]] T& operator*() & { return value(); }
    [[nodiscard]] const T& operator*() const& { return value(); }
    [[nodiscard]] T* operator->() { return &value(); }
    [[nodiscard]] const T* operator->() const { return &value(); }

    [[nodiscard]] const Error& error() const {
        assert(!ok());
        return *std::get_if<1>(&state_);
    }

private:
    std::variant<T, Error> state_;
};

struct Done {
    friend bool operator==(Done, Done) = default;
};
/// For actions that succeed without a value.
using Status = Result<Done>;

}  // namespace outrider
