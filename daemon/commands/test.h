// `outrider test FILE...`: unit tests of rules, and acceptance scripts of the language.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}

namespace outrider::app {

struct TestOptions {
    std::vector<std::string> files;
    bool promql = false;  ///< the files are scripts in Prometheus's promqltest language
    std::string junit;    ///< file to write results to in JUnit's XML; empty: none
};

/// The command's arguments.
CLI::App* add_test_command(CLI::App& app, TestOptions& options);

/// Writes the failures and, last, `N passed, N failed, N unsupported` to `out`, and what is wrong with the files to
/// `err`. Returns 78 (EX_CONFIG) when a file is bad, else 1 when a case failed or, of rule unit tests, is unsupported,
/// else 0; 73 (EX_CANTCREAT) when the results cannot be written.
int test(const TestOptions& options, std::ostream& out, std::ostream& err);

}  // namespace outrider::app
