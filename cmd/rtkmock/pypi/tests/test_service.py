"""The package against the service. Needs an installed wheel, or rtkmock on the PATH, and no pytest."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import typing
import unittest
import urllib.error
import urllib.request
import warnings
from pathlib import Path
from typing import Any, Callable, Dict, List
from unittest import mock

sys.path.insert(0, str(Path(__file__).parent))

import rtkmock
from receiver import Receiver
from rtkmock import service, types
from rtkmock.child import find_program

RECEIVER = str(Path(__file__).parent / "receiver.py")


def status(url: str) -> int:
    """Ask without a proxy, and return the status."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as err:
        return err.code


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return int(s.getsockname()[1])


def eventually(what: str, happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not happened():
        if time.monotonic() > end:
            raise AssertionError(f"not within 20 s: {what}")
        time.sleep(0.02)


def refuses(url: str) -> bool:
    port = int(url.split(":")[2].split("/")[0])
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) != 0


class WithService(unittest.TestCase):
    rtk: rtkmock.Rtkmock
    receiver: Receiver

    @classmethod
    def setUpClass(cls) -> None:
        cls.receiver = Receiver()
        cls.receiver.__enter__()
        cls.addClassCleanup(cls.receiver.__exit__)
        cls.rtk = rtkmock.start(webhook=cls.receiver.url, time_scale=0)
        cls.addClassCleanup(cls.rtk.stop)

    def setUp(self) -> None:
        self.rtk.wait_quiet()  # what is under way would still arrive
        self.rtk.reset()
        self.receiver.got.clear()
        self.receiver.status = 204


