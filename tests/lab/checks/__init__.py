"""What test_lab.py runs: the lab measured from inside with plain sockets, ping and iperf3."""
