#include "daemon/config/yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <utility>
#include <vector>

#include "daemon/config/read_text.h"
#include "outrider/setting_value.h"

namespace outrider::app {
namespace {

using File = std::shared_ptr<const std::string>;

Settings make_node(Settings::Kind kind, Location at) {
    Settings node;
    node.kind = kind;
    node.at = std::move(at);
    return node;
}

Settings make_scalar(Location at, const std::string& text, const std::string& tag) {
    auto node = make_node(Settings::Kind::scalar, std::move(at));
    node.text = text;
    node.quoted = tag == "!" || tag == "tag:yaml.org,2002:str";
    return node;
}

/// What stands for a file that could not be read.
Settings unreadable(Problem problem, Problems& problems) {
    auto nothing = make_node(Settings::Kind::null, {problem.at.file, 0, 0});
    problems.push_back(std::move(problem));
    return nothing;
}

/// Leaves yaml-cpp's parser from inside one of its events; caught below.
struct Refused {
    Problem problem;
};

/// Builds the tree from the parser's events, which carry a place each and need no graph of nodes.
class TreeBuilder final : public YAML::EventHandler {
public:
    TreeBuilder(File file, std::string_view source, std::size_t most, Problems& problems)
        : file_{std::move(file)}, source_{source}, most_{most}, problems_{&problems} {}

    /// One for each document.
    [[nodiscard]] std::vector<Settings> take() { return std::move(roots_); }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (roots_.size() == most_)
            refuse(mark, most_ == 1 ? "want one YAML document in a file, got a second one"
                                    : "want at most " + std::to_string(most_) + " YAML documents in a file, got more");
        roots_.push_back(make_node(Settings::Kind::null, place(mark)));
        anchors_.clear();  // they are of one document, and numbered anew in the next
    }
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        auto node = make_node(Settings::Kind::null, place(mark));
        if (!open_.empty() && open_.back().node.kind == Settings::Kind::map) {
            if (!open_.back().key) refuse(mark, "want a text as key, got nothing");
            node.at = open_.back().key->at;  // yaml-cpp's mark is that of whatever comes next
        }
        count(mark, 1);
        add(mark, std::move(node), anchor, 1, 0);
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end()) refuse(mark, "want an alias of something complete, got one of what contains it");
        if (wants_key()) refuse(mark, "want a text as key, got an alias");
        const auto& [node, nodes, depth] = found->second;
        count(mark, nodes);
        if (static_cast<int>(open_.size()) + depth > kMaxYamlDepth) refuse_depth(mark);
        add(mark, Settings{node}, 0, nodes, depth);
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        check_tag(mark, tag);
        check_quotes(mark);
        if (wants_key()) return take_key(mark, tag, value, anchor);
        count(mark, 1);
        add(mark, make_scalar(place(mark), value, tag), anchor, 1, 0);
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, Settings::Kind::list);
    }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(mark, tag, anchor, Settings::Kind::map);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapEnd() override { close(); }

