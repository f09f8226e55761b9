#!/usr/bin/python3
"""The law between the modules, checked on the text of the sources: who may include what, and who may do what.

    check_layers.py [ROOT]

Prints `file:line: rule: message` for each violation, sorted; exit 1 when there are any, 64 on a wrong call.

The law is the tables below and nothing else: a new folder, library or exception is a line in one of them. It reads
text, not a syntax tree: comments and literals are blanked first, and a call hidden behind a macro or an alias of an
alias is not seen. Linking (a module's tests link that module only) and compiling each header alone cover the rest.
"""

import os
import re
import sys
from dataclasses import dataclass

# --- what is looked at ---

SOURCES = (".cpp", ".h", ".def", ".cc", ".cxx", ".hpp", ".hh", ".c", ".ipp", ".inl")
HEADERS = (".h", ".def", ".hpp", ".hh", ".ipp", ".inl")
TREES = ("include", "rules", "probes", "daemon", "tests/unit")


@dataclass(frozen=True)
class Zone:
    """A folder and its law. The longest matching `path` governs a file."""

    path: str
    ours: tuple            # what of the project it may include, by prefix
    third_party: tuple     # names of the table LIBRARIES
    pure: bool = False     # no I/O, no thread, no clock
    posix: bool = False    # POSIX and Linux headers allowed
    product: bool = True   # False: a test


CORE = "outrider/"
ZONES = (
    Zone("include/outrider/", (CORE,), (), pure=True),
    Zone("rules/", (CORE, "rules/"), ("fmt", "re2"), pure=True),
    Zone("rules/gotext/", (CORE, "rules/gotext/"), ("fmt", "re2"), pure=True),
    Zone("probes/", (CORE, "probes/"), ("asio", "curl", "libav", "srt", "xxhash", "pugixml"), posix=True),
    Zone("probes/meters/", (CORE, "probes/meters/"), ("xxhash",), pure=True),
    Zone("daemon/", (CORE, "rules/", "probes/", "daemon/"),
         ("fmt", "spdlog", "json", "yaml-cpp", "sqlite", "libpq", "civetweb", "prometheus", "cli11", "systemd", "zstd",
          "pugixml"),
         posix=True),
    Zone("tests/unit/", (CORE, "unit/", "support/"), ("catch2",), product=False),
    Zone("tests/unit/rules/", (CORE, "unit/", "support/", "rules/"), ("catch2",), product=False),
    Zone("tests/unit/probes/", (CORE, "unit/", "support/", "probes/"), ("catch2", "asio", "curl", "libav", "srt"),
         posix=True, product=False),
    Zone("tests/unit/daemon/", (CORE, "unit/", "support/", "rules/", "probes/", "daemon/"),
         ("catch2", "json", "sqlite", "cli11"), posix=True, product=False),
)


@dataclass(frozen=True)
class Library:
    """A third-party library: the includes that mean it, and the only places in the product that may use it."""

    name: str
    includes: tuple           # prefixes of the include's text
    confined_to: tuple = ()   # files or folders/; empty: wherever the zone allows it


LIBRARIES = (
    Library("fmt", ("fmt/",)),
    Library("re2", ("re2/",)),
    Library("asio", ("asio.hpp", "asio/")),
    Library("curl", ("curl/",)),
    Library("libav", ("libavformat/", "libavcodec/", "libavutil/")),
    Library("srt", ("srt/",), ("probes/srt/",)),
    Library("xxhash", ("xxhash.h",)),
    Library("pugixml", ("pugixml.hpp",), ("probes/", "daemon/commands/junit.cpp")),
    Library("spdlog", ("spdlog/",)),
    Library("json", ("nlohmann/",)),
    Library("yaml-cpp", ("yaml-cpp/",), ("daemon/config/yaml.cpp",)),
    Library("sqlite", ("sqlite3.h",), ("daemon/store/sqlite.cpp", "daemon/store/sqlite.h")),
    Library("libpq", ("libpq-fe.h",), ("daemon/store/",)),
    Library("civetweb", ("civetweb.h",), ("daemon/web/",)),
    Library("prometheus", ("prometheus/",), ("daemon/telemetry/", "daemon/web/")),
    Library("cli11", ("CLI/",), ("daemon/commands/", "daemon/main.cpp")),
    Library("systemd", ("systemd/",), ("daemon/systemd.cpp",)),
    Library("zstd", ("zstd.h",), ("daemon/journal/",)),
    Library("catch2", ("catch2/",)),
)

