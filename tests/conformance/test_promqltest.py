#!/usr/bin/python3
"""Prometheus's own acceptance scripts of PromQL, as they are: every case over floats passes.

They are in the folder promqltest of OUTRIDER_DATA, by default of ../shared/data beside the repository.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import support

SCRIPTS = ("collision.test", "literals.test", "operators.test", "selectors.test", "staleness.test")
DATA = Path(os.environ.get("OUTRIDER_DATA") or support.TESTS.parent.parent / "shared" / "data") / "promqltest"
# What a case may be unsupported for: an engine of floats has no native histograms.
CONSTRUCTS = {"native histogram series", "native histogram as a result", "load_with_nhcb"}


class Scripts(support.Case):
    def test_every_float_case_passes(self) -> None:
        result = subprocess.run([support.outrider(), "test", "--promql", *(str(DATA / name) for name in SCRIPTS)],
                                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        print(result.stdout)
        last = result.stdout.splitlines()[-1]
        counts = re.fullmatch(r"(\d+) passed, (\d+) failed, (\d+) unsupported", last)
        self.assertIsNotNone(counts, last)
        passed, failed, unsupported = map(int, counts.groups())
        constructs = re.findall(r"^unsupported: (\d+) × (.*)$", result.stdout, re.M)
        self.assertEqual(sum(int(n) for n, _ in constructs), unsupported)
        self.assertLessEqual({name for _, name in constructs}, CONSTRUCTS)
        self.assertEqual(result.stderr, "")
        self.assertEqual(failed, 0)
        self.assertEqual(result.returncode, 0)
        # As many as the scripts have: a runner that lost cases would pass them all.
        evals = sum(len(re.findall(r"^eval", (DATA / name).read_text(), re.M)) for name in SCRIPTS)
        self.assertEqual(passed + unsupported, evals)


if __name__ == "__main__":
    missing = [name for name in SCRIPTS if not (DATA / name).is_file()]
    support.main_or_skip(f"no {', '.join(missing)} in {DATA}; set OUTRIDER_DATA" if missing else None)