private:
    struct Key {
        std::string text;
        Location at;
        bool duplicate = false;
    };
    /// A list or map whose end has not come yet.
    struct Open {
        Settings node;
        YAML::Mark mark{};
        YAML::anchor_t anchor = 0;
        std::size_t nodes = 1;
        int depth = 1;
        std::optional<Key> key;                  ///< map: read, its value is next
        std::map<std::string, Location> places;  ///< map: where each key was first
    };
    struct Anchored {
        Settings node;
        std::size_t nodes;
        int depth;
    };

    [[nodiscard]] Location place(const YAML::Mark& mark) const {
        if (mark.is_null()) return {file_, 1, 1};
        return {file_, mark.line + 1, mark.column + 1};
    }

    [[noreturn]] void refuse(const YAML::Mark& mark, std::string message) const {
        throw Refused{{place(mark), std::move(message)}};
    }
    [[noreturn]] void refuse_size(const YAML::Mark& mark) const {
        refuse(mark,
               "want at most " + std::to_string(kMaxYamlNodes) + " keys and values, aliases written out, got more");
    }
    [[noreturn]] void refuse_depth(const YAML::Mark& mark) const {
        refuse(mark, "want at most " + std::to_string(kMaxYamlDepth) + " levels of lists and maps, got more");
    }

    void check_tag(const YAML::Mark& mark, const std::string& tag) const {
        static constexpr std::array<std::string_view, 9> known{"",
                                                               "?",
                                                               "!",
                                                               "tag:yaml.org,2002:str",
                                                               "tag:yaml.org,2002:int",
                                                               "tag:yaml.org,2002:float",
                                                               "tag:yaml.org,2002:bool",
                                                               "tag:yaml.org,2002:seq",
                                                               "tag:yaml.org,2002:map"};
        if (std::ranges::find(known, tag) == known.end()) refuse(mark, "want no YAML tag, got " + as_written(tag));
    }

    /// yaml-cpp takes the end of the file for a missing closing quote.
    void check_quotes(const YAML::Mark& mark) const {
        const auto from = static_cast<std::size_t>(std::max(mark.pos, 0));
        const char quote = from < source_.size() ? source_[from] : ' ';
        if (quote != '"' && quote != '\'') return;
        auto at = from + 1;
        while (at < source_.size()) {
            const bool doubled = quote == '\'' && source_.substr(at).starts_with("''");
            if (source_[at] == quote && !doubled) return;
            at += doubled || (quote == '"' && source_[at] == '\\') ? 2U : 1U;
        }
        refuse(mark, "want a closing quote, got the end of the file");
    }

    [[nodiscard]] bool wants_key() const {
        return !open_.empty() && open_.back().node.kind == Settings::Kind::map && !open_.back().key;
    }

    void take_key(const YAML::Mark& mark, const std::string& tag, const std::string& text, YAML::anchor_t anchor) {
        count(mark, 1);
        if (text == "<<" && tag != "!") refuse(mark, "merge keys (<<) are not supported: write the settings out");
        if (anchor != 0) anchors_.insert_or_assign(anchor, Anchored{make_scalar(place(mark), text, tag), 1, 0});
        const auto [first, added] = open_.back().places.emplace(text, place(mark));
        if (!added)
            problems_->push_back({place(mark), "duplicate key " + as_written(text) + ", first at line " +
                                                   std::to_string(first->second.line)});
        open_.back().key = Key{text, place(mark), !added};
    }

    void count(const YAML::Mark& mark, std::size_t nodes) {
        if (nodes > kMaxYamlNodes - nodes_) refuse_size(mark);
        nodes_ += nodes;
    }

    void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Settings::Kind kind) {
        check_tag(mark, tag);
        if (wants_key()) refuse(mark, "want a text as key, got a list or a map");
        if (static_cast<int>(open_.size()) >= kMaxYamlDepth) refuse_depth(mark);
        count(mark, 1);
        auto& opened = open_.emplace_back();
        opened.node = make_node(kind, place(mark));
        opened.mark = mark;
        opened.anchor = anchor;
    }

    void close() {
        auto done = std::move(open_.back());
        open_.pop_back();
        add(done.mark, std::move(done.node), done.anchor, done.nodes, done.depth);
    }

    /// Puts a complete node, which has been counted, where it belongs. `nodes` are itself and all below it, `depth` the
    /// levels of lists and maps that it is.
    void add(const YAML::Mark& mark, Settings&& node, YAML::anchor_t anchor, std::size_t nodes, int depth) {
        if (anchor != 0) {
            count(mark, nodes);  // the copy that is kept for aliases
            anchors_.insert_or_assign(anchor, Anchored{node, nodes, depth});
        }
        if (open_.empty()) {
            roots_.back() = std::move(node);
            return;
        }
        auto& parent = open_.back();
        parent.nodes += nodes;
        parent.depth = std::max(parent.depth, depth + 1);
        if (parent.node.kind == Settings::Kind::list) {
            parent.node.items.push_back(std::move(node));
        } else {
            auto key = *std::exchange(parent.key, std::nullopt);
            if (!key.duplicate)
                parent.node.entries.push_back({std::move(key.text), std::move(key.at), std::move(node)});
        }
    }

    File file_;
    std::string_view source_;
    std::size_t most_;  // documents
    Problems* problems_;
    std::vector<Settings> roots_;
    std::vector<Open> open_;
    std::map<YAML::anchor_t, Anchored> anchors_;
    std::size_t nodes_ = 0;
};

