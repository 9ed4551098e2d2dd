"""A clinic's visits: see README.md beside this folder."""

import base64
import json
import os
import sqlite3
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

PORT, DATABASE = int(os.environ["PORT"]), os.environ["DATABASE"]
API = f"https://api.cloudflare.com/client/v4/accounts/{os.environ['ACCOUNT_ID']}/realtime/kit/{os.environ['APP_ID']}"
KEY_URL = "https://api.realtime.cloudflare.com/.well-known/webhooks.json"

TABLES = """
CREATE TABLE IF NOT EXISTS visits (
    meeting_id TEXT PRIMARY KEY, title TEXT, status TEXT DEFAULT 'planned',
    attended TEXT DEFAULT '[]', recording_bytes INTEGER DEFAULT 0, works INTEGER DEFAULT 0);
CREATE TABLE IF NOT EXISTS inbox (uuid TEXT PRIMARY KEY, body TEXT, tries INTEGER DEFAULT 0, done INTEGER DEFAULT 0);
"""


def run(statement, *values):
    """Runs one statement in a transaction of its own, and returns its rows."""
    db = sqlite3.connect(DATABASE, timeout=10)
    try:
        with db:
            return db.execute(statement, values).fetchall()
    finally:
        db.close()


def call(method, path, **body):
    answer = requests.request(
        method, API + path, json=body or None, timeout=10,
        headers={"Authorization": "Bearer " + os.environ["CLOUDFLARE_API_TOKEN"]},
    )
    answer.raise_for_status()
    return answer.json()["data"]


def plan(title, guest):
    meeting = call("POST", "/meetings", title=title, record_on_start=True)["id"]
    run("INSERT INTO visits (meeting_id, title) VALUES (?, ?)", meeting, title)
    added = call("POST", f"/meetings/{meeting}/participants", name=guest, custom_participant_id="guest-" + meeting, preset_name="guest")
    return {"meeting_id": meeting, "participant_id": added["id"], "token": added["token"]}


class NoKey(Exception):
    """The key cannot be had now."""


class Key:
    """The public key, fetched again when it is too old. Who comes meanwhile waits for the same fetch."""

    lock, at, key = threading.Lock(), 0.0, None

    @classmethod
    def get(cls, max_age):
        with cls.lock:
            if cls.key is None or time.monotonic() - cls.at > max_age:
                cls.key, cls.at = cls.fetch(), time.monotonic()
            return cls.key

    @staticmethod
    def fetch():
        try:
            pem = requests.get(KEY_URL, timeout=2).json()["data"]["publicKey"].replace("\\n", "\n")
            key = serialization.load_pem_public_key(pem.encode())
        except (requests.RequestException, ValueError, KeyError, TypeError, AttributeError) as err:
            raise NoKey(err) from err
        if not isinstance(key, rsa.RSAPublicKey):
            raise NoKey("the key is not RSA")
        return key


def genuine(raw, signature):
    """Verifies the bytes as they came. If the signature does not fit, the key may have changed: a key of the
    last second has the last word, so forgeries cause few fetches."""
    try:
        signature = base64.b64decode(signature, validate=True)
    except ValueError:
        return False
    for max_age in (3600, 1):
        try:
            Key.get(max_age).verify(signature, raw, padding.PKCS1v15(), hashes.SHA256())
            return True
        except InvalidSignature:
            pass
    return False


arrived = threading.Event()


def work():
    """Handles what is in the table and not done, also after a crash. What fails is tried again a few times,
    after the others."""
    while True:
        rows = run("SELECT uuid, body, tries FROM inbox WHERE done = 0 AND tries < 5 ORDER BY tries, rowid LIMIT 1")
        if not rows:
            arrived.wait()
            arrived.clear()
            continue
        uuid, body, tries = rows[0]
        if tries:
            arrived.wait(1)
        try:
            handle(json.loads(body))
            run("UPDATE inbox SET done = 1 WHERE uuid = ?", uuid)
        except Exception as err:  # whatever it is, the others go on
            print(repr(err), file=sys.stderr)
            run("UPDATE inbox SET tries = tries + 1 WHERE uuid = ?", uuid)


def handle(event):
    meeting = event.get("meeting", {}).get("id")
    if event["event"] == "meeting.started":  # a retry may come after the end
        run("UPDATE visits SET status = 'live' WHERE meeting_id = ? AND status = 'planned'", meeting)
    elif event["event"] == "meeting.ended":
        people = call("GET", f"/sessions/{event['meeting']['sessionId']}/participants")["participants"]
        names = json.dumps([one["display_name"] for one in people])
        run("UPDATE visits SET status = 'ended', attended = ? WHERE meeting_id = ?", names, meeting)
    elif event["event"] == "recording.statusUpdate" and event["recording"]["status"] == "UPLOADED":
        recording = call("GET", "/recordings/" + event["recording"]["id"])
        file = requests.get(recording["download_url"], timeout=10)
        file.raise_for_status()
        if len(file.content) != recording["file_size"]:
            raise OSError(f"the recording is incomplete: {len(file.content)} bytes")
        run("UPDATE visits SET recording_bytes = ? WHERE meeting_id = ?", len(file.content), meeting)
    run("UPDATE visits SET works = works + 1 WHERE meeting_id = ?", meeting)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        length = self.headers.get("Content-Length")
        if length is None or int(length) > 1 << 20:
            self.close_connection = True
            self.answer(411 if length is None else 413, {"error": "want a length of at most 1 MB"})
            return
        length = int(length)
        raw = self.rfile.read(length)
        if self.path == "/visits":
            self.answer(201, plan(**json.loads(raw)))
        elif self.path == "/webhook":
            self.webhook(raw)
        else:
            self.answer(404, {"error": "not found"})

    def webhook(self, raw):
        try:
            ok = genuine(raw, self.headers.get("rtk-signature", ""))
        except NoKey as err:  # what cannot be verified now is to come again
            self.answer(503, {"error": f"the key cannot be had: {err}"})
            return
        if not ok:
            self.answer(401, {"error": "invalid signature"})
            return
        # A delivery that came before has the same uuid, and changes nothing.
        run("INSERT OR IGNORE INTO inbox (uuid, body) VALUES (?, ?)", self.headers["rtk-uuid"], raw.decode())
        self.answer(200, {})
        arrived.set()

    def do_GET(self):
        rows = run("SELECT title, status, attended, recording_bytes, works FROM visits WHERE meeting_id = ?", self.path.removeprefix("/visits/"))
        if not rows:
            self.answer(404, {"error": "no such visit"})
            return
        visit = dict(zip(("title", "status", "attended", "recording_bytes", "works"), rows[0]))
        self.answer(200, {**visit, "attended": json.loads(visit["attended"])})

    def answer(self, code, body):
        data = json.dumps(body).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


db = sqlite3.connect(DATABASE)
db.executescript(TABLES)
db.close()
server = ThreadingHTTPServer(("127.0.0.1", PORT), Handler)
threading.Thread(target=work, daemon=True).start()
threading.Thread(target=server.serve_forever).start()
call("POST", "/webhooks", name="visits", url=f"http://127.0.0.1:{PORT}/webhook",
     events=["meeting.started", "meeting.participantJoined", "meeting.ended", "recording.statusUpdate"])
print("ready", file=sys.stderr)
