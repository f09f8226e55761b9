#include "rules/templating/lexer.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "rules/gotext/quote.h"
#include "rules/gotext/utf8.h"

namespace outrider::rules::templating {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

bool is_blank(char c) { return kBlanks.find(c) != std::string_view::npos; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
/// Letters beyond ASCII are taken as they come.
bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' ||
           static_cast<signed char>(c) < 0;
}

class Lexer {
public:
    explicit Lexer(std::string_view text) : text_(text) {}

    Result<std::vector<Token>> run() {
        while (at_ < text_.size() && !error_) outside();
        if (error_) return std::move(*error_);
        add(Token::Kind::end, text_.size(), "");
        return std::move(tokens_);
    }

private:
    [[nodiscard]] std::string_view rest() const { return text_.substr(at_); }
    [[nodiscard]] char front(std::size_t ahead = 0) const {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
    }

    void fail(std::size_t offset, std::string_view what) {
        if (!error_) error_ = Error{fmt::format("at offset {}: {}", offset, what)};
    }

    void add(Token::Kind kind, std::size_t offset, std::string text) {
        tokens_.push_back({kind, offset, std::move(text), std::exchange(spaced_, false)});
    }

    /// Text up to the next action or comment, and the opening of an action with all that is inside of it.
    void outside() {
        const auto open = text_.find("{{", at_);
        auto text = text_.substr(at_, open == std::string_view::npos ? open : open - at_);
        if (trim_next_) text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
        trim_next_ = false;
        const bool trims = open != std::string_view::npos && open + 3 < text_.size() && text_[open + 2] == '-' &&
                           is_blank(text_[open + 3]);
        if (trims) text = text.substr(0, text.find_last_not_of(kBlanks) + 1);
        if (!text.empty()) add(Token::Kind::text, at_, std::string{text});
        if (open == std::string_view::npos) {
            at_ = text_.size();
            return;
        }
        at_ = open + (trims ? 4 : 2);
        if (rest().starts_with("/*")) {
            comment(open);
        } else {
            add(Token::Kind::open, open, "{{");
            while (!error_ && !inside(open)) {
            }
        }
    }

    void comment(std::size_t open) {
        const auto close = text_.find("*/", at_ + 2);
        if (close == std::string_view::npos) return fail(open, "want \"*/\" after \"/*\"");
        at_ = close + 2;
        if (is_blank(front()) && rest().substr(1).starts_with("-}}")) {
            trim_next_ = true;
            at_ += 4;
        } else if (rest().starts_with("}}")) {
            at_ += 2;
        } else {
            fail(at_, "want \"}}\" right after the comment's \"*/\"");
        }
    }

    /// One token; true when it ended the action.
    bool inside(std::size_t open) {
        while (at_ < text_.size() && is_blank(text_[at_])) {
            spaced_ = true;
            ++at_;
        }
        const bool trims = spaced_ && rest().starts_with("-}}");
        if (trims || rest().starts_with("}}")) {
            add(Token::Kind::close, at_, "}}");
            trim_next_ = trims;
            at_ += trims ? 3 : 2;
            return true;
        }
        if (at_ == text_.size()) {
            fail(open, "want \"}}\" after \"{{\"");
            return true;
        }
        token();
        return false;
    }

    void token() {
        const auto offset = at_;
        const char c = front();
        if (c == ':' && front(1) == '=') {
            at_ += 2;
            return add(Token::Kind::declare, offset, ":=");
        }
        constexpr std::string_view marks = "|=,()";
        constexpr Token::Kind kinds[]{Token::Kind::pipe, Token::Kind::assign, Token::Kind::comma,
                                      Token::Kind::left_paren, Token::Kind::right_paren};
        if (const auto mark = marks.find(c); mark != std::string_view::npos) {
            ++at_;
            return add(kinds[mark], offset, std::string{c});
        }
        if (c == '"') return quoted();
        if (c == '\'') return character();
        if (c == '`') return raw();
        if (c == '$') return word(Token::Kind::variable, 0);
        if (c == '.' && !is_digit(front(1))) {
            return is_word(front(1)) ? word(Token::Kind::field, 1) : word(Token::Kind::dot, 0);
        }
        if (c == '+' || c == '-' || c == '.' || is_digit(c)) return number();
        if (is_word(c)) return word(Token::Kind::name, 0);
        fail(offset, fmt::format("want an operand, got {}", gotext::quote_first(rest())));
    }

