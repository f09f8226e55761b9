#!/usr/bin/python3
"""What the user guide shows of rules, detectors and their tests is taken and passes as it stands there."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

import support

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide.md"


def example(section: str) -> str:
    """The first YAML block under a heading."""
    found = re.search(rf"^## {re.escape(section)}\n.*?^```yaml\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"),
                      re.DOTALL | re.MULTILINE)
    assert found, f"no YAML block under '{section}'"
    return found[1]


def outrider(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([support.outrider(), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60)


class Examples(support.Case):
    def test_the_rules_pass_their_test_and_the_detectors_are_taken(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "rules.yaml").write_text(example("Rules"), encoding="utf-8")
            (folder / "detectors.yaml").write_text(example("Detectors"), encoding="utf-8")
            (folder / "test.yaml").write_text(example("Tests of rules"), encoding="utf-8")
            checked = outrider("check", str(folder / "rules.yaml"), str(folder / "detectors.yaml"))
            self.assertEqual(checked.returncode, 0, checked.stdout)
            self.assertIn("2 rules, 2 detectors", checked.stdout)
            tested = outrider("test", str(folder / "test.yaml"))
            self.assertEqual(tested.returncode, 0, tested.stdout)
            self.assertIn("3 passed, 0 failed, 0 unsupported", tested.stdout)


if __name__ == "__main__":
    support.main_or_skip(None)
