#include "daemon/commands/junit.h"

#include <pugixml.hpp>
#include <sstream>

namespace outrider::app {
namespace {

using rules::testing::Verdict;

/// XML 1.0 has no way to write other control characters, not even as a reference.
std::string printable(std::string text) {
    for (char& c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 && c != '\n' && c != '\t') c = '?';
    }
    return text;
}

void set(pugi::xml_node& node, const char* name, const std::string& value) {
    node.append_attribute(name).set_value(printable(value).c_str());
}

void set_counts(pugi::xml_node& node, const rules::testing::Tally& sum, std::size_t errors) {
    set(node, "tests", std::to_string(sum.passed + sum.failed + sum.unsupported + errors));
    set(node, "failures", std::to_string(sum.failed));
    set(node, "errors", std::to_string(errors));
    set(node, "skipped", std::to_string(sum.unsupported));
}

void add_case(pugi::xml_node& suite, const std::string& file, const rules::testing::CaseResult& result) {
    auto node = suite.append_child("testcase");
    set(node, "classname", file);
    set(node, "name", result.place + ": " + result.name);
    switch (result.verdict) {
        case Verdict::passed: break;
        case Verdict::failed: {
            auto failure = node.append_child("failure");
            set(failure, "message", result.place + ": not as expected");
            failure.text().set(printable(result.details).c_str());
            break;
        }
        case Verdict::unsupported: {
            auto skipped = node.append_child("skipped");
            set(skipped, "message", "unsupported: " + result.construct);
            break;
        }
    }
}

}  // namespace

std::string junit_xml(const std::vector<TestSuite>& suites) {
    pugi::xml_document document;
    auto root = document.append_child("testsuites");
    for (const auto& suite : suites) {
        auto node = root.append_child("testsuite");
        set(node, "name", suite.file);
        set_counts(node, rules::testing::tally(suite.cases), suite.error.empty() ? 0 : 1);
        for (const auto& one : suite.cases) add_case(node, suite.file, one);
        if (suite.error.empty()) continue;
        auto bad = node.append_child("testcase");
        set(bad, "classname", suite.file);
        set(bad, "name", suite.file);
        auto error = bad.append_child("error");
        set(error, "message", "the file cannot be tested");
        error.text().set(printable(suite.error).c_str());
    }
    std::ostringstream out;
    document.save(out, "  ");
    return out.str();
}

}  // namespace outrider::app
