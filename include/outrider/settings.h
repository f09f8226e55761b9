// A settings file as a tree in which every key and value knows its place, so that any reader of it, in any module, can
// say `file:line:col: what was wanted`. Built from YAML in daemon/config/yaml.cpp; read with SettingsReader.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

namespace outrider {

/// Line and column count from 1; 0 means the file as a whole.
struct Location {
    std::shared_ptr<const std::string> file;
    int line = 0;
    int column = 0;

    /// `file:line:col`, or `file` for the whole.
    [[nodiscard]] std::string to_string() const {
        std::string text = file ? *file : std::string{"?"};
        if (line > 0) text += ":" + std::to_string(line) + ":" + std::to_string(column);
        return text;
    }
};

/// `text` on one line: control characters as \xNN.
[[nodiscard]] inline std::string on_one_line(std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7F) {
            out += {'\\', 'x', hex[byte >> 4U], hex[byte & 15U]};
        } else {
            out += c;
        }
    }
    return out;
}

/// Something wrong with what a person wrote.
struct Problem {
    Location at;
    std::string message;
    /// One line, whatever names and values the message repeats.
    [[nodiscard]] std::string to_string() const { return on_one_line(at.to_string() + ": " + message); }
};
using Problems = std::vector<Problem>;

/// Sorts by file, line and column, as a person walks through them; what has one place keeps its order.
inline void sort_by_place(Problems& problems) {
    const auto place = [](const Problem& p) {
        return std::tuple{p.at.file ? std::string_view{*p.at.file} : std::string_view{}, p.at.line, p.at.column};
    };
    std::ranges::stable_sort(problems, {}, place);
}

struct Settings;
struct SettingsEntry;

/// One node. `null` is a key without a value, or an explicit ~. The root of a file that could not be read at all (which
/// has been reported) is null with `at.line` 0.
struct Settings {
    enum class Kind { null, scalar, list, map };
    Kind kind = Kind::null;
    Location at;
    std::string text;                    ///< scalar: as written, quotes and escapes resolved
    bool quoted = false;                 ///< scalar: written in quotes, so never a number or a bool
    std::vector<Settings> items;         ///< list
    std::vector<SettingsEntry> entries;  ///< map, in the file's order, duplicates already reported and dropped
};

struct SettingsEntry {
    std::string key;
    Location at;
    Settings value;
};

}  // namespace outrider