class Events(WithService):
    def test_an_event_is_delivered_as_emit_says(self) -> None:
        emitted = self.rtk.emit("meeting.ended", set={"meeting.title": "Zoë 日本"})
        self.rtk.wait_quiet()
        self.assertEqual(self.receiver.got, [emitted["payload"]])
        self.assertEqual(self.receiver.got[0]["meeting"]["title"], "Zoë 日本")
        [summary] = self.rtk.deliveries()
        self.assertEqual((summary["event"], summary["state"], summary["status"]), ("meeting.ended", "delivered", 204))
        delivery = self.rtk.delivery(summary["id"])
        self.assertEqual(delivery["body"], emitted["body"])
        self.assertIn("rtk-signature: ", delivery["attempts"][0]["head"])
        self.assertTrue(delivery["attempts"][0]["verified"])

    def test_mutations_faults_and_names_reach_the_service(self) -> None:
        self.rtk.emit("meeting.started", mutations=["signature/other-key"], unset=["meeting.title"])
        self.rtk.emit("meeting.started", faults=[{"attempt": 1, "fault": "lose-response"}], meeting_id="room-7")
        self.rtk.wait_quiet()
        forged, retried = [self.rtk.delivery(d["id"]) for d in self.rtk.deliveries()]
        self.assertFalse(forged["attempts"][0]["verified"])
        self.assertNotIn("title", json.loads(forged["body"])["meeting"])
        self.assertEqual([a["status"] for a in retried["attempts"]], [0, 204])
        self.assertEqual(retried["meeting_id"], "room-7")
        self.assertEqual([d["id"] for d in self.rtk.deliveries(meeting_id="room-7")], [retried["id"]])

    def test_deliveries_come_in_their_order_over_many_pages(self) -> None:
        for _ in range(7):
            self.rtk.emit("meeting.started")
        self.rtk.wait_quiet()
        for page in (1, 2, 3, 7, 8):
            with mock.patch.object(service, "_PAGE", page):
                ids = [d["id"] for d in self.rtk.deliveries()]
            self.assertEqual(ids, sorted(set(ids)))
            self.assertEqual(len(ids), 7, page)

    def test_a_resent_delivery_has_the_same_uuid_unless_it_is_to_be_new(self) -> None:
        self.rtk.emit("meeting.started")
        [first] = self.rtk.deliveries()
        self.assertEqual(self.rtk.resend(first["id"])["uuid"], first["uuid"])
        self.assertNotEqual(self.rtk.resend(first["id"], new_uuid=True)["uuid"], first["uuid"])
        self.rtk.wait_quiet()
        self.assertEqual(len(self.receiver.got), 3)

    def test_who_is_not_subscribed_is_warned_about(self) -> None:
        with rtkmock.start() as rtk:
            with self.assertWarnsRegex(rtkmock.RtkmockWarning, "^emit: no webhook is registered") as caught:
                rtk.emit("meeting.started")
            self.assertEqual(caught.filename, __file__)
            rtk.webhook(self.receiver.url, ["meeting.ended"])
            with self.assertWarns(rtkmock.RtkmockWarning):
                self.assertEqual(rtk.emit("meeting.started")["unsubscribed"], 1)
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                self.assertEqual(len(rtk.emit("meeting.ended")["deliveries"]), 1)

    def test_what_is_pending_is_named_when_it_takes_too_long(self) -> None:
        self.receiver.status = 503
        self.rtk.clock(scale=1000)
        self.rtk.emit("meeting.started")
        with self.assertRaisesRegex(rtkmock.RtkmockTimeout, rf"^wait_quiet: after 0\.3 s still pending: meeting.started to {self.receiver.url} \(the last answer: 503\)$"):
            self.rtk.wait_quiet(timeout=0.3)
        self.rtk.reset()

    def test_threads_can_use_it_together(self) -> None:
        threads = [threading.Thread(target=self.rtk.emit, args=("meeting.started",)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.rtk.wait_quiet()
        self.assertEqual(len(self.receiver.got), 8)

    def test_a_scenario_is_played_to_its_end(self) -> None:
        play = self.rtk.play("weekly-sync", speed=0)
        self.assertEqual(play["state"], "complete")
        self.assertGreater(len(self.receiver.got), 3)


class Meetings(WithService):
    def test_what_happens_in_a_meeting_causes_its_events(self) -> None:
        meeting = self.rtk.meeting(title="Board", record_on_start=True)
        self.assertEqual(meeting.join("Mary")["events"], ["meeting.started", "meeting.participantJoined", "recording.statusUpdate"])
        meeting.join(custom_participant_id="u-1")
        self.assertEqual([who["name"] for who in meeting.look()["present"]][0], "Mary")
        self.assertEqual(meeting.record("pause")["status"], "PAUSED")
        self.assertEqual(meeting.livestream()["status"], "LIVE")
        self.assertEqual(meeting.leave("Mary")["events"], ["meeting.participantLeft"])
        self.assertIn("meeting.ended", meeting.end()["events"])
        self.assertEqual(meeting.artifact("summary")["events"], ["meeting.summary"])
        [recording] = meeting.look()["recordings"]
        self.assertEqual(meeting.advance(recording["id"], "UPLOADED")["events"], ["recording.statusUpdate"])
        self.rtk.wait_quiet()
        self.assertEqual({d["meeting_id"] for d in meeting.deliveries()}, {meeting.id})
        self.assertEqual(len(meeting.deliveries(event="meeting.ended")), 1)
        self.assertEqual(self.receiver.got[0]["meeting"]["title"], "Board")

    def test_a_meeting_is_found_by_its_id_or_made_with_it(self) -> None:
        made = self.rtk.meeting(id="stand up/7?", title="Standup")
        self.assertEqual(self.rtk.meeting(made.id).look()["title"], "Standup")
        self.assertEqual(made.emit("meeting.started")["meeting_id"], "stand up/7?")
        with self.assertRaisesRegex(rtkmock.RtkmockError, '^meeting: not there: meeting "nobody"'):
            self.rtk.meeting("nobody")


class Settings(WithService):
    def test_a_fault_of_the_key_lasts_for_its_block(self) -> None:
        with self.rtk.key_fault("status-500"):
            self.assertEqual(status(self.rtk.key_url), 500)
        self.assertEqual(status(self.rtk.key_url), 200)
        self.rtk.key_fault("status-500")
        self.assertEqual(self.rtk.key()["fault"], "status-500")
        self.rtk.key_fault()
        self.assertEqual(self.rtk.key()["fault"], "none")

    def test_a_fault_of_the_api_lasts_for_its_block(self) -> None:
        url = self.rtk.api_url + "/accounts/acc/realtime/kit/app/meetings"
        request = urllib.request.Request(url, headers={"Authorization": "Bearer any"})
        with self.rtk.api_fault("status-500"):
            with self.assertRaisesRegex(urllib.error.HTTPError, "500"):
                urllib.request.urlopen(request, timeout=10)
        urllib.request.urlopen(request, timeout=10).close()

    def test_a_key_that_rotates_is_another(self) -> None:
        before = self.rtk.key()["fingerprint"]
        self.rtk.rotate_key()
        self.assertNotEqual(self.rtk.key()["fingerprint"], before)

    def test_the_clock_moves(self) -> None:
        self.assertGreater(self.rtk.clock(advance=3600)["now"], self.rtk.clock(scale=0.5)["now"][:13])
        self.assertEqual(self.rtk.clock(scale=0.5)["scale"], 0.5)

    def test_reset_brings_back_what_start_returned(self) -> None:
        self.rtk.webhook(self.receiver.url + "/second", ["meeting.ended"])
        self.rtk.key_fault("down")
        self.rtk.clock(scale=3)
        self.rtk.emit("meeting.started")
        self.rtk.reset()
        self.assertEqual(self.rtk.deliveries(), [])
        self.assertEqual([w["url"] for w in self.rtk.control("GET", "webhooks")["webhooks"]], [self.receiver.url])
        health = self.rtk.wait_quiet()
        self.assertEqual((health["scale"], health["key_fault"]), (0, "none"))

    def test_another_process_can_be_connected_to(self) -> None:
        other = rtkmock.connect(self.rtk.control_url + "/")
        self.assertEqual((other.key_url, other.api_url, other.url), (self.rtk.key_url, self.rtk.api_url, self.rtk.url))
        self.assertEqual(other.emit("meeting.started")["event"], "meeting.started")
        other.stop()
        self.rtk.wait_quiet()

    def test_a_token_comes_from_the_environment(self) -> None:
        with mock.patch.dict(os.environ, {"RTKMOCK_CONTROL_TOKEN": "secret"}):
            with rtkmock.start(webhook=self.receiver.url) as rtk:
                self.assertEqual(rtk.wait_quiet()["webhooks"], 1)
                del os.environ["RTKMOCK_CONTROL_TOKEN"]
                with self.assertRaises(rtkmock.RtkmockError) as caught:
                    rtk.deliveries()
                self.assertEqual(caught.exception.status, 401)

    def test_https_is_spoken_with_the_certificate_of_rtkmock(self) -> None:
        with tempfile.TemporaryDirectory() as state, rtkmock.start(flags=["--tls", "--state", state]) as rtk:
            self.assertEqual(rtk.key_url[:8], "https://")
            self.assertEqual(rtk.key()["fetches"], 0)

    def test_the_log_has_what_others_asked_for(self) -> None:
        status(self.rtk.key_url)
        eventually("the log", lambda: any("GET /.well-known/webhooks.json" in line for line in self.rtk.log()))
        self.assertFalse([line for line in self.rtk.log() if "_rtkmock" in line])


class Mistakes(WithService):
    def test_errors_name_what_was_wrong(self) -> None:
        rtk: Any = self.rtk
        with Receiver(status=200) as other:
            cases: Dict[str, Callable[[], Any]] = {
                'emit: event: found "meeting.strated", want one of meeting.started, ': lambda: rtk.emit("meeting.strated"),
                "unset: found 'meeting.title', want a list such as ['meeting.title']": lambda: rtk.emit("meeting.ended", unset="meeting.title"),
                "emit: Object of type object is not JSON serializable": lambda: rtk.emit("meeting.ended", {"meeting.title": object()}),
                'webhook: url: found "nonsense", want ': lambda: rtk.webhook("nonsense"),
                "events: found 'meeting.ended', want a list such as ": lambda: rtk.webhook(other.url, "meeting.ended"),
                'key_fault: fault: unknown fault "status-5", want one of ': lambda: rtk.key_fault("status-5"),
                "deliveries: state: found ": lambda: rtk.deliveries(state="sent"),
                "delivery: ": lambda: rtk.delivery(4711),
                'meeting: the body does not fit: unknown field "titel"': lambda: rtk.meeting(titel="Standup"),
                "play: ": lambda: rtk.play("no-such-scenario"),
                "GET nowhere: ": lambda: rtk.control("GET", "nowhere"),
                "with_interception: no host name is answered here, want start(intercept=True)": lambda: rtk.with_interception(["true"]),
                "command: found 'python3 app.py', want a list such as ": lambda: rtk.run("python3 app.py"),
                "run: found no command, want one such as ": lambda: rtk.run([]),
                "rtkmock-no-such-program could not be started: ": lambda: rtk.run(["rtkmock-no-such-program"]),
                "listens: found 'localhost:3000', want a URL such as ": lambda: rtk.run([sys.executable, "-c", "input()"], listens="localhost:3000"),
                "connect: found 'localhost', want the URL of a control API such as ": lambda: rtkmock.connect("localhost"),
                "connect: 127.0.0.1:": lambda: rtkmock.connect(other.url),
            }
            for want, mistake in cases.items():
                with self.subTest(want), self.assertRaises(rtkmock.RtkmockError) as caught:
                    mistake()
                self.assertEqual(str(caught.exception)[: len(want)], want)
                self.assertNotIn("\n", str(caught.exception))

    def test_a_start_that_fails_says_why(self) -> None:
        start: Any = rtkmock.start
        cases: Dict[str, Dict[str, Any]] = {
            "start: rtkmock has ended (exit status 2): rtkmock: --key: /nowhere/key.pem: no such file or directory": {"key": "/nowhere/key.pem"},
            "start: rtkmock has ended (exit status 2): rtkmock: serve: unknown flag --nonsense": {"flags": ["--nonsense"]},
            "flags: found '--offline', want a list such as ['--offline']": {"flags": "--offline"},
            'webhook: url: found "app", want ': {"webhook": "app"},
            "found '/nowhere/rtkmock', want the path of rtkmock": {"program": "/nowhere/rtkmock"},
        }
        for want, how in cases.items():
            with self.subTest(want), self.assertRaises(rtkmock.RtkmockError) as caught:
                start(**how)
            self.assertEqual(str(caught.exception)[: len(want)], want)

    def test_a_start_that_takes_too_long_is_given_up(self) -> None:
        program = find_program()
        with mock.patch.object(service.Path, "exists", return_value=False):
            with self.assertRaisesRegex(rtkmock.RtkmockTimeout, r"^start: not ready within 0\.5 s: "):
                rtkmock.start(timeout=0.5, program=program)


class Apps(unittest.TestCase):
    def test_an_app_finds_the_key_by_its_environment(self) -> None:
        port = free_port()
        url = f"http://127.0.0.1:{port}/webhook"
        with rtkmock.start(webhook=url) as rtk:
            app = rtk.run([sys.executable, RECEIVER], listens=url, env={"PORT": str(port)})
            eventually("the key", lambda: "key: -----BEGIN PUBLIC KEY-----" in app.output)
            rtk.emit("meeting.started")
            rtk.wait_quiet()
            self.assertEqual(rtk.deliveries()[0]["state"], "delivered")
            self.assertIsNone(app.poll())
        self.assertTrue(refuses(url), "stop ends the apps, too")
        self.assertTrue(refuses(rtk.url))

    def test_an_app_with_the_real_addresses_finds_the_key_here(self) -> None:
        port = free_port()
        url = f"http://127.0.0.1:{port}/webhook"
        with rtkmock.start(intercept=True) as rtk:
            with rtk.with_interception([sys.executable, RECEIVER, "hard-coded"], listens=url, env={"PORT": str(port)}) as app:
                eventually("the key", lambda: "key: -----BEGIN PUBLIC KEY-----" in app.output)
                self.assertEqual(rtk.key()["fetches"], 1)
            self.assertTrue(refuses(url), "it ends with its block")

    def test_an_app_that_ends_is_reported_at_once(self) -> None:
        with rtkmock.start() as rtk:
            with self.assertRaisesRegex(rtkmock.RtkmockError, r"(?s)^nothing listens at http://127\.0\.0\.1:\d+: .*exit status 7\): it is broken$"):
                rtk.run([sys.executable, "-c", "print('it is broken'); exit(7)"], listens=f"http://127.0.0.1:{free_port()}")
            with self.assertRaisesRegex(rtkmock.RtkmockTimeout, r"after 0\.2 s; .* goes on: it hangs$"):
                rtk.run([sys.executable, "-c", "print('it hangs', flush=True); import time; time.sleep(60)"], listens=f"http://127.0.0.1:{free_port()}", timeout=0.2)

    def test_an_app_behind_a_proxy_is_there_when_connections_to_it_last(self) -> None:
        # As Docker's, which accepts connections before anything listens in the container.
        port = free_port()
        proxy = f"""
import socket, time
server = socket.create_server(("127.0.0.1", {port}))
for _ in range(3):
    server.accept()[0].close()
    print("cut", flush=True)
kept = server.accept()
time.sleep(60)
"""
        with rtkmock.start() as rtk:
            app = rtk.run([sys.executable, "-c", proxy], listens=f"http://127.0.0.1:{port}")
            eventually("three connections that do not last", lambda: len(app.output) == 3)

    def test_a_service_that_has_ended_says_so(self) -> None:
        rtk = rtkmock.start()
        rtk.stop()
        rtk.stop()
        with self.assertRaisesRegex(rtkmock.RtkmockError, "^emit: rtkmock was stopped$"):
            rtk.emit("meeting.started")
        with self.assertRaisesRegex(rtkmock.RtkmockError, "^run: rtkmock was stopped$"):
            rtk.run(["true"])
        with self.assertRaisesRegex(rtkmock.RtkmockError, "^key: no answer from 127.0.0.1:"):
            rtkmock.Rtkmock({"key_url": "", "api_url": "", "url": "", "control_url": rtk.control_url}, None, None, None, None, False, None).key()

    @unittest.skipIf(sys.platform == "win32", "there are no signals")
    def test_nothing_is_left_of_a_python_that_is_killed(self) -> None:
        script = f"""
import os, sys, time, rtkmock
rtk = rtkmock.start()
url = "http://127.0.0.1:{free_port()}"
rtk.run([sys.executable, {RECEIVER!r}], listens=url, env={{"PORT": url.split(":")[2]}})
forked = os.fork()  # a copy that lives on must not keep the others
if forked == 0:
    time.sleep(60)
    os._exit(0)
print(rtk.url, url, forked, flush=True)
time.sleep(60)
"""
        for how in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
            with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as python:
                assert python.stdout is not None
                service_url, app_url, forked = python.stdout.readline().split()
                try:
                    self.assertFalse(refuses(service_url))
                    self.assertFalse(refuses(app_url))
                    python.send_signal(how)
                    eventually(f"the service ends after {how.name}", lambda: refuses(service_url))
                    eventually(f"the app ends after {how.name}", lambda: refuses(app_url))
                finally:
                    os.kill(int(forked), signal.SIGKILL)


    @unittest.skipIf(sys.platform == "win32", "there are no groups of processes")
    def test_an_interrupt_in_the_terminal_is_for_the_tests_alone(self) -> None:
        script = """
import time, rtkmock
with rtkmock.start() as rtk:
    try:
        print("ready", flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        print(rtk.deliveries())
"""
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, start_new_session=True) as python:
            assert python.stdout is not None
            self.assertEqual(python.stdout.readline(), "ready\n")
            os.killpg(python.pid, signal.SIGINT)
            self.assertEqual(python.stdout.read(), "[]\n")


class Package(unittest.TestCase):
    def test_it_can_be_imported_without_pytest(self) -> None:
        subprocess.run([sys.executable, "-c", "import sys; sys.modules['pytest'] = None; import rtkmock; rtkmock.start().stop()"], check=True, timeout=60)

    def test_it_needs_the_standard_library_alone(self) -> None:
        script = "import sys; before = set(sys.modules); import rtkmock; print(*sorted({name.partition('.')[0] for name in set(sys.modules) - before}))"
        loaded = subprocess.run([sys.executable, "-c", script], check=True, timeout=60, stdout=subprocess.PIPE, text=True).stdout.split()
        if sys.version_info >= (3, 10):
            self.assertEqual([name for name in loaded if name not in sys.stdlib_module_names], ["rtkmock"])

    def test_the_types_are_those_of_the_control_api(self) -> None:
        with rtkmock.start() as rtk:
            schemas = rtk.control("GET", "openapi.json")["components"]["schemas"]
        self.assertEqual(set(typing.get_args(types.EventType)), set(schemas["EventType"]["enum"]))
        self.assertEqual(set(typing.get_args(types.State)), set(schemas["State"]["enum"]))
        for name in ("Attempt", "Clock", "Delivery", "DeliverySummary", "Emitted", "Happened", "Health", "Key", "Webhook"):
            self.hold(name, getattr(types, name), schemas[name])
        self.hold("MeetingOverview", types.MeetingOverview, schemas["Meeting"], also={"status"})

    def hold(self, name: str, kind: Any, schema: Any, also: typing.AbstractSet[str] = frozenset()) -> None:
        """Hold a type against a schema. emit adds "payload"."""
        members: List[str] = [member for member in kind.__annotations__ if member != "payload"]
        self.assertEqual({*members}, {*schema["properties"], *also}, name)
        self.assertEqual(kind.__required_keys__, {*schema["required"]}, name)
        words = {"integer": ("int",), "number": ("float", "int"), "boolean": ("bool",), "array": ("List",), "object": ("Dict",)}
        for member in members:
            want = schema["properties"].get(member, {}).get("type")
            written = getattr(kind.__annotations__[member], "__forward_arg__", str(kind.__annotations__[member]))
            if want in words:
                self.assertTrue(any(word in written for word in words[want]), f"{name}.{member}: {written}, want {want}")


if __name__ == "__main__":
    unittest.main()