# Libraries are PRIVATE to a module. A header names one only when it is listed here, and then no other module may reach
# that header, not even by way of a third. (header or folder/, include prefix, reason)
INTERNAL_HEADERS = (
    ("daemon/", "nlohmann/json_fwd.hpp", "forward declarations only, made for headers"),
    ("probes/session.h", "asio/", "a session is a coroutine, and its type is asio::awaitable"),
    ("probes/net/", "asio/", "the HTTP client between the sessions and the reactor"),
    ("probes/net/", "curl/", "the same: it wraps libcurl's handles"),
    ("probes/net/libav_support.h", "libav", "the same: options and interrupts of libavformat"),
    ("probes/srt/", "asio/", "sockets of a library between the session and the reactor"),
    ("probes/path/", "asio/", "the same: addresses"),
    ("probes/udp/", "asio/", "the same: addresses"),
    ("probes/srt/", "srt/", "it wraps libsrt's sockets"),
)

STANDARD = frozenset("""
    algorithm any array atomic barrier bit bitset cassert cctype cerrno cfenv cfloat charconv chrono cinttypes climits
    clocale cmath codecvt compare complex concepts condition_variable coroutine csetjmp csignal cstdarg cstddef cstdint
    cstdio cstdlib cstring ctime cuchar cwchar cwctype deque exception execution filesystem format forward_list fstream
    functional future initializer_list iomanip ios iosfwd iostream istream iterator latch limits list locale map memory
    memory_resource mutex new numbers numeric optional ostream queue random ranges ratio regex scoped_allocator
    semaphore set shared_mutex source_location span sstream stack stdexcept stop_token streambuf string string_view
    syncstream system_error thread tuple type_traits typeindex typeinfo unordered_map unordered_set utility valarray
    variant vector version
""".split())

POSIX = re.compile(
    r"^(sys|netinet|arpa|net|linux|asm|bits)/|^(aio|cpio|dirent|dlfcn|endian|err|errno|fcntl|fnmatch|getopt|glob|grp|"
    r"ifaddrs|limits|math|netdb|poll|pthread|pwd|resolv|sched|semaphore|signal|spawn|stdint|stdio|stdlib|string|"
    r"strings|sysexits|syslog|termios|time|unistd|wait)\.h$")

# Standard headers that a pure zone has no use for.
IMPURE_HEADERS = frozenset("""
    barrier condition_variable csignal ctime filesystem fstream future iostream latch mutex semaphore shared_mutex
    stop_token syncstream thread
""".split())


@dataclass(frozen=True)
class Ban:
    """A pattern in the code, and where it is an error."""

    rule: str
    pattern: str
    message: str
    zones: str                # "pure", "product" or "all"
    allowed_in: tuple = ()    # files that exist to do it


CLOCK_HOLDER = ("daemon/system_clock.cpp",)
# probes/net/worker_thread.cpp: protocols whose library blocks (libavformat, getaddrinfo) run on threads of a session.
# daemon/commands/probe/probe.cpp: one thread plays, one draws: a terminal that stands still must not make media late.
THREAD_MAKER = ("daemon/app.cpp", "daemon/app.h", "daemon/commands/probe/probe.cpp", "probes/net/worker_thread.cpp")
BANS = (
    Ban("clock", r"\b\w*_clock\s*::\s*now\b", "reads a clock; take an Instant, or hold a Clock", "product",
        CLOCK_HOLDER),
    Ban("clock", r"\b(gettimeofday|clock_gettime|timespec_get|ftime)\s*\(", "reads a clock; hold a Clock", "product",
        CLOCK_HOLDER),
    Ban("clock", r"(?<![\w.>:])(?:std\s*::|::)?\s*time\s*\(\s*(?:NULL|nullptr|0|&\s*\w+)\s*\)",
        "reads a clock; hold a Clock", "product", CLOCK_HOLDER),
    Ban("clock", r"\bstd\s*::\s*clock\s*\(", "reads a clock; hold a Clock", "product", CLOCK_HOLDER),
    Ban("clock", r"\b(?:using\s+\w+\s*=|typedef)\s*[\w:\s]*_clock\b(?!\s*::)", "hides a clock behind another name",
        "product", CLOCK_HOLDER),
    Ban("thread", r"\bstd\s*::\s*j?thread\b(?!\s*::)|\bstd\s*::\s*async\b|\bpthread_create\b|\bthread_pool\b",
        "threads are made in daemon/app.cpp", "product", THREAD_MAKER),
    Ban("thread", r"\bstd\s*::\s*(?:this_thread|thread|mutex|recursive_mutex|shared_mutex|condition_variable\w*|"
        r"lock_guard|unique_lock|scoped_lock|promise|future|counting_semaphore|binary_semaphore|latch|barrier)\b",
        "belongs to threads, and this code is on none", "pure"),
    Ban("sleep", r"\b(sleep_for|sleep_until|usleep|nanosleep)\s*\(|(?<![\w.>])(?:::)?\s*sleep\s*\(",
        "sleeps; wait on a condition, or use a ManualClock", "all"),
    Ban("io", r"\bstd\s*::\s*(?:cout|cerr|clog|cin|fstream|ifstream|ofstream|filesystem|print|getline)\b|"
        r"(?<![\w.>])(?:std\s*::\s*|::)?(?:printf|fprintf|puts|fputs|fopen|fread|fwrite|perror|system|popen|socket)"
        r"\s*\(", "does I/O, and this code must not", "pure"),
    Ban("io", r"\b(?:getenv|secure_getenv)\s*\(", "reads the environment, and this code must not", "pure"),
    Ban("io", r"\brandom_device\b|(?<![\w.>])(?:std\s*::\s*|::)?s?rand\s*\(",
        "is random in another way each time; take a seeded generator", "pure"),
    Ban("bare-new", r"\bnew\b(?!\s*>)", "bare new; use a value, make_unique or a container", "all"),
    Ban("bare-new", r"\bdelete\b", "bare delete; let an owner do it", "all"),
)