    void word(Token::Kind kind, std::size_t skip) {
        const auto offset = at_;
        at_ += skip;
        auto end = at_ + 1;
        if (kind != Token::Kind::dot)
            while (end < text_.size() && is_word(text_[end])) ++end;
        auto text = std::string{text_.substr(at_, end - at_)};
        at_ = end;
        if (!at_ends()) return fail(at_, fmt::format("want a blank after {}, got {}", gotext::quote(text), here()));
        add(kind, offset, std::move(text));
    }

    /// What may follow a word without a blank.
    [[nodiscard]] bool at_ends() const {
        const char c = front();
        return at_ == text_.size() || is_blank(c) || std::string_view{".,|:=()"}.find(c) != std::string_view::npos ||
               rest().starts_with("}}");
    }
    [[nodiscard]] std::string here() const { return gotext::quote_first(rest()); }

    void number() {
        const auto offset = at_;
        auto end = at_ + 1;
        while (end < text_.size() && (is_word(text_[end]) || text_[end] == '.' || signs_exponent(offset, end))) ++end;
        at_ = end;
        add(Token::Kind::number, offset, std::string{text_.substr(offset, end - offset)});
    }
    /// The sign in 1e-3 and 0x1p+2.
    [[nodiscard]] bool signs_exponent(std::size_t from, std::size_t at) const {
        if (text_[at] != '+' && text_[at] != '-') return false;
        const bool hexadecimal = text_.substr(from, at - from).find_first_of("xX") != std::string_view::npos;
        const char before = text_[at - 1];
        return hexadecimal ? before == 'p' || before == 'P' : before == 'e' || before == 'E';
    }

    void raw() {
        const auto close = text_.find('`', at_ + 1);
        if (close == std::string_view::npos) return fail(at_, "want \"`\" at the end of the raw string");
        std::string text;
        for (const char c : text_.substr(at_ + 1, close - at_ - 1))
            if (c != '\r') text += c;  // as Go has it
        add(Token::Kind::string, at_, std::move(text));
        at_ = close + 1;
    }

    void quoted() {
        const auto offset = at_++;
        std::string text;
        while (front() != '"') {
            if (at_ == text_.size() || front() == '\n') return fail(offset, "want '\"' at the end of the string");
            if (!unescape(text, '"')) return;
        }
        ++at_;
        add(Token::Kind::string, offset, std::move(text));
    }

    void character() {
        const auto offset = at_++;
        std::string text;
        if (at_ == text_.size() || front() == '\'' || front() == '\n')
            return fail(offset, "want one character between ' and '");
        char32_t code = 0;
        if (!unescape(text, '\'', &code)) return;
        if (front() != '\'') return fail(offset, "want one character between ' and '");
        ++at_;
        add(Token::Kind::character, offset, std::to_string(static_cast<std::uint32_t>(code)));
    }

    /// One character of a literal, as it is or escaped.
    bool unescape(std::string& to, char delimiter, char32_t* code = nullptr) {
        if (front() != '\\') {
            const auto rune = gotext::decode(rest());
            to += rest().substr(0, rune.width);
            if (code != nullptr) *code = rune.code;
            at_ += rune.width;
            return true;
        }
        const auto escape = gotext::read_escape(rest().substr(1), delimiter);
        if (escape.problem != gotext::Escape::Problem::none) {
            fail(at_, "want an escape such as \\n, \\\" or \\u00e9 after the backslash");
            return false;
        }
        at_ += 1 + escape.length;
        if (escape.is_byte) {
            to += static_cast<char>(escape.code);
        } else {
            gotext::append(to, escape.code);
        }
        if (code != nullptr) *code = escape.code;
        return true;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    bool trim_next_ = false;
    bool spaced_ = false;
    std::vector<Token> tokens_;
    std::optional<Error> error_;
};

}  // namespace

Result<std::vector<Token>> tokenize(std::string_view text) { return Lexer{text}.run(); }

std::string describe(const Token& token) {
    switch (token.kind) {
        case Token::Kind::end: return "the end of the template";
        case Token::Kind::text: return "text";
        case Token::Kind::character: return "a character";
        case Token::Kind::field: return gotext::quote("." + token.text.substr(0, 64));
        default: return gotext::quote(token.text.substr(0, 64));
    }
}

}  // namespace outrider::rules::templating
