#!/usr/bin/python3
"""The proof that check_layers.py can fail: plants each kind of violation in a small tree and wants it named."""

import contextlib
import io
import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
LINT = os.path.join(HERE, "check_layers.py")
sys.path.insert(0, HERE)
import check_layers  # noqa: E402

# A tree in which everything is allowed, and much of it looks forbidden.
CLEAN = {
    "include/outrider/time.h": """
        #include <chrono>
        #include <cstdio>
        // steady_clock::now() in a comment, new and delete too
        using Instant = std::chrono::sys_time<std::chrono::nanoseconds>;
        inline const char* text = "std::thread, new, getenv(";
        struct Pinned { Pinned(const Pinned&) = delete; Pinned& operator=(const Pinned&) =
            delete; };
        struct Owned { static std::unique_ptr<Owned> make() { return std::unique_ptr<Owned>{new Owned{}}; } };
        inline int big = 1'000'000; inline char quote = '"'; inline int more = 2'000;  // "
        inline auto raw = R"x(std::cout << new int; "quoted" )x";
        struct Clock { virtual Instant now() const = 0; };
        inline Instant read(const Clock& clock) { return clock.now(); }
        inline int print(char* b) { return std::snprintf(b, 1, "x"); }
        """,
    "rules/engine.h": '#include <string>\n#include "outrider/time.h"\n',
    "rules/engine.cpp": '#include "rules/engine.h"\n#include <fmt/core.h>\n#include <re2/re2.h>\n',
    "rules/gotext/number.cpp": '#include "rules/gotext/number.h"\n#include <fmt/core.h>\n#include <re2/re2.h>\n',
    "rules/gotext/number.h": '#include "outrider/time.h"\n',
    "rules/CMakeLists.txt": "target_link_libraries(outrider_rules PUBLIC outrider_core) # outrider_probes never\n",
    "probes/CMakeLists.txt": "target_link_libraries(outrider_probes PUBLIC outrider_core)\n",
    "probes/shard.h": '#include <memory>\n#include "outrider/time.h"\n',
    "probes/session.h": '#include <asio/awaitable.hpp>\n',
    "probes/shard.cpp": '#include "probes/shard.h"\n#include "probes/session.h"\n#include <sys/socket.h>\n'
                        "#include <curl/curl.h>\n#include <mutex>\nstd::mutex guard;\n",
    "probes/meters/flv.cpp": '#include "probes/meters/flv.h"\n#include <span>\n',
    "probes/meters/flv.h": '#include "outrider/time.h"\n',
    "daemon/app.h": "#include <thread>\n#include <vector>\nstd::vector<std::jthread> threads;\n",
    "daemon/app.cpp": '#include "daemon/app.h"\n#include "probes/shard.h"\n#include "rules/engine.h"\n'
                      "void run() { std::jthread worker; }\n",
    "daemon/system_clock.cpp": "#include <chrono>\nauto read() { return std::chrono::steady_clock::now(); }\n",
    "daemon/config/yaml.cpp": "#include <yaml-cpp/yaml.h>\n",
    "daemon/store/sqlite.cpp": "#include <sqlite3.h>\n",
    "daemon/web/server.cpp": "#include <civetweb.h>\n#include <prometheus/registry.h>\n#include <nlohmann/json.hpp>\n",
    "daemon/web/json.h": "#include <nlohmann/json_fwd.hpp>\n",
    "daemon/systemd.cpp": "#include <systemd/sd-daemon.h>\n#include <cstdlib>\nauto socket = std::getenv(\"A\");\n",
    "daemon/main.cpp": "#include <CLI/CLI.hpp>\n#include <spdlog/spdlog.h>\nint main() {}\n",
    "daemon/commands/probe.cpp": "#include <CLI/CLI.hpp>\nauto n = std::thread::hardware_concurrency();\n",
    "tests/unit/rules/engine_test.cpp": '#include <catch2/catch.hpp>\n#include "rules/engine.h"\n'
                                        "auto now = std::chrono::steady_clock::now();\n",
    "tests/unit/probes/builder.h": '#include "support/server.h"\n',
    "tests/unit/probes/shard_test.cpp": '#include "builder.h"\n#include <asio.hpp>\n',
    "tests/unit/daemon/store_test.cpp": '#include "unit/daemon/support.h"\n#include <sqlite3.h>\n',
}