# Text that a BANS row finds and that is right all the same. (file or folder/, rule, text on the line, reason)
KNOWN = ()

# Targets that a module's CMakeLists.txt must not name.
LINKS = (
    ("rules/CMakeLists.txt", r"\boutrider_(?:probes|app)\b", "rules may link outrider_core alone of ours"),
    ("probes/CMakeLists.txt", r"\boutrider_(?:rules|app)\b", "probes may link outrider_core alone of ours"),
)

# --- the check ---

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include(?:_next)?\b[ \t]*(?:<([^>\n]*)>|"([^"\n]*)"|([^\n]*))')

TOKEN = re.compile(
    r"""(?P<comment>//(?:[^\n\\]|\\.)*|/\*.*?\*/)"""
    r"""|(?P<raw>\b(?:u8|[uUL])?R"(?P<delimiter>[^()\\\s]{0,16})\(.*?\)(?P=delimiter)")"""
    r"""|(?P<string>"(?:[^"\\\n]|\\.)*")"""
    r"""|(?P<char>(?<![0-9A-Za-z_])(?:u8|[uUL])?'(?:[^'\\\n]|\\.)+')""", re.S)


def blank(text, literals):
    """`text` with comments, and with `literals` also strings and characters, blanked; lines stay where they are."""

    def empty(match):
        if not literals and match.lastgroup != "comment":
            return match.group()
        return re.sub(r"[^\n]", " ", match.group())

    return TOKEN.sub(empty, text)


def zone_of(path):
    fitting = [zone for zone in ZONES if path.startswith(zone.path)]
    return max(fitting, key=lambda zone: len(zone.path), default=None)


def within(path, places):
    return any(path == place or (place.endswith("/") and path.startswith(place)) for place in places)


def library_of(include):
    return next((lib for lib in LIBRARIES if include.startswith(lib.includes)), None)


def check_include(path, zone, include):
    """Yields (rule, message) for one include of `path`."""
    if include.startswith(("outrider/", "rules/", "probes/", "daemon/", "unit/", "support/")):
        if not include.startswith(zone.ours):
            yield "layer", f'"{include}": {zone.path} may include of ours only {", ".join(zone.ours)}'
        return
    if include in STANDARD:
        if zone.pure and include in IMPURE_HEADERS:
            yield "pure", f"<{include}>: {zone.path} has no I/O, no thread and no clock"
        return
    library = library_of(include)
    if library:
        if library.name not in zone.third_party:
            allowed = ", ".join(zone.third_party) or "none"
            yield "library", f"<{include}>: of the libraries {zone.path} may use: {allowed}"
        elif zone.product and library.confined_to and not within(path, library.confined_to):
            yield "confined", f"<{include}>: only in {', '.join(library.confined_to)}"
        elif zone.product and path.endswith(HEADERS):
            if not any(within(path, (place,)) and include.startswith(prefix) for place, prefix, _ in INTERNAL_HEADERS):
                yield "private", f"<{include}>: libraries are private to the .cpp files of a module"
        return
    if POSIX.match(include):
        if not zone.posix:
            yield "pure" if zone.pure else "library", f"<{include}>: {zone.path} may use the standard library only"
        return
    if not zone.product and "/" not in include and include.endswith(HEADERS):
        return  # a test's helper beside it
    yield "unknown", f"{include}: neither a path from the root nor a library that {os.path.basename(__file__)} names"


