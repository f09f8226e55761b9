#!/usr/bin/python3 -B
"""Measures the lab: do its links, servers and tools do what they are told? Run by ctest as lab.accuracy.

What cannot run here is skipped aloud, and then the exit code is 77 instead of 0: never a silent pass.
"""

from __future__ import annotations

import os
import shutil
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

_PROGRAMS = ("ffmpeg", "nginx", "iperf3", "ping", "ip")
_SKIPPED = 77


def main() -> int:
    from checks import life, network, serving, tools

    os.environ["PATH"] += ":/usr/sbin:/sbin"
    loader = unittest.defaultTestLoader
    names = [word for word in sys.argv[1:] if not word.startswith("-")]  # such as network.Loss; none means all
    suite = unittest.TestSuite(
        [loader.loadTestsFromName(name, module=sys.modules["checks"]) for name in names] or
        [loader.loadTestsFromModule(module) for module in (network, serving, life, tools)])
    if missing := [program for program in _PROGRAMS if not shutil.which(program)]:
        print(f"SKIPPED: {suite.countTestCases()} checks: not installed: {', '.join(missing)}")
        return _SKIPPED
    if not os.environ.get("OUTRIDER_LAB_BIN"):
        print(f"SKIPPED: {suite.countTestCases()} checks: OUTRIDER_LAB_BIN does not name the built programs")
        return _SKIPPED
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    for reason in sorted({reason for _, reason in result.skipped}):
        count = sum(1 for _, other in result.skipped if other == reason)
        print(f"SKIPPED: {count} checks: {reason}")
    if not result.wasSuccessful():
        return 1
    return _SKIPPED if result.skipped else 0


if __name__ == "__main__":
    sys.exit(main())