# (file, its text, line of the violation, rule, part of the message). The file replaces that of CLEAN, or is added.
VIOLATIONS = (
    # layer: who includes whom
    ("include/outrider/a.h", '#pragma once\n#include "rules/engine.h"\n', 2, "layer", "rules/engine.h"),
    ("rules/a.cpp", '// a\n\n#include "probes/shard.h"\n', 3, "layer", "probes/shard.h"),
    ("rules/a.cpp", '#include "daemon/app.h"\n', 1, "layer", "daemon/app.h"),
    ("probes/a.cpp", '#include "rules/engine.h"\n', 1, "layer", "rules/engine.h"),
    ("probes/a.cpp", '#include "daemon/app.h"\n', 1, "layer", "daemon/app.h"),
    ("probes/meters/a.cpp", '#include "probes/shard.h"\n', 1, "layer", "probes/shard.h"),
    ("rules/gotext/a.cpp", '#include "rules/engine.h"\n', 1, "layer", "rules/engine.h"),
    ("tests/unit/core/a_test.cpp", '#include "rules/engine.h"\n', 1, "layer", "rules/engine.h"),
    ("tests/unit/rules/a_test.cpp", '#include "probes/shard.h"\n', 1, "layer", "probes/shard.h"),
    ("tests/unit/probes/a_test.cpp", '#include "rules/engine.h"\n', 1, "layer", "rules/engine.h"),
    # library: what a folder may use
    ("include/outrider/a.h", "#include <fmt/core.h>\n", 1, "library", "fmt/core.h"),
    ("rules/a.cpp", "#include <asio.hpp>\n", 1, "library", "asio.hpp"),
    ("rules/a.cpp", "#include <nlohmann/json.hpp>\n", 1, "library", "nlohmann"),
    ("probes/a.cpp", "#include <fmt/core.h>\n", 1, "library", "fmt/core.h"),
    ("probes/a.cpp", "#include <spdlog/spdlog.h>\n", 1, "library", "spdlog"),
    ("probes/meters/a.cpp", "#include <asio/io_context.hpp>\n", 1, "library", "asio"),
    ("probes/meters/a.cpp", "extern \"C\" {\n#  include <libavutil/avutil.h>\n}\n", 2, "library", "libavutil"),
    ("daemon/notify/a.cpp", "#include <curl/curl.h>\n", 1, "library", "curl"),
    # confined: one place for a library
    ("daemon/config/a.cpp", "#include <yaml-cpp/yaml.h>\n", 1, "confined", "daemon/config/yaml.cpp"),
    ("probes/net/a.cpp", "#include <srt/srt.h>\n", 1, "confined", "probes/srt/"),
    ("daemon/store/a.cpp", "#include <sqlite3.h>\n", 1, "confined", "daemon/store/sqlite.cpp"),
    ("daemon/app.cpp", '#include "civetweb.h"\n', 1, "confined", "daemon/web/"),
    ("daemon/app.cpp", "#include <prometheus/registry.h>\n", 1, "confined", "daemon/telemetry/"),
    ("daemon/app.cpp", "#include <CLI/CLI.hpp>\n", 1, "confined", "daemon/commands/"),
    ("daemon/app.cpp", "#include <systemd/sd-daemon.h>\n", 1, "confined", "daemon/systemd.cpp"),
    ("daemon/app.cpp", "#include <zstd.h>\n", 1, "confined", "daemon/journal/"),
    ("daemon/app.cpp", "#include <pugixml.hpp>\n", 1, "confined", "daemon/commands/junit.cpp"),
    ("daemon/app.cpp", "#include <libpq-fe.h>\n", 1, "confined", "daemon/store/"),
    # private and leak: libraries do not travel in headers
    ("rules/a.h", "#include <re2/re2.h>\n", 1, "private", "re2"),
    ("probes/shared.h", "#include <curl/curl.h>\n", 1, "private", "curl"),
    ("daemon/web/a.h", "#include <nlohmann/json.hpp>\n", 1, "private", "nlohmann"),
    ("daemon/app.cpp", '\n#include "probes/session.h"\n', 2, "leak", "probes/session.h -> asio/awaitable.hpp"),
    ("probes/shard.h", '#include "probes/session.h"\n', 2, "leak",
     "probes/shard.h -> probes/session.h -> asio/awaitable.hpp", "daemon/app.cpp"),
    # pure: headers
    ("include/outrider/a.h", "#include <thread>\n", 1, "pure", "<thread>"),
    ("rules/a.cpp", "#include <fstream>\n", 1, "pure", "<fstream>"),
    ("rules/a.cpp", "#include <iostream>\n", 1, "pure", "<iostream>"),
    ("rules/a.cpp", "#include <mutex>\n", 1, "pure", "<mutex>"),
    ("rules/a.cpp", "#include <unistd.h>\n", 1, "pure", "<unistd.h>"),
    ("probes/meters/a.cpp", "#include <filesystem>\n", 1, "pure", "<filesystem>"),
    # io: calls
    ("rules/a.cpp", "void f() {\n    std::cout << 1;\n}\n", 2, "io", "std::cout"),
    ("rules/a.cpp", "auto f() { return std::getenv(\"HOME\"); }\n", 1, "io", "getenv"),
    ("rules/a.cpp", "auto f() { std::printf(\"x\"); }\n", 1, "io", "printf"),
    ("rules/a.cpp", "std::random_device seed;\n", 1, "io", "random_device"),
    ("include/outrider/a.h", "inline int f() { return rand(); }\n", 1, "io", "rand"),
    # clock
    ("rules/a.cpp", "auto f() { return std::chrono::system_clock::now(); }\n", 1, "clock", "system_clock::now"),
    ("probes/a.cpp", "using namespace std::chrono;\nauto f() { return steady_clock :: now(); }\n", 2, "clock",
     "steady_clock"),
    ("daemon/app.cpp", "auto f() { return std::chrono::high_resolution_clock::now(); }\n", 1, "clock", "high_res"),
    ("daemon/app.cpp", "auto f() { return ::time(nullptr); }\n", 1, "clock", "time"),
    ("daemon/app.cpp", "auto f() { return std::time(0); }\n", 1, "clock", "time"),
    ("rules/a.cpp", "auto f() { return std::clock(); }\n", 1, "clock", "std::clock"),
    ("probes/meters/a.cpp", "void f(timeval* t) { gettimeofday(t, nullptr); }\n", 1, "clock", "gettimeofday"),
    ("include/outrider/a.h", "void f(timespec* t) { clock_gettime(1, t); }\n", 1, "clock", "clock_gettime"),
    ("probes/a.cpp", "/* long\n comment */ using Time = std::chrono::steady_clock;\n", 2, "clock", "another name"),
    # thread
    ("daemon/web/a.cpp", "void f() { std::thread worker; }\n", 1, "thread", "std::thread"),
    ("probes/a.cpp", "\n\nstd::jthread worker;\n", 3, "thread", "std::jthread"),
    ("probes/a.cpp", "auto f() { return std::async([] {}); }\n", 1, "thread", "std::async"),
    ("daemon/commands/probe/table.cpp", "std::jthread drawer;\n", 1, "thread", "std::jthread"),
    ("daemon/a.cpp", "asio::thread_pool pool;\n", 1, "thread", "thread_pool"),
    ("rules/a.cpp", "std::mutex guard;\n", 1, "thread", "std::mutex"),
    # sleep
    ("tests/unit/rules/a_test.cpp", "void f() { std::this_thread::sleep_for(1s); }\n", 1, "sleep", "sleep_for"),
    ("tests/unit/daemon/a_test.cpp", "void f() { ::usleep(1); }\n", 1, "sleep", "usleep"),
    ("daemon/app.cpp", "void f() { sleep(1); }\n", 1, "sleep", "sleep"),
    # bare-new
    ("daemon/app.cpp", "int* f() { return new int; }\n", 1, "bare-new", "new"),
    ("probes/a.cpp", "void f(int* p) {\n  delete p;\n}\n", 2, "bare-new", "delete"),
    ("tests/unit/core/a_test.cpp", "void f(int* p) { delete[] p; }\n", 1, "bare-new", "delete"),
    # unknown: nothing slips through unnamed
    ("daemon/app.cpp", "#include <boost/asio.hpp>\n", 1, "unknown", "boost/asio.hpp"),
    ("rules/a.cpp", '#include "engine.h"\n', 1, "unknown", "engine.h"),
    ("rules/a.cpp", "#include RULES_HEADER\n", 1, "unknown", "macro"),
    # link
    ("rules/CMakeLists.txt", "\ntarget_link_libraries(outrider_rules PRIVATE outrider_probes)\n", 2, "link",
     "outrider_probes"),
    ("probes/CMakeLists.txt", "target_link_libraries(outrider_probes PRIVATE outrider_app)\n", 1, "link",
     "outrider_app"),
)


