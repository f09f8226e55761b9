"""The links do what they are told, and to nobody else."""

from __future__ import annotations

import itertools
import json
import re
import socket
import statistics
import subprocess
import tempfile
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .support import FlvClient, Lab, Probe, measured, needs_network, wait_until

lab: Lab
DEFAULT_RTT = 0.010
_BURST_PACKETS = 8000  # losses in runs of 4 make the standard error of the share 0.7 %


def setUpModule() -> None:
    global lab
    from .support import PRIVILEGED

    if PRIVILEGED:
        lab = Lab("n", "--pops", "sin1,fra1", "--protocols", "flv")


def tearDownModule() -> None:
    if "lab" in globals():
        lab.down()


def ping(*options: str) -> tuple[float, float]:
    """Loss from 0 to 1 and mean round trip in seconds (0 when nothing came back), from v1 to sin1."""
    text = lab.cli("exec", "v1", "--", "ping", "-q", *options, lab.address("sin1"))
    lost = re.search(r"([\d.]+)% packet loss", text)
    mean = re.search(r"= [\d.]+/([\d.]+)/", text)
    assert lost
    return float(lost[1]) / 100, float(mean[1]) / 1000 if mean else 0.0


def iperf(*options: str, seconds: int = 4) -> dict[str, float]:
    """Runs iperf3 from sin1 (sender) to v1 and returns the receiver's sum."""
    with lab.start_inside("sin1", "iperf3", "-s", "-1", "--forceflush", stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout
            for line in server.stdout:
                if "listening" in line:
                    break
            text = lab.cli("exec", "v1", "--", "iperf3", "-c", lab.address("sin1"), "-R", "-O", "1", "-t", str(seconds),
                           "-J", *options)
            server.communicate(timeout=5)  # -1: it ends after one client
        finally:
            server.kill()
    end = json.loads(text)["end"]
    return dict(end.get("sum_received") or end["sum"])


@needs_network
class Delay(unittest.TestCase):
    def one_way(self, sender: str, receiver: str, count: int = 20, every: float = 0.01) -> list[float]:
        probe = Probe(lab, sender, receiver)
        self.addCleanup(probe.close)
        probe.run(count, every)
        self.assertEqual(sum(probe.lost()), 0)
        return probe.delays()

    def test_ping_sees_the_delay_of_both_directions(self) -> None:
        with lab.impaired("path", "sin1", "down.delay=20ms", "up.delay=45ms"):
            _, rtt = ping("-c", "20", "-i", "0.05")
        measured(f"ping at 20 ms down and 45 ms up: {rtt * 1e3:.2f} ms")
        self.assertAlmostEqual(rtt, 0.065, delta=0.002)
        _, rtt = ping("-c", "20", "-i", "0.05")
        measured(f"ping after clear: {rtt * 1e3:.2f} ms")
        self.assertAlmostEqual(rtt, DEFAULT_RTT, delta=0.002)

    def test_directions_are_apart(self) -> None:
        with lab.impaired("path", "v1-sin1", "down.delay=40ms"):
            down, up = self.one_way("sin1", "v1"), self.one_way("v1", "sin1")
            other = self.one_way("fra1", "v1")
        measured(f"one way at down.delay=40ms: {statistics.median(down) * 1e3:.2f} ms down, "
                 f"{statistics.median(up) * 1e3:.2f} ms up, {statistics.median(other) * 1e3:.2f} ms from the other POP")
        self.assertAlmostEqual(statistics.median(down), 0.040, delta=0.001)
        self.assertAlmostEqual(statistics.median(up), 0.005, delta=0.001)
        self.assertAlmostEqual(statistics.median(other), 0.005, delta=0.001)

    def test_jitter_has_its_deviation_and_keeps_the_order(self) -> None:
        with lab.impaired("path", "sin1", "down.delay=50ms", "down.jitter=10ms"):
            probe = Probe(lab, "sin1", "v1")
            self.addCleanup(probe.close)
            probe.run(400, 0.01)
        delays = probe.delays()
        mean, deviation = statistics.mean(delays), statistics.stdev(delays)
        measured(f"delay=50ms jitter=10ms: mean {mean * 1e3:.1f} ms, deviation {deviation * 1e3:.1f} ms")
        # 400 samples 10 ms apart, correlated over 20 ms, count like about 100 independent ones.
        self.assertAlmostEqual(mean, 0.050, delta=0.004)
        self.assertAlmostEqual(deviation, 0.010, delta=0.003)
        self.assertEqual(list(probe.arrived), sorted(probe.arrived))

    def test_reorder_on_lets_packets_overtake(self) -> None:
        with lab.impaired("path", "sin1", "down.delay=50ms", "down.jitter=20ms", "down.reorder=on"):
            probe = Probe(lab, "sin1", "v1")
            self.addCleanup(probe.close)
            probe.run(300, 0.002)
        self.assertNotEqual(list(probe.arrived), sorted(probe.arrived))

    def test_a_change_takes_effect_while_packets_flow(self) -> None:
        probe = Probe(lab, "sin1", "v1")
        self.addCleanup(probe.close)
        change = threading.Timer(0.5, lambda: lab.cli("impair", "path", "sin1", "down.delay=80ms"))
        change.start()
        probe.run(150, 0.01)
        change.join()
        lab.cli("impair", "path", "sin1", "clear")
        delays = probe.delays()
        measured(f"delay changed under way: {statistics.median(delays[:30]) * 1e3:.1f} ms, then "
                 f"{statistics.median(delays[-30:]) * 1e3:.1f} ms")
        self.assertAlmostEqual(statistics.median(delays[:30]), 0.005, delta=0.002)
        self.assertAlmostEqual(statistics.median(delays[-30:]), 0.080, delta=0.002)


@needs_network
class Loss(unittest.TestCase):
    def test_ping_sees_random_loss(self) -> None:
        with lab.impaired("path", "sin1", "down.loss=10%"):
            lost, _ = ping("-c", "1000", "-i", "0.003")
        measured(f"ping at loss=10%: {lost:.1%} (standard error 0.9 %)")
        self.assertAlmostEqual(lost, 0.10, delta=0.03)

    def test_bursts_follow_gilbert_elliott(self) -> None:
        with lab.impaired("path", "sin1", "down.ge_p=2%", "down.ge_r=25%"):
            probe = Probe(lab, "sin1", "v1")
            self.addCleanup(probe.close)
            probe.run(_BURST_PACKETS, 0.0003)
            # Losses in a row make ping's standard error large; three at once make it 1.2 %.
            with ThreadPoolExecutor(3) as pool:
                results = pool.map(lambda _: ping("-c", "1000", "-i", "0.003"), range(3))
                lost = statistics.mean(loss for loss, _ in results)
        runs = [len(list(group)) for is_lost, group in itertools.groupby(probe.lost()) if is_lost]
        share, burst = sum(runs) / _BURST_PACKETS, statistics.mean(runs)
        measured(f"ge_p=2% ge_r=25%: {share:.1%} lost, {burst:.2f} in a row, ping {lost:.1%}; expected 7.4 % and 4.00")
        self.assertAlmostEqual(share, 0.02 / 0.27, delta=0.025)
        self.assertAlmostEqual(lost, 0.02 / 0.27, delta=0.04)
        self.assertAlmostEqual(burst, 4, delta=1.2)

    def test_a_blackhole_swallows_everything_until_it_is_off(self) -> None:
        with lab.impaired("path", "sin1", "down.blackhole=on"):
            probe = Probe(lab, "sin1", "v1")
            self.addCleanup(probe.close)
            probe.run(50, 0.005, tail=0.2)
            self.assertEqual(len(probe.arrived), 0)
            other = Probe(lab, "v1", "sin1")
            self.addCleanup(other.close)
            other.run(20, 0.005)
            self.assertEqual(sum(other.lost()), 0, "up is not down")
            lab.cli("impair", "path", "sin1", "blackhole=off")
            probe.run(50, 0.005)
            self.assertEqual(len(probe.arrived), 50)


@needs_network
class Rate(unittest.TestCase):
    def test_tcp_fills_50_mbit_at_20_ms(self) -> None:
        with lab.impaired("path", "sin1", "delay=20ms", "down.rate=50mbit"):
            goodput = iperf()["bits_per_second"]
        on_wire = goodput * 1500 / 1448  # the rate counts IP packets: 52 of 1500 bytes are headers
        measured(f"iperf3 TCP at rate=50mbit delay=20ms: {goodput / 1e6:.2f} Mbit/s of data, "
                 f"{on_wire / 1e6:.2f} on the link")
        self.assertAlmostEqual(on_wire, 50e6, delta=2.5e6)

    def test_udp_gets_50_mbit_through(self) -> None:
        with lab.impaired("path", "sin1", "delay=20ms", "down.rate=50mbit"):
            result = iperf("-u", "-b", "65M", "-l", "1400")
        received = result["bits_per_second"]
        if result.get("sender"):  # some versions report what was sent, and the share that did not arrive
            received *= 1 - result["lost_percent"] / 100
        on_wire = received * 1428 / 1400
        measured(f"iperf3 UDP 65 Mbit/s into rate=50mbit: {on_wire / 1e6:.2f} Mbit/s on the link, "
                 f"{result['lost_percent']:.1f} % lost")
        self.assertAlmostEqual(on_wire, 50e6, delta=2.5e6)

    def test_paths_of_a_vantage_share_its_uplink(self) -> None:
        with lab.impaired("uplink", "v1", "down.rate=10mbit", "down.queue=2s"):
            probes = [Probe(lab, pop, "v1") for pop in ("sin1", "fra1")]
            for _ in range(400):
                for probe in probes:
                    probe.send(1250)
            deadline = time.monotonic() + 3
            reader = threading.Thread(target=probes[1].collect, args=(deadline,))
            reader.start()
            probes[0].collect(deadline)
            reader.join()
        arrivals = sorted([*probes[0].arrived.values(), *probes[1].arrived.values()])
        for probe in probes:
            probe.close()
        rate = (len(arrivals) - 1) * 10_000 / (arrivals[-1] - arrivals[0])
        measured(f"two POPs through uplink rate=10mbit: {len(arrivals)} packets at {rate / 1e6:.2f} Mbit/s together")
        self.assertEqual(len(arrivals), 800)
        self.assertAlmostEqual(rate, 10e6, delta=0.5e6)

    def test_percent_is_of_one_stream(self) -> None:
        with lab.impaired("path", "sin1", "down.rate=30%"):
            rate = json.loads(lab.cli("status", "--links"))["path-v1-sin1"]["down"]["rate_bps"]
        self.assertAlmostEqual(rate, 0.3 * lab.info["stream_bitrate"], delta=1)


@needs_network
class Reset(unittest.TestCase):
    def connect(self) -> tuple[socket.socket, socket.socket]:
        with lab.inside("sin1"):
            listener = socket.create_server((lab.address("sin1"), 0))
        with lab.inside("v1"):
            viewer = socket.create_connection(listener.getsockname(), timeout=3)
        edge, _ = listener.accept()
        listener.close()
        edge.settimeout(3)
        for end in (viewer, edge):
            self.addCleanup(end.close)
        return viewer, edge

    def test_reset_ends_an_idle_connection_at_both_ends(self) -> None:
        viewer, edge = self.connect()
        began = time.monotonic()
        lab.cli("impair", "path", "sin1", "reset=now")
        for end in (viewer, edge):
            with self.assertRaises(ConnectionResetError):
                end.recv(1)
        measured(f"reset=now: both ends of an idle connection were reset {time.monotonic() - began:.3f} s after the "
                 "command began")

    def test_reset_ends_a_busy_connection_and_a_new_one_works(self) -> None:
        with FlvClient(lab, lab.info["urls"]["demo"]["sin1"]["flv"], "v1") as client:
            self.assertEqual(client.head(), 200)
            self.assertGreater(client.bytes_within(0.5), 50_000)
            began = time.monotonic()
            lab.cli("impair", "path", "sin1", "reset=now")
            with self.assertRaises(ConnectionResetError):
                client.bytes_within(3)
            measured(f"reset=now: a viewer was reset {time.monotonic() - began:.3f} s after the command began")
        with FlvClient(lab, lab.info["urls"]["demo"]["sin1"]["flv"], "v1") as client:
            self.assertEqual(client.head(), 200)
            self.assertGreater(client.bytes_within(0.5), 50_000)


@needs_network
class Timeline(unittest.TestCase):
    def run_file(self, text: str) -> subprocess.CompletedProcess[str]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "steps"
            path.write_text(text)
            return lab.attempt("timeline", str(path))

    def test_steps_happen_at_their_times(self) -> None:
        probe = Probe(lab, "sin1", "v1")
        self.addCleanup(probe.close)
        results = []
        runner = threading.Thread(target=lambda: results.append(self.run_file(
            "# a route change of 60 ms for one second\nat 500ms path sin1 down.delay=65ms\nat 1.5s path sin1 clear\n")))
        runner.start()
        probe.run(250, 0.01)
        runner.join()
        self.assertEqual(results[0].returncode, 0, results[0].stderr)
        events = [json.loads(line) for line in results[0].stdout.splitlines()]
        late = [event["done_after"] - event["at"] for event in events]
        measured(f"timeline steps were done {', '.join(f'{x * 1e3:.1f} ms' for x in late)} after their time")
        self.assertEqual([event["line"] for event in events], [2, 3])
        for lateness in late:
            self.assertLess(lateness, 0.05)
        slow = [probe.sent[number] for number, at in probe.arrived.items() if at - probe.sent[number] > 0.06]
        self.assertAlmostEqual(max(slow) - min(slow), 1.0, delta=0.1)

    def test_bad_lines_are_refused_before_anything_runs(self) -> None:
        done = self.run_file("at 0s path sin1 down.delay=99ms\nat 1s path nowhere clear\nsoon serve sin1 freeze=on\n"
                             "at 2s serve sin1 freeze=maybe\nat 3s sing fra1\n")
        self.assertEqual(done.returncode, 1)
        for line, words in ((2, 'no path "nowhere"'), (3, 'want "at TIME VERB'), (4, "want on or off"),
                            (5, 'got "sing"')):
            self.assertRegex(done.stderr, f"steps:{line}: .*{re.escape(words)}")
        self.assertEqual(json.loads(lab.cli("status", "--links"))["path-v1-sin1"]["down"]["delay_us"], 5000)


@needs_network
class Words(unittest.TestCase):
    def test_wrong_words_are_refused_with_what_was_wanted(self) -> None:
        for words, message in ((("path", "sin1", "loss=1"), "percentage such as 1%"),
                               (("path", "mars", "clear"), 'no path "mars"'),
                               (("road", "sin1", "clear"), 'got "road"'),
                               (("path", "sin1", "left.delay=1ms"), "[down.|up.]"),
                               (("path", "sin1", "down.reset=now"), "both directions"),
                               (("path", "sin1", "rate=0mbit"), "above zero")):
            done = lab.attempt("impair", *words)
            self.assertEqual(done.returncode, 1, words)
            self.assertIn(message, done.stderr)

    def test_the_host_reaches_a_vantage_and_nothing_reaches_the_outside(self) -> None:
        with lab.inside("v1"):
            listener = socket.create_server((lab.info["vantages"]["v1"]["mgmt_address"], 0))
        self.addCleanup(listener.close)
        socket.create_connection(listener.getsockname(), timeout=3).close()
        for node in lab.info["nodes"]:
            with lab.inside(node), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outside:
                with self.assertRaises(OSError, msg=node):
                    outside.connect(("192.0.2.1", 9))

    def test_what_is_lost_is_counted(self) -> None:
        with lab.impaired("path", "sin1", "down.blackhole=on"):
            probe = Probe(lab, "sin1", "v1")
            self.addCleanup(probe.close)
            probe.run(10, 0.001, tail=0)
            wait_until("ten packets are counted", lambda: json.loads(lab.cli("status", "--links"))
                       ["path-v1-sin1"]["down"]["blackholed"] >= 10, 3)
