"""An RTSP server for one player, of which Debian has none."""

from __future__ import annotations

import socket
import threading
from pathlib import Path
from typing import Any


class RtspServer:
    """As much of RFC 2326 as a player needs: one track that ffmpeg sends as RTP, passed on inside the connection."""

    def __init__(self, feed: int, description: Path) -> None:
        self.description = description
        self.methods: list[str] = []
        self.feed = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.feed.bind(("127.0.0.1", feed))
        self.feed.settimeout(0.2)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.closing = threading.Event()
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()

    def close(self) -> None:
        self.closing.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.listener.close()
        self.feed.close()

    def serve(self) -> None:
        while not self.closing.is_set():
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            with client, client.makefile("rb") as requests:
                try:
                    while not self.closing.is_set() and self.answer(client, requests):
                        pass
                except OSError:
                    continue  # the player went away

    def answer(self, client: socket.socket, requests: Any) -> bool:
        """One request; false at the end. Media flows from PLAY on, for as long as the player stays."""
        lines = []
        while line := requests.readline().decode().strip():
            lines.append(line)
        if not lines:
            return False
        method = lines[0].split()[0]
        self.methods.append(method)
        fields = dict(line.split(": ", 1) for line in lines[1:])
        answer, body = {"CSeq": fields["CSeq"], "Session": "1"}, ""
        status = "200 OK"
        if method == "OPTIONS":
            answer["Public"] = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN"
        elif method == "DESCRIBE":
            body = self.description.read_text().replace("SDP:\n", "")
            answer["Content-Type"] = "application/sdp"
        elif method == "SETUP":
            if "RTP/AVP/TCP" in fields["Transport"]:
                answer["Transport"] = "RTP/AVP/TCP;unicast;interleaved=0-1"
            else:
                status = "461 Unsupported Transport"
        answer["Content-Length"] = str(len(body))
        head = "".join(f"{name}: {value}\r\n" for name, value in answer.items())
        client.sendall(f"RTSP/1.0 {status}\r\n{head}\r\n{body}".encode())
        while method == "PLAY" and not self.closing.is_set():
            try:
                packet = self.feed.recv(2048)
            except TimeoutError:
                continue
            client.sendall(b"$\0" + len(packet).to_bytes(2, "big") + packet)
        return method != "TEARDOWN"
