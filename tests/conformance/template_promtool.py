#!/usr/bin/python3
"""The table of template cases against the real promtool: what stands there as a result must be Prometheus's own.

    template_promtool.py TABLE [PROMTOOL]

unit.rules holds our expansions against the same table (tests/unit/rules/templates/cases.txt, which describes itself).
Exit 1 when promtool disagrees with any case, 77 when there is no promtool.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

LABELS = {"instance": "host-1.example.com:9100", "job": "edge", "note": "<a & 'b'>", "pop": "sin1", "stream": "demo"}
EXTERNAL_URL = "http://monitor.example.com:9090/prefix"


@dataclass
class Case:
    line: int
    value: str
    text: str
    kind: str      # "=" result, "!" fails, "?" refused
    result: str


def read_table(path):
    cases = []
    wanted = None
    for number, line in enumerate(path.read_text().split("\n"), 1):
        if wanted is None:
            if line and not line.startswith("#"):
                value, _, text = line.partition(" ")
                wanted = (number, value, text.replace("⏎", "\n"))
            continue
        if line[:2] not in ("= ", "! ", "? ") and line != "=":
            sys.exit(f"{path}:{number}: want '= RESULT', '! WORDS' or '? WORDS'")
        cases.append(Case(*wanted, line[0], line[2:].replace("⏎", "\n")))
        wanted = None
    return cases


def run(promtool, *arguments):
    done = subprocess.run([promtool, *arguments], capture_output=True, text=True, timeout=120)
    return done.stdout + done.stderr


def rule(case, name):
    return {"alert": name, "expr": f"x + ({case.value})", "annotations": {"text": case.text}}


def unquote(text):
    """A Go string literal's content; JSON knows all of Go's escapes but these."""
    def known(found):
        escape = found[1]
        if escape[0] == "U":
            return chr(int(escape[1:], 16))
        return {"a": "\\u0007", "v": "\\u000b", "x": "\\u00"}.get(escape, found[0])
    return json.loads(re.sub(r"\\(U[0-9a-f]{8}|.)", known, text))


def expansions(promtool, cases, folder):
    """What promtool makes of each case's template, by name: it shows it beside our wrong expectation of no alert."""
    names = {f"C{case.line}": case for case in cases}
    series = "x{" + ", ".join(f'{name}="{value}"' for name, value in LABELS.items()) + "}"
    (folder / "rules.yml").write_text(json.dumps(
        {"groups": [{"name": "g", "rules": [rule(case, name) for name, case in names.items()]}]}))
    (folder / "test.yml").write_text(json.dumps({
        "rule_files": ["rules.yml"],
        "tests": [{
            "interval": "1m",
            "input_series": [{"series": series, "values": "0"}],
            "external_labels": {"region": "asia"},
            "external_url": EXTERNAL_URL,
            "alert_rule_test": [{"eval_time": "0m", "alertname": name, "exp_alerts": []} for name in names],
        }]}))
    output = run(promtool, "test", "rules", str(folder / "test.yml"))
    found = re.findall(r'alertname: (C\d+), time: 0s.*?Annotations:\{(?:text=("(?:[^"\\]|\\.)*"))?\}', output, re.S)
    if not found:
        sys.exit(f"promtool showed no expansion:\n{output}")
    return {name: unquote(text) if text else "" for name, text in found}


def refuses(promtool, case, folder):
    (folder / "refused.yml").write_text(json.dumps({"groups": [{"name": "g", "rules": [rule(case, "A")]}]}))
    return "FAILED" in run(promtool, "check", "rules", str(folder / "refused.yml"))


def agrees(case, expanded):
    if case.kind == "!":
        return expanded.startswith("<error expanding template: ")
    return expanded == case.result


def main():
    promtool = shutil.which(sys.argv[2] if len(sys.argv) > 2 else "promtool")
    if promtool is None:
        print("SKIPPED: templates against promtool: there is no promtool here")
        return 77
    cases = read_table(Path(sys.argv[1]))
    bad = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        expanded = expansions(promtool, [case for case in cases if case.kind != "?"], folder)
        for case in cases:
            if case.kind == "?":
                agreed, got = refuses(promtool, case, folder), "taken"
            else:
                got = expanded.get(f"C{case.line}", "nothing shown")
                agreed = agrees(case, got)
            if not agreed:
                bad += 1
                print(f"{sys.argv[1]}:{case.line}: {case.text!r}\n  table    {case.kind} {case.result!r}\n  promtool   {got!r}")
    print(f"{len(cases) - bad} of {len(cases)} cases are promtool's too")
    return 1 if bad or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