/// Bytes of the UTF-8 sequence that `text` begins with; 0 when it is none (RFC 3629: shortest form, no surrogates).
std::size_t utf8_size(std::string_view text) {
    const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
    const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const auto lead = byte(0);
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
    if (lead == 0xE0 && byte(1) < 0xA0) return 0;
    if (lead == 0xED && byte(1) > 0x9F) return 0;
    if (lead >= 0xE0 && lead <= 0xEF) return tail(1) && tail(2) ? 3 : 0;
    if (lead == 0xF0 && byte(1) < 0x90) return 0;
    if (lead == 0xF4 && byte(1) > 0x8F) return 0;
    if (lead >= 0xF0 && lead <= 0xF4) return tail(1) && tail(2) && tail(3) ? 4 : 0;
    return 0;
}

/// The first byte that is no text: not UTF-8, or a control character. yaml-cpp takes byte 4 for the end of the file,
/// and guesses other encodings from NUL bytes.
std::optional<Problem> no_text(std::string_view text, const File& file) {
    constexpr std::string_view hex = "0123456789abcdef";
    int line = 1;
    std::size_t line_start = 0;
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const auto size = utf8_size(text.substr(i));
        if (size == 0 || byte == 0x7F || (byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t'))
            return Problem{{file, line, static_cast<int>(i - line_start) + 1},
                           std::string{"want UTF-8 text, got byte 0x"} + hex[byte >> 4U] + hex[byte & 15U]};
        i += size;
        if (byte == '\n') {
            ++line;
            line_start = i;
        }
    }
    return std::nullopt;
}

/// At least one document.
std::vector<Settings> parse(std::string_view text, const File& file, std::size_t most, Problems& problems) {
    const auto fail = [&](Problem problem) { return std::vector{unreadable(std::move(problem), problems)}; };
    if (text.size() > kMaxYamlBytes)
        return fail({{file}, "want at most " + std::to_string(kMaxYamlBytes >> 20U) + " MiB, got more"});
    if (auto problem = no_text(text, file)) return fail(std::move(*problem));
    try {
        std::istringstream in{std::string{text}};
        YAML::Parser parser{in};
        TreeBuilder builder{file, text, most, problems};
        bool any = false;
        while (parser.HandleNextDocument(builder)) any = true;
        if (!any) return {make_node(Settings::Kind::null, {file, 1, 1})};
        return builder.take();
    } catch (const Refused& refused) {
        return fail(refused.problem);
    } catch (const YAML::Exception& e) {
        const Location at = e.mark.is_null() ? Location{file} : Location{file, e.mark.line + 1, e.mark.column + 1};
        return fail({at, "want YAML: " + e.msg});
    } catch (const std::exception& e) {
        return fail({{file}, std::string{"want YAML: "} + e.what()});
    }
}

std::vector<Settings> load(const std::string& path, std::size_t most, Problems& problems) {
    const auto file = std::make_shared<const std::string>(path);
    auto text = read_text(path, "a YAML file", kMaxYamlBytes);
    if (!text) return {unreadable({{file}, text.error().text}, problems)};
    return parse(*text, file, most, problems);
}

}  // namespace

Settings parse_yaml(std::string_view text, std::string file_name, Problems& problems) {
    return std::move(parse(text, std::make_shared<const std::string>(std::move(file_name)), 1, problems)[0]);
}

Settings load_yaml(const std::string& path, Problems& problems) { return std::move(load(path, 1, problems)[0]); }

std::vector<Settings> load_yaml_documents(const std::string& path, std::size_t most, Problems& problems) {
    return load(path, most, problems);
}

}  // namespace outrider::app
