#!/usr/bin/python3
"""POP delay: +80 ms on one POP's path is read as 80 ms, from the payload of the frames alone."""

from __future__ import annotations

import statistics

import support


class PopDelay(support.Case):
    def test_eighty_milliseconds_more_on_one_path(self) -> None:
        lab = support.Lab("delay", pops="sin1,fra1")
        self.later(lab.down)
        lab.impair("path", "sin1", "down.delay=85ms")  # 5 ms is every path's own
        pops = "".join(f"  - name: {pop}\n    address: {lab.address(pop)}\n" for pop in ("sin1", "fra1"))
        daemon = support.Daemon(
            self.folder, f"pops:\n{pops}streams:\n  - name: demo\n    url: http://live.example/live/demo.flv\n",
            prefix=lab.prefix("v1"), address=lab.mgmt_address("v1"))
        daemon.start()
        self.later(daemon.stop)

        def delay(pop: str) -> float | None:
            return daemon.metric("outrider_pop_delay_seconds", pop=pop, reference="earliest")

        support.wait_until("both POPs have seen the same frame",
                           lambda: delay("sin1") and delay("fra1") is not None, 20)
        readings: list[float] = []
        frames = 0.0
        while len(readings) < 5:  # one for each new keyframe, every 2 s
            media = support.wait_until("more media", lambda: (daemon.metric(
                "outrider_media_seconds_total", pop="sin1") or 0) > frames + 2 and daemon.metric(
                "outrider_media_seconds_total", pop="sin1"), 10)
            frames = media
            readings.append(delay("sin1"))
            self.assertEqual(delay("fra1"), 0)
        print(f"read {[round(r * 1000, 1) for r in readings]} ms")
        self.assertAlmostEqual(statistics.median(readings), 0.080, delta=0.010)


if __name__ == "__main__":
    support.main_or_skip(None if support.can_make_namespaces() else
                         "no privilege to make network namespaces and TUN devices")