def is_harmless(ban, code, match):
    """`= delete`, `operator new` and a new that a unique_ptr takes at once (a private constructor) are not bare."""
    if ban.rule != "bare-new":
        return False
    before = code[:match.start()].rstrip()
    if match.group() == "delete":
        return before.endswith(("=", "operator"))
    return before.endswith("operator") or re.search(r"\bunique_ptr<[^;{}()]*>\s*(?:\w+\s*)?[{(]$", before) is not None


def includes_of(text):
    """(line, include) for each include; include is None when it cannot be read as it stands."""
    for number, line in enumerate(blank(text, literals=False).split("\n"), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1) or match.group(2)


def check_source(path, text):
    """Yields (line, rule, message) for one file."""
    zone = zone_of(path)
    if zone is None:
        return
    for number, include in includes_of(text):
        if include is None:
            yield number, "unknown", "#include of a macro: an include must be readable as it stands"
            continue
        for rule, message in check_include(path, zone, include):
            yield number, rule, message
    code = blank(text, literals=True)
    code = re.sub(r"(?m)^[ \t]*#[ \t]*include\b.*$", "", code)
    lines = code.split("\n")
    for ban in BANS:
        if ban.zones == "pure" and not zone.pure:
            continue
        if ban.zones == "product" and not zone.product:
            continue
        if within(path, ban.allowed_in):
            continue
        for match in re.finditer(ban.pattern, code):
            begin = match.start() + len(match.group()) - len(match.group().lstrip())
            number = code.count("\n", 0, begin) + 1
            line = lines[number - 1]
            known = any(within(path, (place,)) and ban.rule == rule and known_text in line
                        for place, rule, known_text, _ in KNOWN)
            if known or is_harmless(ban, code, match):
                continue
            yield number, ban.rule, f"{' '.join(match.group().split())}: {ban.message}"


def module_of(path):
    return path.split("/", 1)[0]


def library_reached(header, includes, seen):
    """The chain of includes from `header` to a library, or None."""
    seen.add(header)
    for _, include in includes.get(header, ()):
        if include is None:
            continue
        if library_of(include) and not include.endswith("_fwd.hpp"):
            return [header, include]
        if include not in seen:
            chain = library_reached(include, includes, seen)
            if chain:
                return [header, *chain]
    return None


def check_leaks(sources):
    """Yields (path, line, rule, message): a library of one module that reaches another by way of headers."""
    includes = {path: list(includes_of(text)) for path, text in sources.items()}
    for path in sources:
        if not path.startswith(("rules/", "probes/", "daemon/")):
            continue
        for number, include in includes[path]:
            if include and include in sources and module_of(include) != module_of(path):
                chain = library_reached(include, includes, set())
                if chain:
                    yield path, number, "leak", f'"{include}": brings in a library of another module: ' \
                                                f"{' -> '.join(chain)}"


def check_links(root):
    for path, pattern, message in LINKS:
        full = os.path.join(root, path)
        if not os.path.exists(full):
            continue
        with open(full, encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                match = re.search(pattern, line.split("#", 1)[0])
                if match:
                    yield path, number, "link", f"{match.group()}: {message}"


def check_tree(root):
    """Every violation below `root` as (path, line, rule, message), sorted."""
    sources = {}
    for tree in TREES:
        for folder, _, files in os.walk(os.path.join(root, tree)):
            for name in files:
                if name.endswith(SOURCES):
                    full = os.path.join(folder, name)
                    with open(full, encoding="utf-8", errors="replace") as file:
                        sources[os.path.relpath(full, root)] = file.read()
    found = set(check_links(root)) | set(check_leaks(sources))
    for path, text in sources.items():
        found.update((path, *violation) for violation in check_source(path, text))
    return sorted(found)


def main(arguments):
    if len(arguments) > 1:
        print("usage: check_layers.py [ROOT]", file=sys.stderr)
        return 64
    root = arguments[0] if arguments else os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
    if not os.path.isdir(os.path.join(root, "include", "outrider")):
        print(f"check_layers.py: {root}: not the root of Outrider's sources", file=sys.stderr)
        return 64
    violations = check_tree(root)
    for path, line, rule, message in violations:
        print(f"{path}:{line}: {rule}: {message}")
    if violations:
        print(f"{len(violations)} violations of the law between the modules: see tests/lint/check_layers.py")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
