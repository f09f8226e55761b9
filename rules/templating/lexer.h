// The tokens of a template: text, and what stands between {{ and }}.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "outrider/result.h"

namespace outrider::rules::templating {

struct Token {
    enum class Kind : std::uint8_t {
        text,       // outside of actions, already trimmed where {{- or -}} ask for it
        open,       // {{
        close,      // }}
        name,       // a function, a keyword, true, false, nil
        variable,   // $ or $name
        field,      // .name: the text is the name
        dot,        // .
        string,     // "..." or `...`: the text is what it means
        character,  // 'a': the text is the character
        number,     // as written
        pipe,
        declare,  // :=
        assign,   // =
        comma,
        left_paren,
        right_paren,
        end,
    };
    Kind kind = Kind::end;
    std::size_t offset = 0;
    std::string text;
    bool after_space = false;  // blanks separate the operands of a command
};

/// Ends with a token of kind end. The error names the offset. Comments are left out.
[[nodiscard]] Result<std::vector<Token>> tokenize(std::string_view text);

/// How an error shows a token: "humanize", "}}", the end of the template.
[[nodiscard]] std::string describe(const Token& token);

}  // namespace outrider::rules::templating
