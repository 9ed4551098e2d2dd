"""A receiver in Python's standard library, good or with one of its flaws:
    python3 receiver.py [reserialises|ignores-result|first-header|lenient-base64|parses-first]
The port is printed as the first line. There is no RSA in the library, but it is
one call of pow."""
import base64
import binascii
import hashlib
import json
import os
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

FLAW = sys.argv[1] if len(sys.argv) > 1 else "good"
KEY_URL = os.environ["REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL"]
DIGEST_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
RSA_ID = bytes.fromhex("06092a864886f70d010101")

lock = threading.Lock()
effects = {}
key = None
fetching = threading.Lock()
last = 0.0  # when the last fetch ended


def der(data):
    """Splits DER into the contents of its first element and what follows it."""
    size, start = data[1], 2
    if size & 0x80:
        start = 2 + (size & 0x7F)
        size = int.from_bytes(data[2:start], "big")
    return data[start : start + size], data[start + size :]


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args):
        return None


opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), NoRedirect)


def current_key(than=None):
    """The key held, or one fetched now if that is the one given: whoever waits
    for a fetch shares it, and a flood of forgeries is none of fetches."""
    global key, last
    with fetching:
        if key is None or key == than and time.monotonic() - last >= 0.05:
            try:
                key = fetch_key()
            finally:
                last = time.monotonic()
        return key


def fetch_key():
    until = time.monotonic() + 0.5  # for all of it: a time-out counts from byte to byte
    text = b""
    with opener.open(KEY_URL, timeout=0.5) as response:
        while piece := response.read1(1 << 16):
            text += piece
            if len(text) > 1 << 16 or time.monotonic() > until:
                raise ValueError("the key document has no end")
    document = json.loads(text)
    if document.get("success") is False:
        raise ValueError("no success")
    pem = document["data"]["publicKey"].replace("\\n", "\n").replace("\\r", "")
    lines = [line.strip() for line in pem.splitlines() if "-----" not in line]
    algorithm, rest = der(der(base64.b64decode("".join(lines), validate=True))[0])
    if not algorithm.startswith(RSA_ID):
        raise ValueError("no RSA key")
    numbers = der(der(rest)[0][1:])[0]  # a bit string, with a sequence in it
    n, rest = der(numbers)
    e, _ = der(rest)
    return int.from_bytes(n, "big"), int.from_bytes(e, "big")


def verifies(pub, signed, signature):
    n, e = pub
    size = (n.bit_length() + 7) // 8
    number = int.from_bytes(signature, "big")
    if len(signature) != size or number >= n:
        return False
    tail = DIGEST_INFO + hashlib.sha256(signed).digest()
    want = b"\x00\x01" + b"\xff" * (size - 3 - len(tail)) + b"\x00" + tail
    return pow(number, e, n).to_bytes(size, "big") == want


def genuine(value, body):
    try:
        # Without validate, whatever is no Base64 is passed over.
        signature = base64.b64decode(value, validate=FLAW != "lenient-base64")
    except (binascii.Error, ValueError):
        return False
    signed = body
    if FLAW == "reserialises":
        try:
            signed = json.dumps(json.loads(body), separators=(",", ":")).encode()
        except ValueError:
            return False
    held = current_key()
    if verifies(held, signed, signature) or FLAW == "ignores-result":
        return True
    try:
        newer = current_key(than=held)
    except Exception:
        return False
    return newer != held and verifies(newer, signed, signature)


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 20

    def do_GET(self):
        url = urlsplit(self.path)
        if url.path != "/effects":
            return self.answer(405)
        uuid = parse_qs(url.query).get("uuid", [""])[0]
        self.answer(200, json.dumps({"count": effects.get(uuid, 0)}).encode())

    def refuse(self):
        self.close_connection = True  # there may be a body
        self.answer(405)

    do_HEAD = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = refuse

    def do_POST(self):
        if "Content-Length" not in self.headers:
            self.close_connection = True
            return self.answer(411)
        length = int(self.headers["Content-Length"])
        if length > 1 << 20:
            self.close_connection = True
            return self.answer(413)
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
            return self.answer(400)
        if FLAW == "parses-first":
            json.loads(body)  # what it throws cuts the connection
        self.answer(self.judge(body))

    def judge(self, body):
        values = self.headers.get_all("rtk-signature", [])
        if not values or not values[0] or len(values) > 1 and FLAW != "first-header":
            return 401
        try:
            if not genuine(values[0], body):
                return 401
        except Exception:
            return 503  # without a key nobody can judge
        try:
            event = json.loads(body)
        except (ValueError, RecursionError):
            return 200
        uuid = self.headers.get("rtk-uuid")
        with lock:
            if uuid and isinstance(event, dict) and isinstance(event.get("event"), str):
                effects.setdefault(uuid, 1)
        return 200

    def answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        pass


server = Server(("127.0.0.1", 0), Receiver)
print(server.server_address[1], flush=True)
server.serve_forever()
