#!/usr/bin/python3
"""promtool and `outrider test` give one answer to the same files of rule unit tests (folder promtool/):

    agree/    both pass
    fail/     both fail; each file says at its top what is wrong with it
    differ/   outrider passes and Debian's promtool 2.42 fails, because Prometheus 3 does otherwise, as the file says
    own/      a second YAML document, which promtool does not read: it passes, outrider runs what is in it

and to timelines of random series that no person wrote down.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from pathlib import Path

import support

FILES = Path(__file__).resolve().parent / "promtool"
PROMTOOL = shutil.which("promtool")


def tests_in(folder: str) -> list[Path]:
    files = sorted((FILES / folder).glob("*_test.yml"))
    assert files, f"no tests in {FILES / folder}"
    return files


def promtool(path: Path) -> subprocess.CompletedProcess[str]:
    assert PROMTOOL
    return subprocess.run([PROMTOOL, "test", "rules", path.name], cwd=path.parent, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)


def outrider(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([support.outrider(), "test", str(path)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60)


class SameFiles(support.Case):
    def check(self, folder: str, promtool_passes: bool, outrider_codes: tuple[int, ...]) -> None:
        for path in tests_in(folder):
            with self.subTest(path=path.name):
                theirs = promtool(path)
                self.assertEqual(theirs.returncode == 0, promtool_passes, theirs.stdout)
                ours = outrider(path)
                self.assertIn(ours.returncode, outrider_codes, ours.stdout)

    def test_both_pass(self) -> None:
        self.check("agree", True, (0,))

    def test_both_fail(self) -> None:
        self.check("fail", False, (1, 78))

    def test_where_versions_of_prometheus_differ_outrider_is_of_the_third(self) -> None:
        self.check("differ", False, (0,))

    def test_promtool_ignores_our_own_blocks_and_outrider_runs_them(self) -> None:
        for path, code in ((FILES / "own" / "pending_test.yml", 0), (FILES / "own" / "wrong_state_test.yml", 1)):
            self.assertEqual(promtool(path).returncode, 0)
            ours = outrider(path)
            self.assertEqual(ours.returncode, code, ours.stdout)
            self.assertIn("5 passed" if code == 0 else "4 passed, 1 failed", ours.stdout)


RULES = """groups:
  - name: random
    rules:
      - {alert: AtOnce, expr: m > 2}
      - {alert: For, expr: m > 2, for: %(hold)s}
      - {alert: Kept, expr: m > 2, keep_firing_for: %(keep)s}
      - {alert: Both, expr: m > 2, for: %(hold)s, keep_firing_for: %(keep)s, labels: {high: '{{ $labels.pop }}'}}
      - {record: 'm:sum', expr: sum(m)}
      - {record: 'm:above', expr: 'm > scalar(m:sum) / 3', labels: {kind: above}}
      - {alert: Chained, expr: 'count(m:above) > 1', for: %(hold)s}
"""
EXPRESSIONS = ("ALERTS", "ALERTS_FOR_STATE", "m:sum", "m:above", "m")
STEPS = 40


class RandomTimelines(support.Case):
    """What outrider gets when nothing is expected is what promtool is then told to expect."""

    def write(self, path: Path, series: dict[str, str], expected: dict[tuple[str, int], list[tuple[str, str]]]) -> None:
        # JSON is YAML, and quotes what must be quoted.
        tests = [{"expr": expr, "eval_time": f"{minute}m",
                  "exp_samples": [{"labels": labels, "value": float(value)}
                                  for labels, value in expected.get((expr, minute), [])]}
                 for minute in range(STEPS) for expr in EXPRESSIONS]
        path.write_text(json.dumps({
            "rule_files": ["rules.yml"], "evaluation_interval": "1m",
            "tests": [{"name": "t", "interval": "1m", "promql_expr_test": tests,
                       "input_series": [{"series": name, "values": values} for name, values in series.items()]}]}))

    def test_of_random_series(self) -> None:
        total = 0
        for seed in range(6):
            chance = random.Random(seed)
            series = {f'm{{pop="{pop}"}}': " ".join(chance.choices(["1", "3", "5", "_", "stale"],
                                                                    [5, 5, 3, 2, 1], k=STEPS)) for pop in "abc"}
            (self.folder / "rules.yml").write_text(RULES % {"hold": f"{chance.randrange(1, 4)}m",
                                                            "keep": f"{chance.randrange(1, 4)}m"})
            path = self.folder / f"random{seed}_test.yml"
            self.write(path, series, {})
            report = outrider(path).stdout
            got: dict[tuple[str, int], list[tuple[str, str]]] = {}
            for expr, time, lines in re.findall(r"^FAILED .*: t: (\S+) at (\S+)\n    expected nothing, got \(\+\):\n"
                                                r"((?:    \+ .*\n)+)", report, re.M):
                minute = 0 if time == "0s" else int(time.removesuffix("m"))
                got[expr, minute] = [tuple(line[6:].rsplit(" ", 1)) for line in lines.splitlines()]
            self.assertGreater(len(got), STEPS, report)
            total += sum(map(len, got.values()))
            self.write(path, series, got)
            ours = outrider(path)
            self.assertEqual(ours.returncode, 0, ours.stdout)
            theirs = promtool(path)
            self.assertEqual(theirs.returncode, 0, f"seed {seed}: {theirs.stdout}")
            # The comparison is one: a single sample more, and promtool says so.
            got["m", 0] = got.get(("m", 0), []) + [("nothing", "1")]
            self.write(path, series, got)
            self.assertNotEqual(promtool(path).returncode, 0)
        print(f"{total} samples of 6 random timelines are the same")


if __name__ == "__main__":
    support.main_or_skip(None if PROMTOOL else "promtool is not installed (package prometheus)")
