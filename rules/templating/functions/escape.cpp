// Text for HTML, JavaScript and URLs.
#include <fmt/format.h>

#include "rules/gotext/utf8.h"
#include "rules/templating/functions/functions.h"
#include "rules/templating/printf.h"

namespace outrider::rules::templating {
namespace {

/// All arguments as one text, as print has it.
std::string joined(const Call& call) {
    std::vector<Value> shown;
    for (const auto& value : call.arguments)
        shown.push_back(std::holds_alternative<Nothing>(value) ? Value{std::string{"<no value>"}} : value);
    return sprint(shown);
}

/// Go's url.QueryEscape.
std::string escaped_url(std::string_view text) {
    std::string escaped;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '_' || c == '.' || c == '~';
        if (plain) {
            escaped += c;
        } else if (c == ' ') {
            escaped += '+';
        } else {
            escaped += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return escaped;
}

/// One byte of JavaScript text; empty: it may stand as it is.
std::string_view escaped_byte(char c) {
    switch (c) {
        case '\\': return "\\\\";
        case '\'': return "\\'";
        case '"': return "\\\"";
        case '<': return "\\u003C";
        case '>': return "\\u003E";
        case '&': return "\\u0026";
        case '=': return "\\u003D";
        default: return {};
    }
}

}  // namespace

Result<Value> escape_html(const Call& call) {
    std::string escaped;
    for (const char c : joined(call)) {
        switch (c) {
            case '\0': gotext::append(escaped, gotext::kReplacement); break;
            case '"': escaped += "&#34;"; break;
            case '\'': escaped += "&#39;"; break;
            case '&': escaped += "&amp;"; break;
            case '<': escaped += "&lt;"; break;
            case '>': escaped += "&gt;"; break;
            default: escaped += c; break;
        }
    }
    return Value{std::move(escaped)};
}

Result<Value> escape_js(const Call& call) {
    const auto text = joined(call);
    std::string escaped;
    for (std::string_view rest = text; !rest.empty();) {
        const auto rune = gotext::decode(rest);
        if (const auto byte = escaped_byte(rest.front()); !byte.empty()) {
            escaped += byte;
        } else if (rune.code < 0x20 || (rune.code >= 0x7F && !gotext::is_printable(rune.code))) {
            escaped += fmt::format("\\u{:04X}", static_cast<unsigned>(rune.code));
        } else {
            escaped += rest.substr(0, rune.width);
        }
        rest.remove_prefix(rune.width);
    }
    return Value{std::move(escaped)};
}

Result<Value> escape_url(const Call& call) { return Value{escaped_url(joined(call))}; }

Result<Value> graph_link(const Call& call) {
    return Value{fmt::format("/graph?g0.expr={}&g0.tab=0", escaped_url(call.text(0)))};
}
Result<Value> table_link(const Call& call) {
    return Value{fmt::format("/graph?g0.expr={}&g0.tab=1", escaped_url(call.text(0)))};
}

/// Only templates of HTML pages would escape it.
Result<Value> safe_html(const Call& call) { return call.arguments[0]; }

}  // namespace outrider::rules::templating
