#include "rules/templating/printf.h"

#include <algorithm>
#include <optional>

#include "rules/gotext/utf8.h"
#include "rules/templating/budget.h"
#include "rules/templating/printer.h"

namespace outrider::rules::templating {
namespace {

constexpr int kLargestNumber = 1'000'000;  // Go's bound for a width, a precision and an index

/// One pass over a format.
class Formatter {
public:
    Formatter(std::string_view format, std::span<const Value> arguments) : format_(format), arguments_(arguments) {}

    std::string run() {
        while (at_ < format_.size() && text_.size() <= kLongestText) {
            const auto percent = std::min(format_.find('%', at_), format_.size());
            text_ += format_.substr(at_, percent - at_);
            at_ = percent;
            if (at_ < format_.size()) directive();
        }
        if (!reordered_ && next_ < arguments_.size()) extra();
        return std::move(text_);
    }

private:
    [[nodiscard]] bool at(char c) const { return at_ < format_.size() && format_[at_] == c; }

    /// Stands at %.
    void directive() {
        ++at_;
        flags_ = {};
        good_index_ = true;
        after_index_ = false;
        read_flags();
        index();
        width();
        precision();
        if (!after_index_) index();
        if (at_ == format_.size()) {
            text_ += "%!(NOVERB)";
            return;
        }
        const auto rune = gotext::decode(format_.substr(at_));
        at_ += rune.width;
        verb(rune.code);
    }

    void read_flags() {
        for (; at_ < format_.size(); ++at_) {
            switch (format_[at_]) {
                case '#': flags_.sharp = true; break;
                case '0': flags_.zero = !flags_.minus; break;
                case '+': flags_.plus = true; break;
                case '-':
                    flags_.minus = true;
                    flags_.zero = false;
                    break;
                case ' ': flags_.space = true; break;
                default: return;
            }
        }
    }

    /// The digits here; nullopt without any. A number far too large takes the rest of the format with it, as in Go.
    std::optional<int> number() {
        int value = 0;
        bool any = false;
        for (; at_ < format_.size() && format_[at_] >= '0' && format_[at_] <= '9'; ++at_) {
            if (value > kLargestNumber) {
                at_ = format_.size();
                return std::nullopt;
            }
            value = value * 10 + (format_[at_] - '0');
            any = true;
        }
        return any ? std::optional{value} : std::nullopt;
    }

    /// `[3]`: the third argument is the next one.
    void index() {
        if (!at('[')) return;
        reordered_ = true;
        const auto close = format_.find(']', at_);
        if (close == std::string_view::npos) {
            good_index_ = false;
            ++at_;
            return;
        }
        ++at_;
        const auto wanted = number();
        if (wanted && at_ == close && *wanted >= 1 && static_cast<std::size_t>(*wanted) <= arguments_.size()) {
            next_ = static_cast<std::size_t>(*wanted) - 1;
            after_index_ = true;
        } else {
            good_index_ = false;
        }
        at_ = close + 1;
    }

    /// The argument for a `*`.
    std::optional<int> argument_number() {
        after_index_ = false;
        if (next_ >= arguments_.size()) return std::nullopt;
        const auto* value = std::get_if<std::int64_t>(&arguments_[next_++]);
        if (value == nullptr || *value > kLargestNumber || *value < -kLargestNumber) return std::nullopt;
        return static_cast<int>(*value);
    }

    void width() {
        if (at('*')) {
            ++at_;
            const auto wanted = argument_number();
            if (!wanted) {
                text_ += "%!(BADWIDTH)";
            } else if (*wanted < 0) {
                flags_.width = -*wanted;
                flags_.minus = true;
                flags_.zero = false;
            } else {
                flags_.width = *wanted;
            }
            return;
        }
        const auto wanted = number();
        if (!wanted) return;
        flags_.width = *wanted;
        if (after_index_) good_index_ = false;  // "%[3]2d"
    }

    void precision() {
        if (!at('.')) return;
        ++at_;
        if (after_index_) good_index_ = false;  // "%[3].2d"
        index();
        if (!at('*')) {
            flags_.precision = number().value_or(0);
            return;
        }
        ++at_;
        const auto wanted = argument_number();
        if (!wanted) {
            text_ += "%!(BADPREC)";
        } else if (*wanted >= 0) {
            flags_.precision = *wanted;
        }
    }

    void verb(char32_t verb) {
        if (verb == '%') {
            text_ += '%';
        } else if (!good_index_) {
            complain(verb, "(BADINDEX)");
        } else if (next_ >= arguments_.size()) {
            complain(verb, "(MISSING)");
        } else {
            if (verb == 'v') {
                flags_.sharp_v = std::exchange(flags_.sharp, false);
                flags_.plus_v = std::exchange(flags_.plus, false);
            }
            print_value(text_, arguments_[next_++], flags_, verb);
        }
    }

    void complain(char32_t verb, std::string_view what) {
        text_ += "%!";
        gotext::append(text_, verb);
        text_ += what;
    }

    void extra() {
        text_ += "%!(EXTRA ";
        for (bool first = true; next_ < arguments_.size() && text_.size() <= kLongestText; first = false) {
            const auto& value = arguments_[next_++];
            if (!first) text_ += ", ";
            if (std::holds_alternative<Nothing>(value)) {
                text_ += "<nil>";
                continue;
            }
            text_ += type_name(value);
            text_ += '=';
            print_value(text_, value, {}, U'v');
        }
        text_ += ')';
    }

    std::string_view format_;
    std::span<const Value> arguments_;
    std::size_t at_ = 0;
    std::size_t next_ = 0;
    bool reordered_ = false;
    bool good_index_ = true;
    bool after_index_ = false;
    Flags flags_;
    std::string text_;
};

}  // namespace

std::string sprintf(std::string_view format, std::span<const Value> arguments) {
    return Formatter{format, arguments}.run();
}

std::string sprint(std::span<const Value> arguments) {
    std::string text;
    bool after_string = true;
    for (const auto& value : arguments) {
        const bool is_string = std::holds_alternative<std::string>(value);
        if (!is_string && !after_string) text += ' ';
        after_string = is_string;
        print_value(text, value, {}, U'v');
    }
    return text;
}

std::string sprintln(std::span<const Value> arguments) {
    std::string text;
    for (const auto& value : arguments) {
        if (&value != arguments.data()) text += ' ';
        print_value(text, value, {}, U'v');
    }
    return text + '\n';
}

std::string show(const Value& value) {
    if (std::holds_alternative<Nothing>(value)) return "<no value>";
    return sprint({&value, 1});
}

}  // namespace outrider::rules::templating
