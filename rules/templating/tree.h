// A template as parsed: text, actions and blocks. Variables are numbered by how deep they stand, so that running one
// needs no names.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "rules/templating/functions/table.h"
#include "rules/templating/value.h"

namespace outrider::rules::templating {

/// The variables that every template begins with: `$`, `$labels`, `$externalLabels`, `$externalURL`, `$value`.
enum Slot : std::size_t {
    slot_root,
    slot_labels,
    slot_external_labels,
    slot_external_url,
    slot_value,
    slot_first_free
};

struct Pipeline;

struct Dot {};
struct Variable {
    std::size_t slot = 0;
};
struct FunctionName {
    const Function* function = nullptr;
};
struct Group {
    std::unique_ptr<Pipeline> pipeline;  // in parentheses
};

/// One word of a command, and the fields asked of it: `$labels.pop` is a variable with one field.
struct Operand {
    std::size_t offset = 0;
    std::variant<Dot, Value, Variable, FunctionName, Group> what;
    std::vector<std::string> fields;
};

struct Command {
    std::vector<Operand> operands;  // never empty
};

struct Pipeline {
    std::size_t offset = 0;
    std::vector<std::size_t> slots;  // what it declares or assigns: nothing, one, or two for a range
    bool declares = false;           // := and not =
    std::vector<Command> commands;   // never empty
};

struct Node;
using Nodes = std::vector<Node>;

struct Action {
    Pipeline pipeline;
};
/// if and with, their `else if` and `else with`, and their else: the first branch whose condition holds.
struct Choice {
    struct Branch {
        Pipeline condition;
        bool sets_dot = false;  // with
        Nodes body;
    };
    std::vector<Branch> branches;
    Nodes otherwise;
};
struct Range {
    Pipeline over;
    Nodes body;
    Nodes otherwise;
};
enum class Jump : std::uint8_t { none, break_range, continue_range };

struct Node {
    std::variant<std::string, Action, Choice, Range, Jump> what;
};

struct Tree {
    Nodes nodes;
    std::size_t slots = slot_first_free;  // how many variables are alive at most
};

}  // namespace outrider::rules::templating
