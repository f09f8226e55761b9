#include "rules/templating/printer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "rules/gotext/number.h"
#include "rules/gotext/quote.h"
#include "rules/gotext/utf8.h"
#include "rules/templating/budget.h"

namespace outrider::rules::templating {
namespace {

class Printer {
public:
    Printer(std::string& to, Flags flags, char32_t verb) : to_(to), flags_(flags), verb_(verb) {}

    void print(const Value& value) {
        if (verb_ == 'T' && !std::holds_alternative<Nothing>(value)) {
            const auto most =
                flags_.precision < 0 ? std::string_view::npos : static_cast<std::size_t>(flags_.precision);
            return padded(type_name(value).substr(0, most));
        }
        // Errors and pointers, of which there are none.
        if ((verb_ == 'w' || verb_ == 'p') && !std::holds_alternative<Nothing>(value)) return bad_verb(value);
        std::visit(*this, value);
    }

    void operator()(const Nothing&) {
        if (verb_ == 'v' || verb_ == 'T') return padded("<nil>");
        to_ += "%!";
        gotext::append(to_, verb_);
        to_ += "(<nil>)";
    }

    void operator()(bool value) {
        if (verb_ != 't' && verb_ != 'v') return bad_verb(value);
        padded(value ? "true" : "false");
    }

    void operator()(std::int64_t value) {
        switch (verb_) {
            case 'v':
            case 'd': return integer(value, 10, false);
            case 'b': return integer(value, 2, false);
            case 'o':
            case 'O': return integer(value, 8, false);
            case 'x': return integer(value, 16, false);
            case 'X': return integer(value, 16, true);
            case 'c': return character(value);
            case 'q': {
                const auto code = to_code(value);
                return padded(gotext::quote_rune(code, flags_.plus));
            }
            case 'U':
                flags_.zero = false;
                return padded(
                    gotext::code_point(static_cast<std::uint64_t>(value), std::max(flags_.precision, 4), flags_.sharp));
            default: bad_verb(value);
        }
    }

    void operator()(double value) {
        switch (verb_) {
            case 'v': return number(value, 'g', -1);
            case 'g':
            case 'G':
            case 'x':
            case 'X':
            case 'b': return number(value, static_cast<char>(verb_), -1);
            case 'e':
            case 'E':
            case 'f': return number(value, static_cast<char>(verb_), 6);
            case 'F': return number(value, 'f', 6);
            default: bad_verb(value);
        }
    }

    void operator()(const std::string& value) { text(value, value); }
    void operator()(const Timestamp& value) { text(to_string(value), value); }

    void operator()(const Labels* value) {
        open_map("map[string]string");
        bool first = true;
        for (const auto& [name, text] : *value) {
            between(first);
            element(name);
            to_ += ':';
            element(text);
        }
        close_map();
    }

    void operator()(const std::shared_ptr<const Fields>& value) {
        open_map("map[string]interface {}");
        bool first = true;
        for (const auto& [name, field] : value->of) {
            if (to_.size() > kLongestText) return;  // one map may stand in itself many times over
            between(first);
            element(name);
            to_ += ':';
            if (std::holds_alternative<Nothing>(field)) {
                to_ += flags_.sharp_v ? "interface {}(nil)" : "<nil>";
            } else {
                element(field);
            }
        }
        close_map();
    }

    /// The dot at the top: a struct, whose names %+v and %#v tell.
    void operator()(const TemplateData* data) {
        const bool names = flags_.plus_v || flags_.sharp_v;
        const auto field = [&](std::string_view name, const Value& value) {
            if (to_.back() != '{') to_ += flags_.sharp_v ? ", " : " ";
            if (names) to_ += fmt::format("{}:", name);
            element(value);
        };
        if (flags_.sharp_v) to_ += type_name(data);
        to_ += '{';
        field("Labels", &data->labels);
        field("ExternalLabels", &data->external_labels);
        field("ExternalURL", std::string{data->external_url});
        field("Value", data->value);
        to_ += '}';
    }

private:
    /// Pads with blanks, or zeros, to the width in characters.
    void padded(std::string_view text) {
        const auto width = gotext::count_runes(text);
        const auto wanted = static_cast<std::size_t>(std::max(flags_.width, 0));
        const auto fill = wanted > width ? wanted - width : 0;
        if (flags_.minus) {
            to_.append(text).append(fill, ' ');
        } else {
            to_.append(fill, flags_.zero ? '0' : ' ').append(text);
        }
    }

    void bad_verb(const Value& value) {
        to_ += "%!";
        gotext::append(to_, verb_);
        to_ += '(';
        to_ += type_name(value);
        to_ += '=';
        print_value(to_, value, flags_, U'v');
        to_ += ')';
    }

    void text(std::string_view text, const Value& value) {
        if (flags_.precision >= 0 && verb_ != 'x' && verb_ != 'X')
            text = gotext::first_runes(text, static_cast<std::size_t>(flags_.precision));
        switch (verb_) {
            case 'v': return flags_.sharp_v ? quoted(text) : padded(text);
            case 's': return padded(text);
            case 'q': return quoted(text);
            case 'x':
            case 'X': return bytes(text);
            default: bad_verb(value);
        }
    }

