#include "rules/templating/expander.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "rules/templating/budget.h"
#include "rules/templating/printf.h"

namespace outrider::rules::templating {
namespace {

Error at(std::size_t offset, std::string_view what) { return Error{fmt::format("at offset {}: {}", offset, what)}; }

class Expander {
public:
    Expander(const Tree& tree, const TemplateData& data) : tree_(tree), data_(data), variables_(tree.slots) {
        variables_[slot_root] = &data;
        variables_[slot_labels] = &data.labels;
        variables_[slot_external_labels] = &data.external_labels;
        variables_[slot_external_url] = std::string{data.external_url};
        variables_[slot_value] = data.value;
    }

    Result<std::string> run() {
        (void)walk(tree_.nodes, &data_);
        if (error_) return std::move(*error_);
        return std::move(text_);
    }

private:
    bool fail(Error error) {
        if (!error_) error_ = std::move(error);
        return false;
    }
    bool spend(std::size_t units, std::size_t offset) {
        return budget_.spend(units) || fail(at(offset, "the template needs too much work"));
    }

    /// Stops early at a jump, and at an error.
    Jump walk(const Nodes& nodes, const Value& dot) {
        for (const auto& node : nodes) {
            if (error_) break;
            if (const auto* jump = std::get_if<Jump>(&node.what)) return *jump;
            if (const auto* text = std::get_if<std::string>(&node.what)) {
                (void)write(*text, 0);
            } else if (const auto* action = std::get_if<Action>(&node.what)) {
                act(*action, dot);
            } else if (const auto* choice = std::get_if<Choice>(&node.what)) {
                if (const auto jump = choose(*choice, dot); jump != Jump::none) return jump;
            } else if (const auto* range = std::get_if<Range>(&node.what)) {
                if (const auto jump = repeat(*range, dot); jump != Jump::none) return jump;
            }
        }
        return Jump::none;
    }

    bool write(std::string_view text, std::size_t offset) {
        if (!spend(text.size() + 1, offset)) return false;
        if (text_.size() + text.size() > kLongestText)
            return fail(Error{fmt::format("the text became longer than {} bytes", kLongestText)});
        text_ += text;
        return true;
    }

    void act(const Action& action, const Value& dot) {
        const auto value = evaluate(action.pipeline, dot);
        if (value && action.pipeline.slots.empty()) (void)write(show(*value), action.pipeline.offset);
    }

    Jump choose(const Choice& choice, const Value& dot) {
        for (const auto& [condition, sets_dot, body] : choice.branches) {
            const auto value = evaluate(condition, dot);
            if (!value) return Jump::none;
            if (is_true(*value)) return walk(body, sets_dot ? *value : dot);
        }
        return walk(choice.otherwise, dot);
    }

    Jump repeat(const Range& range, const Value& dot) {
        const auto over = evaluate(range.over, dot);
        if (!over) return Jump::none;
        bool any = false;
        auto jump = Jump::none;
        // True: go on with the next element.
        const auto once = [&](const Value* key, const Value& element) {
            any = true;
            if (!spend(1, range.over.offset)) return false;
            const auto& slots = range.over.slots;
            if (slots.size() == 2 && key != nullptr) variables_[slots[0]] = *key;
            if (!slots.empty()) variables_[slots.back()] = element;
            jump = walk(range.body, element);
            return !error_ && jump != Jump::break_range;
        };
        if (!each(*over, range.over, once)) return Jump::none;
        return any ? Jump::none : walk(range.otherwise, dot);
    }

    template <class Once>
    bool each(const Value& over, const Pipeline& pipeline, Once once) {
        if (std::holds_alternative<Nothing>(over)) return true;
        if (const auto* labels = std::get_if<const Labels*>(&over)) {
            for (const auto& [name, text] : **labels) {
                const Value key{name};
                if (!once(&key, Value{text})) break;
            }
            return true;
        }
        if (const auto* fields = std::get_if<std::shared_ptr<const Fields>>(&over)) {
            for (const auto& [name, value] : (*fields)->of) {
                const Value key{name};
                if (!once(&key, value)) break;
            }
            return true;
        }
        const auto* count = std::get_if<std::int64_t>(&over);
        if (count == nullptr || pipeline.slots.size() == 2)
            return fail(
                at(pipeline.offset, fmt::format("range can't iterate over a value of type {}", type_name(over))));
        for (std::int64_t i = 0; i < *count; ++i)
            if (!once(nullptr, Value{i})) break;
        return true;
    }

    /// nullopt: failed.
    std::optional<Value> evaluate(const Pipeline& pipeline, const Value& dot) {
        std::optional<Value> value;
        for (const auto& command : pipeline.commands) {
            value = evaluate(command, dot, std::move(value));
            if (!value) return std::nullopt;
        }
        for (const auto slot : pipeline.slots) {
            if (!charge(*value, pipeline.offset)) return std::nullopt;
            variables_[slot] = *value;
        }
        return value;
    }

    /// What copying the value costs.
    bool charge(const Value& value, std::size_t offset) {
        const auto* text = std::get_if<std::string>(&value);
        return spend(1 + (text != nullptr ? text->size() : 0), offset);
    }