def write_tree(root, files):
    for path, text in files.items():
        full = os.path.join(root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)


class CheckLayersTest(unittest.TestCase):
    def lint(self, root):
        """Exit code and lines of the output."""
        output = io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(io.StringIO()):
            code = check_layers.main([root])
        return code, output.getvalue().splitlines()

    def test_a_clean_tree_passes(self):
        with tempfile.TemporaryDirectory() as root:
            write_tree(root, CLEAN)
            self.assertEqual(self.lint(root), (0, []))

    def test_every_violation_is_named_with_file_line_and_rule(self):
        for path, text, line, rule, message, *elsewhere in VIOLATIONS:
            reported = elsewhere[0] if elsewhere else path  # a leak shows in the file that includes the header
            with self.subTest(path=path, text=text), tempfile.TemporaryDirectory() as root:
                write_tree(root, {**CLEAN, path: text})
                code, lines = self.lint(root)
                self.assertEqual(code, 1)
                self.assertTrue(any(found.startswith(f"{reported}:{line}: {rule}: ") and message in found
                                    for found in lines), f"not named: {lines}")
                others = [found for found in lines[:-1] if f": {rule}: " not in found]
                self.assertEqual(others, [], "more than the planted violation")

    def test_every_rule_of_the_tables_is_planted(self):
        rules = {ban.rule for ban in check_layers.BANS} | {
            "layer", "library", "confined", "private", "leak", "pure", "unknown", "link"}
        self.assertEqual(rules, {violation[3] for violation in VIOLATIONS})
        for ban in check_layers.BANS:
            self.assertTrue(any(rule == ban.rule and check_layers.re.search(ban.pattern, text)
                                for _, text, _, rule, *_ in VIOLATIONS), f"no violation for {ban.pattern}")
        confined = {library.name for library in check_layers.LIBRARIES if library.confined_to}
        planted = {check_layers.library_of(text.split('"' if '"' in text else "<")[1].rstrip('">\n')).name
                   for _, text, _, rule, *_ in VIOLATIONS if rule == "confined"}
        self.assertEqual(confined, planted)

    def test_a_folder_that_is_not_the_project_is_refused(self):
        with tempfile.TemporaryDirectory() as root:
            self.assertEqual(self.lint(root)[0], 64)

    def test_the_program_prints_the_violations_and_fails(self):
        with tempfile.TemporaryDirectory() as root:
            write_tree(root, {**CLEAN, "rules/a.cpp": "\n#include <thread>\n"})
            result = subprocess.run([sys.executable, "-B", LINT, root], capture_output=True, text=True, check=False)
            self.assertEqual(result.returncode, 1)
            self.assertTrue(result.stdout.startswith("rules/a.cpp:2: pure: <thread>: "), result.stdout)


if __name__ == "__main__":
    unittest.main()
