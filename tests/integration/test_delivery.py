#!/usr/bin/python3
"""What is owed is delivered: through a dead daemon, a refusing receiver, a slow one, a full disk."""

from __future__ import annotations

import time
from typing import Any

import support


class Delivery(support.Case):
    """A frozen POP makes the incident; no privileges are needed."""

    def setUp(self) -> None:
        super().setUp()
        self.lab = support.Lab("delivery", pops="sin1,fra1", reduced=True)
        self.later(self.lab.down)
        self.sink = support.Sink(self.folder)
        self.later(self.sink.stop)

    def daemon(self) -> support.Daemon:
        pops = "".join(f"  - name: {pop}\n    address: {self.lab.address(pop)}\n" for pop in ("sin1", "fra1"))
        daemon = support.Daemon(
            self.folder, f"pops:\n{pops}streams:\n  - name: demo\n    url: http://live.example/live/demo.flv\n"
            f"notifiers:\n  - name: hook\n    webhook: {{url: '{self.sink.url}', timeout: 2s}}\n")
        return daemon

    def wait_for_lag(self, daemon: support.Daemon) -> None:
        for pop in ("sin1", "fra1"):
            support.wait_until(f"{pop} is measured",
                               lambda pop=pop: daemon.metric("outrider_lag_seconds", pop=pop) is not None, 20)

    def wait_for_incident(self, daemon: support.Daemon, state: str) -> dict[str, Any]:
        return support.wait_until(
            f"an incident is {state}",
            lambda: next((i for i in daemon.incidents() if i["state"] == state), None), 30)

    def keys_by_status(self) -> list[tuple[str, str | None]]:
        return [(m["body"]["status"], support.header(m, "Idempotency-Key")) for m in self.sink.messages()]

    def test_kill_between_firing_and_delivery(self) -> None:
        daemon = self.daemon()
        self.sink.control(drop=True)
        daemon.start()
        self.wait_for_lag(daemon)
        self.lab.serve("sin1", "freeze=on")
        incident = self.wait_for_incident(daemon, "open")
        support.wait_until("a delivery was tried", lambda: "not delivered" in daemon.process.output(), 10)
        daemon.kill()

        self.sink.control(reset=True)
        before = len(self.sink.messages())
        daemon.start()
        self.later(daemon.stop)
        support.wait_until("the firing arrives", lambda: len(self.sink.messages("firing")) > before, 30)
        again = self.wait_for_incident(daemon, "open")
        self.assertEqual(again["id"], incident["id"])

        self.lab.serve("sin1", "clear")
        self.wait_for_incident(daemon, "resolved")
        support.wait_until("the resolve arrives", lambda: self.sink.messages("resolved"), 30)
        answered = self.keys_by_status()[before:]
        self.assertEqual([status for status, _ in answered], ["firing", "resolved"])
        keys = [key for _, key in answered]
        self.assertEqual(len(set(keys)), 2, "once per idempotency key")
        self.assertNotIn(None, keys)
        tried = {key for _, key in self.keys_by_status()[:before]}
        self.assertEqual(tried, {keys[0]}, "what was tried before the kill is the same message")
        self.assertEqual(len(daemon.incidents()), 1)
        bodies = [m["body"] for m in self.sink.messages()[before:]]
        self.assertEqual(bodies[0]["groupKey"], bodies[1]["groupKey"])

    def test_a_receiver_that_is_down_for_a_while_gets_all_in_order(self) -> None:
        daemon = self.daemon()
        self.sink.control(status=503)
        daemon.start()
        self.later(daemon.stop)
        self.wait_for_lag(daemon)
        self.lab.serve("sin1", "freeze=on")
        self.wait_for_incident(daemon, "open")
        self.lab.serve("sin1", "clear")
        self.wait_for_incident(daemon, "resolved")
        refused = support.wait_until("a delivery was refused", lambda: len(self.sink.messages()), 10)
        self.assertNotIn("resolved", [status for status, _ in self.keys_by_status()], "never before its firing")
        self.sink.control(reset=True)
        support.wait_until("the resolve arrives", lambda: self.sink.messages("resolved"), 60)
        accepted = [status for status, _ in self.keys_by_status()[refused:]]
        self.assertEqual(accepted[-2:], ["firing", "resolved"])
        self.assertEqual(daemon.metric("outrider_notifications_total", notifier="hook", result="delivered"), 2)

    def test_a_slow_receiver_delays_nobody_else(self) -> None:
        daemon = self.daemon()
        self.sink.control(delay="30s")
        daemon.start()
        self.wait_for_lag(daemon)
        self.lab.serve("sin1", "freeze=on")
        self.wait_for_incident(daemon, "open")
        ticks = daemon.metric("outrider_engine_ticks_total")
        time.sleep(2)
        self.assertGreater(daemon.metric("outrider_engine_ticks_total"), ticks + 8)
        began = time.monotonic()
        self.assertEqual(daemon.stop(), 0)
        self.assertLess(time.monotonic() - began, 5, "a hanging receiver must not hold up the stop")


if __name__ == "__main__":
    support.main_or_skip(None)