    void quoted(std::string_view text) {
        const auto plain = [](std::string_view raw) {
            while (!raw.empty()) {
                const auto rune = gotext::decode(raw);
                if (!rune.valid || rune.code == '`' || rune.code == 0x7F || rune.code == 0xFEFF ||
                    (rune.code < 0x20 && rune.code != '\t'))
                    return false;
                raw.remove_prefix(rune.width);
            }
            return true;
        };
        if (flags_.sharp && plain(text)) return padded(fmt::format("`{}`", text));
        padded(gotext::quote(text, flags_.plus));
    }

    void bytes(std::string_view text) {
        if (flags_.precision >= 0) text = text.substr(0, static_cast<std::size_t>(flags_.precision));
        const std::string_view prefix = verb_ == 'x' ? "0x" : "0X";
        std::string shown;
        for (const char c : text) {
            if (flags_.space && !shown.empty()) shown += ' ';
            if (flags_.sharp && (flags_.space || shown.empty())) shown += prefix;
            const auto byte = static_cast<unsigned char>(c);
            shown += verb_ == 'x' ? fmt::format("{:02x}", byte) : fmt::format("{:02X}", byte);
        }
        padded(shown);
    }

    static char32_t to_code(std::int64_t value) {
        return value < 0 || value > 0x10FFFF ? gotext::kReplacement : static_cast<char32_t>(value);
    }
    void character(std::int64_t value) {
        std::string text;
        gotext::append(text, to_code(value));
        padded(text);
    }

    void integer(std::int64_t value, int base, bool upper) {
        const bool negative = value < 0;
        const auto size = negative ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
        if (flags_.precision == 0 && value == 0) {
            flags_.zero = false;
            return padded("");
        }
        auto digits = base == 2    ? fmt::format("{:b}", size)
                      : base == 8  ? fmt::format("{:o}", size)
                      : base == 10 ? fmt::format("{}", size)
                      : upper      ? fmt::format("{:X}", size)
                                   : fmt::format("{:x}", size);
        int least = flags_.precision;
        if (least < 0 && flags_.zero && !flags_.minus && flags_.width >= 0)
            least = flags_.width - (negative || flags_.plus || flags_.space ? 1 : 0);
        if (least > static_cast<int>(digits.size()))
            digits.insert(0, static_cast<std::size_t>(least) - digits.size(), '0');
        std::string_view prefix;
        if (flags_.sharp)
            prefix = base == 2 ? "0b" : base == 16 ? (upper ? "0X" : "0x") : base == 8 && digits[0] != '0' ? "0" : "";
        if (verb_ == 'O') prefix = prefix.empty() ? "0o" : "0o0";
        const std::string_view sign = negative ? "-" : flags_.plus ? "+" : flags_.space ? " " : "";
        flags_.zero = false;
        padded(fmt::format("{}{}{}", sign, prefix, digits));
    }

    void number(double value, char verb, int precision) {
        if (flags_.precision >= 0) precision = flags_.precision;
        auto text = gotext::format_float(value, verb, precision);
        const bool finite = std::isfinite(value);
        std::string sign;
        if (text[0] == '-' || text[0] == '+') {
            sign = text[0];
            text.erase(0, 1);
            if (!std::isinf(value) && sign == "+") sign.clear();
        }
        if (sign.empty() && flags_.plus) sign = "+";
        if (flags_.space && !flags_.plus && sign != "-") sign = " ";
        if (flags_.sharp && finite && verb_ != 'b') keep_point(text, precision);
        if (!finite) flags_.zero = false;
        if (flags_.zero && !flags_.minus && !sign.empty()) {
            to_ += sign;  // before the zeros
            if (flags_.width > 0) --flags_.width;
            return padded(text);
        }
        padded(sign + text);
    }

    /// `#`: a decimal point always, and for g as many digits as the precision says.
    void keep_point(std::string& text, int precision) const {
        const bool hexadecimal = verb_ == 'x' || verb_ == 'X';
        const auto mark = std::min(text.find_first_of(hexadecimal ? "pP" : "eE"), text.size());
        const auto tail = text.substr(mark);
        text.resize(mark);
        const bool general = verb_ == 'g' || verb_ == 'G' || verb_ == 'v';
        int missing = general || verb_ == 'x' ? (precision < 0 ? 6 : precision) : 0;
        bool significant = false;
        for (const char c : text) {
            significant = significant || (c != '0' && c != '.');
            if (significant && c != '.') --missing;
        }
        if (text.find('.') == std::string::npos) {
            if (text == "0") --missing;
            text += '.';
        }
        if (missing > 0) text.append(static_cast<std::size_t>(missing), '0');
        text += tail;
    }

    /// With flags of its own: printing a number changes them.
    void element(const Value& value) { std::visit(Printer{to_, flags_, verb_}, value); }

    void open_map(std::string_view type) {
        if (flags_.sharp_v) {
            to_ += type;
            to_ += '{';
        } else {
            to_ += "map[";
        }
    }
    void between(bool& first) {
        if (!first) to_ += flags_.sharp_v ? ", " : " ";
        first = false;
    }
    void close_map() { to_ += flags_.sharp_v ? '}' : ']'; }

    std::string& to_;
    Flags flags_;
    char32_t verb_;
};

}  // namespace

void print_value(std::string& to, const Value& value, Flags flags, char32_t verb) {
    Printer{to, flags, verb}.print(value);
}

}  // namespace outrider::rules::templating
