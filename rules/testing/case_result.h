// What became of one case of a test file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace outrider::rules::testing {

enum class Verdict : std::uint8_t { passed, failed, unsupported };

struct CaseResult {
    std::string place;  ///< `file:line`, or `file:line:column`
    std::string name;   ///< what was tried, in the file's words
    Verdict verdict = Verdict::passed;
    std::string details{};    ///< failed: expectation and result; lines, each ends in a newline
    std::string construct{};  ///< unsupported: what it would need
};

struct Tally {
    std::size_t passed = 0;
    std::size_t failed = 0;
    std::size_t unsupported = 0;
    std::map<std::string, std::size_t> constructs{};  ///< unsupported cases by construct
};

[[nodiscard]] inline Tally tally(const std::vector<CaseResult>& cases) {
    Tally sum;
    for (const auto& one : cases) {
        switch (one.verdict) {
            case Verdict::passed: ++sum.passed; break;
            case Verdict::failed: ++sum.failed; break;
            case Verdict::unsupported:
                ++sum.unsupported;
                ++sum.constructs[one.construct];
                break;
        }
    }
    return sum;
}

}  // namespace outrider::rules::testing
