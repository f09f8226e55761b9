#!/usr/bin/python3
"""A POP starved to 30 % of the bit rate: one incident, in time, told to a webhook and to a real Alertmanager.

An independent reference viewer with 10 s of buffer says when its stall began; the alarm must be earlier.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from datetime import datetime

import support

RULES = """
groups:
  - name: lag
    interval: 200ms
    rules:
      - alert: StreamLate
        expr: outrider_lag_seconds > 2.5
        for: 200ms
        keep_firing_for: 5s
        labels: {severity: critical}
        annotations:
          summary: "{{ $labels.stream }} at {{ $labels.pop }} is late"
          description: "lag {{ $value }} s"
"""


def epoch(rfc3339: str) -> float:
    return datetime.fromisoformat(rfc3339.replace("Z", "+00:00")).timestamp()


class StarvedPop(support.Case):
    def setUp(self) -> None:
        super().setUp()
        self.lab = support.Lab("starved", pops="sin1,fra1")
        self.later(self.lab.down)
        self.vantage = self.lab.prefix("v1")
        self.sink = support.Sink(self.folder, self.vantage)
        self.later(self.sink.stop)

    def start_alertmanager(self) -> str:
        config = self.folder / "alertmanager.yml"
        config.write_text("route: {receiver: none}\nreceivers: [{name: none}]\n")
        url = "http://127.0.0.1:19093"
        process = support.Process(
            [*self.vantage, "prometheus-alertmanager", f"--config.file={config}", f"--storage.path={self.folder}/am",
             "--web.listen-address=127.0.0.1:19093", "--cluster.listen-address="], self.folder / "alertmanager.log")
        self.later(process.stop)
        support.wait_until("Alertmanager is ready", lambda: self.fetch(url + "/-/ready"), 30)
        return url

    def fetch(self, url: str) -> str:
        """GET from inside the vantage; empty when nobody answers."""
        result = subprocess.run([*self.vantage, "curl", "-sS", "--fail", "--max-time", "5", url],
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=20)
        return result.stdout if result.returncode == 0 else ""

    def start_daemon(self, alertmanager: str) -> support.Daemon:
        pops = "".join(f"  - name: {pop}\n    address: {self.lab.address(pop)}\n" for pop in ("sin1", "fra1"))
        daemon = support.Daemon(
            self.folder, f"pops:\n{pops}streams:\n  - name: demo\n    url: http://live.example/live/demo.flv\n"
            f"notifiers:\n  - name: hook\n    webhook: {{url: '{self.sink.url}'}}\n"
            f"  - name: am\n    alertmanager: {{url: '{alertmanager}', resend_interval: 1s}}\n",
            rules=RULES, prefix=self.vantage, address=self.lab.mgmt_address("v1"))
        daemon.start()
        self.later(lambda: daemon.process.child.poll() is not None or daemon.stop())
        return daemon

    def alerts_at(self, alertmanager: str) -> list[dict]:
        return json.loads(self.fetch(alertmanager + "/api/v2/alerts") or "[]")

    def test_one_incident_before_the_viewer_stalls_and_resolved_after(self) -> None:
        alertmanager = self.start_alertmanager()
        daemon = self.start_daemon(alertmanager)
        viewer = support.Process(
            [*self.vantage, "/usr/bin/python3", str(support.TESTS / "lab" / "reference_viewer"), self.lab.url("sin1"),
             "--buffers", "10"], self.folder / "viewer.log")
        self.later(viewer.stop)

        def viewer_events(kind: str) -> list[dict]:
            lines = (line for line in viewer.output().splitlines() if line.startswith("{"))
            return [event for event in map(json.loads, lines) if event.get("event") == kind]

        support.wait_until("the 10 s viewer plays", lambda: viewer_events("start"), 30)
        for pop in ("sin1", "fra1"):
            support.wait_until(f"{pop} is measured", lambda pop=pop: (daemon.metric(
                "outrider_lag_seconds", pop=pop) or 9) < 0.5, 20)
        self.assertEqual(daemon.incidents(), [])

        self.lab.impair("path", "sin1", "rate=30%")
        stall = support.wait_until("the 10 s viewer stalls", lambda: viewer_events("stall"), 60)[0]["at"]
        incidents = daemon.incidents()
        self.assertEqual(len(incidents), 1, incidents)
        incident = incidents[0]
        self.assertEqual(incident["key"], {"stream": "demo", "pop": "sin1", "protocol": "httpflv"})
        self.assertEqual(incident["fault"]["scope"], "endpoint")
        self.assertEqual(incident["switch_to"], "fra1")
        lead = stall - epoch(incident["opened_at"])
        print(f"the incident opened {lead:.1f} s before the 10 s viewer stalled")
        self.assertGreater(lead, 0)

        firing = support.wait_until("Alertmanager has the alert", lambda: self.alerts_at(alertmanager), 10)
        self.assertEqual(firing[0]["labels"]["alertname"], "StreamLate")
        self.assertEqual(firing[0]["labels"]["pop"], "sin1")

        self.lab.impair("path", "sin1", "clear")
        support.wait_until("the incident is resolved", lambda: daemon.incidents()[0]["state"] == "resolved", 60)
        support.wait_until("Alertmanager has no alert any more", lambda: not self.alerts_at(alertmanager), 20)
        support.wait_until("the resolve arrives", lambda: self.sink.messages("resolved"), 10)
        self.assertEqual(len(daemon.incidents()), 1)
        bodies = [m["body"] for m in self.sink.messages()]
        self.assertEqual([b["status"] for b in bodies], ["firing", "resolved"])
        self.assertEqual(len({b["groupKey"] for b in bodies}), 1)
        self.assertEqual(len({b["commonAnnotations"]["summary"] for b in bodies}), 1)
        self.assertEqual(daemon.stop(), 0)


if __name__ == "__main__":
    reason = None
    if not support.can_make_namespaces():
        reason = "no privilege to make network namespaces and TUN devices"
    elif shutil.which("prometheus-alertmanager") is None:
        reason = "prometheus-alertmanager is not installed"
    support.main_or_skip(reason)
