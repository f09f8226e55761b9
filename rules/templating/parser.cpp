#include "rules/templating/parser.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <unordered_map>
#include <utility>

#include "rules/templating/budget.h"
#include "rules/templating/lexer.h"
#include "rules/templating/literal.h"

namespace outrider::rules::templating {
namespace {

using Kind = Token::Kind;

/// The variables in scope, by name; a slot is a variable's depth in that stack.
class Scope {
public:
    Scope() {
        for (const auto* name : {"$", "$labels", "$externalLabels", "$externalURL", "$value"}) declare(name);
    }
    std::size_t declare(const std::string& name) {
        const auto slot = names_.size();
        names_.push_back(name);
        slots_[name].push_back(slot);
        most_ = std::max(most_, names_.size());
        return slot;
    }
    [[nodiscard]] std::optional<std::size_t> find(const std::string& name) const {
        const auto found = slots_.find(name);
        if (found == slots_.end() || found->second.empty()) return std::nullopt;
        return found->second.back();
    }
    [[nodiscard]] std::size_t depth() const { return names_.size(); }
    void leave(std::size_t depth) {
        for (; names_.size() > depth; names_.pop_back()) slots_[names_.back()].pop_back();
    }
    [[nodiscard]] std::size_t most() const { return most_; }

private:
    std::vector<std::string> names_;
    std::unordered_map<std::string, std::vector<std::size_t>> slots_;
    std::size_t most_ = 0;
};

constexpr std::array<std::string_view, 7> kKeywords{"if", "with", "range", "else", "end", "break", "continue"};

bool is_keyword(const Token& token) {
    return token.kind == Kind::name && std::ranges::find(kKeywords, token.text) != kKeywords.end();
}

/// Recursive descent; a function that failed has set error_ and returns false.
class Parser {
public:
    explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

    Result<Tree> run() {
        Tree tree;
        if (!nodes(tree.nodes)) return std::move(*error_);
        if (peek().kind != Kind::end) {
            (void)refuse(
                tokens_[at_ + 1],
                fmt::format("want a block that it belongs to, got {{{{ {} }}}} outside of one", tokens_[at_ + 1].text));
            return std::move(*error_);
        }
        tree.slots = scope_.most();
        return tree;
    }

private:
    [[nodiscard]] const Token& peek(std::size_t ahead = 0) const {
        return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
    }
    const Token& next() {
        const auto& token = peek();
        if (at_ + 1 < tokens_.size()) ++at_;
        return token;
    }
    bool refuse(const Token& token, std::string_view what) {
        if (!error_) error_ = Error{fmt::format("at offset {}: {}", token.offset, what)};
        return false;
    }
    bool want(const Token& token, std::string_view what) {
        return refuse(token, fmt::format("want {}, got {}", what, describe(token)));
    }
    bool take(Kind kind, std::string_view what) {
        if (peek().kind != kind) return want(peek(), what);
        next();
        return true;
    }
    bool deeper(const Token& token) {
        if (++depth_ <= kDeepestNesting) return true;
        return refuse(token, fmt::format("want at most {} blocks and parentheses in each other", kDeepestNesting));
    }

    /// Stands at {{ of an action whose first word is one of these.
    [[nodiscard]] bool at_action(std::string_view keyword) const {
        return peek().kind == Kind::open && peek(1).kind == Kind::name && peek(1).text == keyword;
    }

    /// Up to {{ end }}, {{ else }} or the end of the text, none of which it takes.
    bool nodes(Nodes& to) {
        while (peek().kind != Kind::end && !at_action("end") && !at_action("else"))
            if (!node(to)) return false;
        return true;
    }

    bool node(Nodes& to) {
        if (peek().kind == Kind::text) {
            to.push_back({next().text});
            return true;
        }
        next();  // {{
        const auto& first = peek();
        if (first.kind == Kind::name) {
            if (first.text == "if" || first.text == "with") return choice(to);
            if (first.text == "range") return range(to);
            if (first.text == "break" || first.text == "continue") return jump(to);
        }
        Action action;
        if (!pipeline(action.pipeline, Kind::close, 1)) return false;
        to.push_back({std::move(action)});
        return true;
    }

