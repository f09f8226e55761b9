#!/usr/bin/python3
"""POP delay: +80 ms on one POP's path is read as 80 ms, from the payload of the frames alone.

There is a reading for each keyframe, and on a busy machine a single one may be off by as much as a time slice: medians
over several streams are what is judged. Two streams keep their timestamps, two have them rewritten by one POP's server.
"""

from __future__ import annotations

import re
import statistics
import time

import support

PLAIN = ("one", "two")
REWRITTEN = {"three": "+3600s", "four": "+777s"}  # by sin1's server
READINGS = 5  # of each stream; there is a keyframe every 2 s
_DELAY = re.compile(r'outrider_pop_delay_seconds\{([^}]*)\} (\S+)')


class PopDelay(support.Case):
    def test_eighty_milliseconds_more_on_one_path(self) -> None:
        streams = [*PLAIN, *REWRITTEN]
        lab = support.Lab("delay", pops="sin1,fra1", streams=",".join(streams))
        self.later(lab.down)
        lab.impair("path", "sin1", "down.delay=85ms")  # 5 ms is every path's own
        for stream, jump in REWRITTEN.items():
            lab.serve("sin1", f"stream={stream}", f"timestamp_jump={jump}")
        pops = "".join(f"  - name: {pop}\n    address: {lab.address(pop)}\n" for pop in ("sin1", "fra1"))
        urls = "".join(f"  - name: {stream}\n    url: http://live.example/live/{stream}.flv\n" for stream in streams)
        daemon = support.Daemon(self.folder, f"pops:\n{pops}streams:\n{urls}", prefix=lab.prefix("v1"),
                                address=lab.mgmt_address("v1"))
        daemon.start()
        self.later(daemon.stop)

        def delays() -> dict[tuple[str, str], float]:
            """By stream and POP."""
            found = {}
            for labels, value in _DELAY.findall(daemon.get("/metrics")[1]):
                named = dict(re.findall(r'(\w+)="([^"]*)"', labels))
                self.assertEqual(named["reference"], "earliest")
                found[named["stream"], named["pop"]] = float(value)
            return found

        # A new value is a new keyframe: no two come after exactly the same time. The first of each may have come in the
        # burst of the connection.
        newest: dict[str, float] = {}
        readings: dict[str, list[tuple[float, float]]] = {stream: [] for stream in streams}  # at sin1, at fra1
        deadline = time.monotonic() + 60
        while min(map(len, readings.values())) < READINGS:
            self.assertLess(time.monotonic(), deadline, readings)
            seen = delays()
            for stream in streams:
                late, early = seen.get((stream, "sin1")), seen.get((stream, "fra1"))
                if late is None or early is None or late == newest.get(stream):
                    continue
                if stream in newest:
                    readings[stream].append((late, early))
                newest[stream] = late
            time.sleep(0.1)

        for what, group in (("timestamps kept", PLAIN), ("timestamps rewritten", REWRITTEN)):
            late, early = zip(*(reading for stream in group for reading in readings[stream]))
            print(f"{what}: sin1 {sorted(round(d * 1000, 1) for d in late)} ms, "
                  f"fra1 {sorted(round(d * 1000, 1) for d in early)} ms", flush=True)
            self.assertAlmostEqual(statistics.median(late), 0.080, delta=0.010, msg=what)
            self.assertAlmostEqual(statistics.median(early), 0, delta=0.010, msg=what)
        # The servers did rewrite: their media is as far apart as they were told.
        self.assert_timestamps_differ(lab)

    def assert_timestamps_differ(self, lab: support.Lab) -> None:
        serving = lab.serving()
        for stream, jump in REWRITTEN.items():
            self.assertEqual(serving["sin1"][stream]["timestamp_offset_ms"], int(jump[1:-1]) * 1000)
            self.assertEqual(serving["fra1"][stream]["timestamp_offset_ms"], 0)


if __name__ == "__main__":
    support.main_or_skip(None if support.can_make_namespaces() else
                         "no privilege to make network namespaces and TUN devices")