    std::optional<Value> evaluate(const Command& command, const Value& dot, std::optional<Value> piped) {
        const auto& first = command.operands.front();
        const auto* function = std::get_if<FunctionName>(&first.what);
        if (function != nullptr && first.fields.empty())
            return call(command, *function->function, dot, std::move(piped));
        if (command.operands.size() > 1 || piped) {
            fail(at(first.offset, "only a function takes arguments"));
            return std::nullopt;
        }
        if (const auto* value = std::get_if<Value>(&first.what); value != nullptr && value->index() == 0) {
            fail(at(first.offset, "nil is not a command"));
            return std::nullopt;
        }
        return evaluate(first, dot);
    }

    std::optional<Value> evaluate(const Operand& operand, const Value& dot) {
        std::optional<Value> value;
        if (std::holds_alternative<Dot>(operand.what)) {
            value = dot;
        } else if (const auto* literal = std::get_if<Value>(&operand.what)) {
            value = *literal;
        } else if (const auto* variable = std::get_if<Variable>(&operand.what)) {
            value = variables_[variable->slot];
        } else if (const auto* group = std::get_if<Group>(&operand.what)) {
            value = evaluate(*group->pipeline, dot);
        } else if (const auto* function = std::get_if<FunctionName>(&operand.what)) {
            value = run(*function->function, {}, operand.offset);
        }
        if (!value || !charge(*value, operand.offset)) return std::nullopt;
        for (const auto& name : operand.fields) {
            auto next = field(*value, name);
            if (!next) {
                fail(at(operand.offset, next.error().text));
                return std::nullopt;
            }
            value = std::move(*next);
            if (!charge(*value, operand.offset)) return std::nullopt;
        }
        return value;
    }

    static Result<Value> field(const Value& of, const std::string& name) {
        if (const auto* labels = std::get_if<const Labels*>(&of)) return Value{std::string{(*labels)->value_of(name)}};
        if (const auto* fields = std::get_if<std::shared_ptr<const Fields>>(&of)) {
            const auto found = (*fields)->of.find(name);
            return found == (*fields)->of.end() ? Value{Nothing{}} : found->second;
        }
        if (const auto* root = std::get_if<const TemplateData*>(&of)) {
            if (name == "Labels") return Value{&(*root)->labels};
            if (name == "ExternalLabels") return Value{&(*root)->external_labels};
            if (name == "ExternalURL") return Value{std::string{(*root)->external_url}};
            if (name == "Value") return Value{(*root)->value};
            return Error{fmt::format("want .Labels, .ExternalLabels, .ExternalURL or .Value, got .{}", name)};
        }
        return Error{fmt::format("can't evaluate field {} in type {}", name, type_name(of))};
    }

    std::optional<Value> call(const Command& command, const Function& function, const Value& dot,
                              std::optional<Value> piped) {
        const auto offset = command.operands.front().offset;
        const auto count = command.operands.size() - 1 + (piped ? 1 : 0);
        if (!takes(function, count)) {
            fail(
                at(offset, fmt::format("{} does not take {} argument{}", function.name, count, count == 1 ? "" : "s")));
            return std::nullopt;
        }
        if (function.run == nullptr) return first_decisive(command, function.name == "or", dot, std::move(piped));
        std::vector<Value> arguments;
        for (std::size_t i = 1; i < command.operands.size(); ++i) {
            auto value = evaluate(command.operands[i], dot);
            if (!value) return std::nullopt;
            arguments.push_back(std::move(*value));
        }
        if (piped) arguments.push_back(std::move(*piped));
        return run(function, arguments, offset);
    }

    /// and, or: the first argument that decides, or the last; those after it are not evaluated.
    std::optional<Value> first_decisive(const Command& command, bool truth, const Value& dot,
                                        std::optional<Value> piped) {
        std::optional<Value> value;
        for (std::size_t i = 1; i < command.operands.size(); ++i) {
            value = evaluate(command.operands[i], dot);
            if (!value || is_true(*value) == truth) return value;
        }
        return piped ? std::move(piped) : std::move(value);
    }

    static bool takes(const Function& function, std::size_t count) {
        const bool any = function.parameters.ends_with('*');
        const auto named = function.parameters.size() - (any ? 2 : 0);
        return any ? count >= named : count == named;
    }

    std::optional<Value> run(const Function& function, std::span<const Value> arguments, std::size_t offset) {
        const auto complain = [&](std::string_view what) {
            fail(at(offset, fmt::format("{}: {}", function.name, what)));
            return std::nullopt;
        };
        if (!takes(function, arguments.size()) || function.run == nullptr) return complain("wants arguments");
        for (std::size_t i = 0; i < arguments.size() && i < function.parameters.size(); ++i)
            if (function.parameters[i] == 's' && !std::holds_alternative<std::string>(arguments[i]))
                return complain(
                    fmt::format("wrong type of argument {}: want string, got {}", i + 1, type_name(arguments[i])));
        auto value = function.run({arguments, data_, budget_});
        if (!value) return complain(value.error().text);
        const auto* text = std::get_if<std::string>(&*value);
        if (text != nullptr && text->size() > kLongestText)
            return complain(fmt::format("its text is longer than {} bytes", kLongestText));
        if (!charge(*value, offset)) return std::nullopt;
        return std::move(*value);
    }

    const Tree& tree_;
    const TemplateData& data_;
    std::vector<Value> variables_;
    Budget budget_;
    std::string text_;
    std::optional<Error> error_;
};

}  // namespace

Result<std::string> expand(const Tree& tree, const TemplateData& data) { return Expander{tree, data}.run(); }

}  // namespace outrider::rules::templating