    bool jump(Nodes& to) {
        const auto& word = next();
        if (ranges_ == 0) return refuse(word, fmt::format("want {} within a range", word.text));
        if (!take(Kind::close, "\"}}\"")) return false;
        to.push_back({word.text == "break" ? Jump::break_range : Jump::continue_range});
        return true;
    }

    /// if or with, and its else ifs or else withs, side by side: a long chain is not deep.
    bool choice(Nodes& to) {
        const auto& word = next();
        if (!deeper(word)) return false;
        const auto outer = scope_.depth();
        Choice made;
        do {
            auto& branch = made.branches.emplace_back();
            branch.sets_dot = word.text == "with";
            if (!pipeline(branch.condition, Kind::close, 1)) return false;
            if (!body(branch.body)) return false;
        } while (else_again(word.text));
        if (error_ || !otherwise(made.otherwise) || !end_of(word)) return false;
        scope_.leave(outer);
        --depth_;
        to.push_back({std::move(made)});
        return true;
    }

    /// Takes {{ else if, or {{ else with, whichever `word` is.
    bool else_again(std::string_view word) {
        if (!at_action("else") || peek(2).kind != Kind::name || peek(2).text != word) return false;
        at_ += 3;
        return true;
    }

    bool range(Nodes& to) {
        const auto& word = next();
        if (!deeper(word)) return false;
        const auto outer = scope_.depth();
        Range made;
        if (!pipeline(made.over, Kind::close, 2)) return false;
        ++ranges_;
        if (!body(made.body)) return false;
        --ranges_;
        if (!otherwise(made.otherwise) || !end_of(word)) return false;
        scope_.leave(outer);
        --depth_;
        to.push_back({std::move(made)});
        return true;
    }

    bool body(Nodes& to) {
        const auto outer = scope_.depth();
        if (!nodes(to)) return false;
        scope_.leave(outer);
        return true;
    }
    bool otherwise(Nodes& to) {
        if (!at_action("else")) return true;
        at_ += 2;
        return take(Kind::close, "\"}}\"") && body(to);
    }
    bool end_of(const Token& word) {
        if (!at_action("end"))
            return want(peek().kind == Kind::open ? peek(1) : peek(),
                        fmt::format("{{{{ end }}}} of the {} at offset {}", word.text, word.offset));
        at_ += 2;
        return take(Kind::close, "\"}}\"");
    }

    /// Up to and with `last`. `most_variables` it may declare.
    bool pipeline(Pipeline& to, Kind last, std::size_t most_variables) {
        to.offset = peek().offset;
        std::vector<std::string> declared;
        if (!variables(to, declared, most_variables)) return false;
        do {
            auto& made = to.commands.emplace_back();
            const auto& first = peek();
            if (!command(made)) return false;
            if (to.commands.size() > 1 && made.operands.front().fields.empty() &&
                (std::holds_alternative<Value>(made.operands.front().what) ||
                 std::holds_alternative<Dot>(made.operands.front().what)))
                return want(first, "a function after \"|\"");
        } while (pipe(last));
        const bool closes = last == Kind::close;
        if (!take(last, closes ? "an operand, \"|\" or \"}}\"" : "an operand, \"|\" or \")\"")) return false;
        for (const auto& name : declared) to.slots.push_back(scope_.declare(name));
        return true;
    }

    /// Takes a `|`. Go bears one that nothing follows.
    bool pipe(Kind last) {
        if (peek().kind != Kind::pipe) return false;
        next();
        return peek().kind != last;
    }

    /// `$x :=`, `$x =`, and for a range `$k, $v :=`.
    bool variables(Pipeline& to, std::vector<std::string>& declared, std::size_t most) {
        if (peek().kind != Kind::variable) return true;
        const bool two = most == 2 && peek(1).kind == Kind::comma && peek(2).kind == Kind::variable;
        const auto& operation = peek(two ? 3 : 1);
        if (operation.kind != Kind::declare && operation.kind != Kind::assign) return true;
        to.declares = operation.kind == Kind::declare;
        for (std::size_t i = 0; i < (two ? 2U : 1U); ++i) {
            const auto& variable = peek(2 * i);
            if (to.declares) {
                declared.push_back(variable.text);
            } else if (const auto slot = scope_.find(variable.text)) {
                to.slots.push_back(*slot);
            } else {
                return want(variable, "a variable that is declared");
            }
        }
        at_ += two ? 4 : 2;
        return true;
    }

