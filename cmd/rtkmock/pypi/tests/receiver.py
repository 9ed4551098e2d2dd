"""Receivers to test with: in this process, and as a program of its own, which prints what it finds."""

from __future__ import annotations

import json
import os
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, List


class Receiver:
    """Takes webhooks at a free port. It answers with status, and keeps the bodies of what it got."""

    def __init__(self, port: int = 0, status: int = 204) -> None:
        self.status = status
        self.got: List[Any] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/webhook"

    def __enter__(self) -> Receiver:
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


if __name__ == "__main__":
    key_url = "https://api.realtime.cloudflare.com/.well-known/webhooks.json" if "hard-coded" in sys.argv else os.environ["REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL"]
    with urllib.request.urlopen(key_url, timeout=10) as answer:
        print("key:", json.load(answer)["data"]["publicKey"].splitlines()[0], flush=True)
    Receiver(int(os.environ["PORT"])).server.serve_forever()