    bool command(Command& to) {
        while (starts_operand(peek())) {
            if (!to.operands.empty() && !peek().after_space) return want(peek(), "a blank before the next operand");
            if (!operand(to.operands.emplace_back())) return false;
        }
        return !to.operands.empty() || want(peek(), "an operand");
    }

    static bool starts_operand(const Token& token) {
        switch (token.kind) {
            case Kind::name:
            case Kind::variable:
            case Kind::field:
            case Kind::dot:
            case Kind::string:
            case Kind::character:
            case Kind::number:
            case Kind::left_paren: return true;
            default: return false;
        }
    }

    bool operand(Operand& to) {
        const auto& token = next();
        to.offset = token.offset;
        bool may_have_fields = true;
        if (token.kind == Kind::name) {
            if (!name(token, to)) return false;
            may_have_fields = std::holds_alternative<FunctionName>(to.what);
        } else if (token.kind == Kind::variable) {
            const auto slot = scope_.find(token.text);
            if (!slot) return want(token, "a variable that is declared");
            to.what = Variable{*slot};
        } else if (token.kind == Kind::field) {
            to.what = Dot{};
            to.fields.push_back(token.text);
        } else if (token.kind == Kind::dot) {
            to.what = Dot{};
            may_have_fields = false;
        } else if (token.kind == Kind::left_paren) {
            Group group{std::make_unique<Pipeline>()};
            if (!deeper(token) || !pipeline(*group.pipeline, Kind::right_paren, 1)) return false;
            --depth_;
            to.what = std::move(group);
        } else {
            if (!literal(token, to)) return false;
            may_have_fields = false;
        }
        while (peek().kind == Kind::field && !peek().after_space) {
            if (!may_have_fields) return want(peek(), fmt::format("a blank after {}", describe(token)));
            if (makes_time(to))
                return refuse(
                    peek(), fmt::format("{} of a time is not supported: humanizeTimestamp shows it", describe(peek())));
            to.fields.push_back(next().text);
        }
        return true;
    }

    /// (toTime ...): only Go's methods could follow, which an expansion would miss.
    static bool makes_time(const Operand& operand) {
        const auto* group = std::get_if<Group>(&operand.what);
        if (group == nullptr || !operand.fields.empty()) return false;
        const auto* last = std::get_if<FunctionName>(&group->pipeline->commands.back().operands.front().what);
        return last != nullptr && last->function->name == "toTime";
    }

    bool literal(const Token& token, Operand& to) {
        if (token.kind == Kind::string) {
            to.what = Value{token.text};
            return true;
        }
        auto number = parse_number(token.text);
        if (!number) return want(token, "a number");
        to.what = std::move(*number);
        return true;
    }

    bool name(const Token& token, Operand& to) {
        if (token.text == "true" || token.text == "false") {
            to.what = Value{token.text == "true"};
        } else if (token.text == "nil") {
            to.what = Value{Nothing{}};
        } else if (const auto* function = find_function(token.text)) {
            to.what = FunctionName{function};
        } else if (const auto why = why_unsupported(token.text); !why.empty()) {
            return refuse(token, fmt::format("{} is not supported: {}", token.text, why));
        } else if (is_keyword(token)) {
            return want(token, "an operand");
        } else {
            return want(token, "a function");
        }
        return true;
    }

    std::vector<Token> tokens_;
    std::size_t at_ = 0;
    std::size_t depth_ = 0;
    std::size_t ranges_ = 0;
    Scope scope_;
    std::optional<Error> error_;
};

}  // namespace

Result<Tree> parse(std::string_view text) {
    if (text.size() > kLongestSource)
        return Error{fmt::format("want a template of at most {} bytes, got {}", kLongestSource, text.size())};
    auto tokens = tokenize(text);
    if (!tokens) return tokens.error();
    return Parser{std::move(*tokens)}.run();
}

}  // namespace outrider::rules::templating
