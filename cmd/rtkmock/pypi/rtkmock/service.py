"""The service: what a test says to ``rtkmock serve``, and what it reads."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping, Optional, Sequence, Union, cast
from urllib.parse import quote, urlsplit

from .child import App, StrPath, find_program
from .control import call
from .errors import RtkmockError, RtkmockTimeout, RtkmockWarning
from .meeting import Meeting
from .types import Clock, Delivery, DeliverySummary, Emitted, EventType, Health, Key, State, Webhook

__all__ = ["Fault", "Rtkmock", "connect", "start"]

_PAGE = 1000  # deliveries in one answer, at most


def start(
    *,
    webhook: Optional[str] = None,
    events: Optional[Iterable[EventType]] = None,
    intercept: bool = False,
    time_scale: Optional[float] = None,
    key: Optional[StrPath] = None,
    seed: Optional[int] = None,
    listen: str = "127.0.0.1:0",
    flags: Sequence[str] = (),
    program: Optional[StrPath] = None,
    timeout: float = 30.0,
) -> Rtkmock:
    """Start ``rtkmock serve``, and return when it answers.

    webhook is the URL of a webhook to register, for these events or for all of them. With
    intercept, the host names of the real service are answered as well, for the apps that run and
    with_interception start. time_scale says how much of the waits between attempts is waited: 1,
    the default, all of it, 0 nothing. Both hold after reset as well. key is a file with the private key; without it, the key is a
    fresh one. flags are more flags of ``rtkmock serve``. program is the rtkmock to run; without
    it, the one that came with this package. timeout is how long the start may take, in seconds.

    Raises RtkmockError if it does not start, with what it said.
    """
    args = ["--listen", listen]
    args += [] if key is None else ["--key", os.fspath(key)]
    args += [] if seed is None else ["--seed", str(seed)]
    args += ["--intercept", "always"] if intercept else []
    args += _words("flags", flags)
    found = find_program() if program is None else os.fspath(program)
    with tempfile.TemporaryDirectory(prefix="rtkmock-") as folder:
        ready = Path(folder, "ready.json")
        server = App(found, [found, "serve", "--ready-file", str(ready), *args], os.environ, name="rtkmock", remove=[folder])
        try:
            rtk = Rtkmock(_await(server, ready, timeout), found, server, webhook, events, intercept, time_scale)
            rtk._prepare()
        except BaseException:
            server.stop()
            raise
    return rtk


def _await(server: App, ready: Path, timeout: float) -> Dict[str, str]:
    """Return the addresses, once they answer."""
    end = time.monotonic() + timeout
    while not ready.exists():
        if server.poll() is not None:
            raise RtkmockError(f"start: {server.problem()}")
        if time.monotonic() > end:
            raise RtkmockTimeout(f"start: not ready within {timeout:g} s: {server.last_words()}")
        time.sleep(0.005)
    return cast(Dict[str, str], json.loads(ready.read_text(encoding="utf-8")))


def connect(
    control_url: str,
    *,
    webhook: Optional[str] = None,
    events: Optional[Iterable[EventType]] = None,
    time_scale: Optional[float] = None,
) -> Rtkmock:
    """Return a service that was started elsewhere. control_url is what ``rtkmock serve`` prints, and gives to
    its command as RTKMOCK_CONTROL_URL. The others are those of start. stop does not end it."""
    parts = urlsplit(control_url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise RtkmockError(f"connect: found {control_url!r}, want the URL of a control API such as http://127.0.0.1:9010/_rtkmock")
    control_url = control_url.rstrip("/")
    api_url = str(call("connect", control_url, "GET", "words", None, {}, 10)["api_url"])
    key_url = urlsplit(api_url)._replace(path="/.well-known/webhooks.json").geturl()
    ready = {"control_url": control_url, "api_url": api_url, "key_url": key_url, "url": urlsplit(api_url)._replace(path="").geturl()}
    rtk = Rtkmock(ready, None, None, webhook, events, False, time_scale)
    rtk._prepare()
    return rtk


def _words(what: str, given: Iterable[Any]) -> List[str]:
    """Return a list. A string would be taken for the list of its letters."""
    if isinstance(given, (str, bytes)):
        raise RtkmockError(f"{what}: found {given!r}, want a list such as [{given!r}]")
    return list(given)


class Fault:
    """A fault that is set. In a with statement, it is taken away after the block."""

    def __init__(self, rtk: Rtkmock, endpoint: str) -> None:
        self._rtk, self._endpoint = rtk, endpoint

    def __enter__(self) -> Fault:
        return self

    def __exit__(self, *_: object) -> None:
        self._rtk.control("PUT", self._endpoint, {"fault": "none"})


class Rtkmock:
    """A stand-in for the service. As a context manager, it is stopped at the end of the block.

    ``key_url`` is where receivers find the key, ``api_url`` the base of the REST API, ``control_url``
    that of the control API, and a browser shows the live page at ``url``.
    """

    def __init__(
        self,
        ready: Mapping[str, str],
        program: Optional[str],
        server: Optional[App],
        webhook: Optional[str],
        events: Optional[Iterable[EventType]],
        intercept: bool,
        time_scale: Optional[float],
    ) -> None:
        self.key_url, self.api_url = ready["key_url"], ready["api_url"]
        self.control_url, self.url = ready["control_url"], ready["url"]
        self._program, self._server, self._apps = program, server, cast(List[App], [])
        self._webhook, self._events, self._intercept, self._time_scale = webhook, events, intercept, time_scale

    def _prepare(self) -> None:
        """Bring it to the state in which start returns it."""
        if self._time_scale is not None:
            self.clock(scale=self._time_scale)
        if self._webhook is not None:
            self.webhook(self._webhook, self._events)

    def webhook(
        self,
        url: str,
        events: Optional[Iterable[EventType]] = None,
        *,
        name: str = "app under test",
        account_id: Optional[str] = None,
        app_id: Optional[str] = None,
    ) -> Webhook:
        """Register a webhook, where the app does not do so itself, for these events or for all of them. The ids are
        not needed while there is one app."""
        chosen = [event["name"] for event in self._call("webhook", "GET", "words")["events"]] if events is None else _words("events", events)
        body = {"url": url, "events": chosen, "name": name, "account_id": account_id, "app_id": app_id}
        return cast(Webhook, self._call("webhook", "POST", "webhooks", body))

    def emit(
        self,
        event: EventType,
        set: Optional[Mapping[str, Any]] = None,
        *,
        unset: Iterable[str] = (),
        meeting_id: Optional[str] = None,
        who: Optional[str] = None,
        which: Optional[str] = None,
        mutations: Iterable[str] = (),
        faults: Iterable[Mapping[str, Any]] = (),
        account_id: Optional[str] = None,
        app_id: Optional[str] = None,
    ) -> Emitted:
        """Make one event happen. It is delivered in the background: see wait_quiet.

        set gives members of the body, by dotted path: ``{"meeting.title": "Standup"}``. unset removes
        some. who and which name the participant, and the recording or livestream. mutations change
        the request after it was signed, such as "signature/other-key". faults go wrong between here
        and the app, such as ``{"attempt": 1, "fault": "lose-response"}``.

        Warns with RtkmockWarning if nobody gets it.
        """
        body = {
            "event": event,
            "set": set,
            "unset": _words("unset", unset),
            "meeting_id": meeting_id,
            "who": who,
            "which": which,
            "mutations": _words("mutations", mutations),
            "faults": _words("faults", faults),
            "account_id": account_id,
            "app_id": app_id,
        }
        emitted = self._call("emit", "POST", "emit", body)
        text = emitted["body"]
        return cast(Emitted, {**emitted, "payload": json.loads(text) if isinstance(text, str) else None})

    def meeting(self, find: Optional[str] = None, /, **settings: Any) -> Meeting:
        """Make a meeting, with settings of the REST API such as title and record_on_start, or find the one with an id:
        ``rtk.meeting(title="Standup")``, ``rtk.meeting("the-id-that-the-app-got")``."""
        if find is not None:
            found = self._call("meeting", "GET", f"meetings/{quote(find, safe='')}", query=settings)
        else:
            found = self._call("meeting", "POST", "meetings", settings)
        return Meeting(self, found["id"], found["account_id"], found["app_id"])

    def play(self, scenario: Union[str, Mapping[str, Any]], *, timeout: float = 600.0, **options: Any) -> Dict[str, Any]:
        """Play a scenario to its end: one of the library by its name, or one of your own. Return what came of it."""
        named = "scenario" if isinstance(scenario, str) else "script"
        play = self._call("play", "POST", "plays", {**options, named: scenario})
        self.wait_quiet(timeout)
        return cast(Dict[str, Any], self._call("play", "GET", f"plays/{play['id']}"))

    def deliveries(
        self,
        *,
        event: Optional[EventType] = None,
        state: Optional[State] = None,
        meeting_id: Optional[str] = None,
        webhook_id: Optional[str] = None,
        uuid: Optional[str] = None,
    ) -> List[DeliverySummary]:
        """Return the deliveries since the last reset that match, the oldest first."""
        query = {"event": event, "state": state, "meeting_id": meeting_id, "webhook_id": webhook_id, "uuid": uuid, "limit": _PAGE}
        found: List[DeliverySummary] = []
        before: Optional[int] = None
        while True:
            page = self._call("deliveries", "GET", "deliveries", query={**query, "before": before})["deliveries"]
            found += page
            if len(page) < _PAGE:
                return found[::-1]
            before = page[-1]["id"]

    def delivery(self, id: int) -> Delivery:
        """Return a delivery with its bytes, and with each attempt: what was sent, and what was answered."""
        return cast(Delivery, self._call("delivery", "GET", f"deliveries/{id}"))

    def resend(self, id: int, *, new_uuid: bool = False) -> DeliverySummary:
        """Send the bytes of a delivery again, under the same rtk-uuid or a new one."""
        return cast(DeliverySummary, self._call("resend", "POST", f"deliveries/{id}/resend", {"new_uuid": new_uuid}))

    def wait_quiet(self, timeout: float = 30.0) -> Health:
        """Wait until no delivery is pending and no scenario is played.

        Raises RtkmockTimeout after timeout seconds, with what is still pending.
        """
        try:
            return cast(Health, self._call("wait_quiet", "POST", "wait", {"timeout_ms": timeout * 1000}, timeout=timeout + 10))
        except RtkmockError as err:
            if err.status != 504:
                raise
            pending = ", ".join(_describe(d) for d in self.deliveries(state="pending")[:3])
            raise RtkmockTimeout(f"wait_quiet: after {timeout:g} s still pending: {pending or 'a scenario'}", 504) from None

    def key(self) -> Key:
        """Return the signing key, and how often it was fetched."""
        return cast(Key, self._call("key", "GET", "key"))

    def rotate_key(self) -> None:
        """Sign with a fresh key from now on."""
        self._call("rotate_key", "POST", "key/rotate")

    def key_fault(self, fault: str = "none") -> Fault:
        """Let the key endpoint fail, such as by "status-500", "hang" or "down", or work again.
        In a with statement, it works again after the block."""
        self._call("key_fault", "PUT", "key", {"fault": fault})
        return Fault(self, "key")

    def api_fault(self, fault: str = "none") -> Fault:
        """Let the REST API fail, such as by "status-429" or "slow", or work again, as key_fault does."""
        self._call("api_fault", "PUT", "api", {"fault": fault})
        return Fault(self, "api")

    def clock(self, *, scale: Optional[float] = None, advance: Optional[float] = None) -> Clock:
        """Scale the waits between attempts, or move the time in the meetings that many seconds forward: keep-alives
        end, uploads are done, links expire."""
        change = {"scale": scale, "advance_ms": None if advance is None else advance * 1000}
        return cast(Clock, self._call("clock", "PUT", "clock", change))

    def reset(self) -> None:
        """Remove everything but the key: deliveries, meetings, faults, and webhooks except that of start.
        Nothing of before is sent afterwards."""
        self._call("reset", "POST", "reset")
        self._prepare()
        if self._server is not None:
            self._server.clear_output()

    def control(
        self,
        method: str,
        path: str,
        body: Optional[Mapping[str, Any]] = None,
        *,
        query: Optional[Mapping[str, Any]] = None,
        timeout: float = 30.0,
    ) -> Any:
        """Make any call of the control API: path is what follows /_rtkmock/. Return the JSON of the answer.

        Members of body and query that are None are left out. Raises RtkmockError if the call is refused.
        """
        return self._call(f"{method} {path}", method, path, body, query=query, timeout=timeout)

    def _call(
        self,
        verb: str,
        method: str,
        path: str,
        body: Optional[Mapping[str, Any]] = None,
        *,
        query: Optional[Mapping[str, Any]] = None,
        timeout: float = 30.0,
    ) -> Any:
        problem = self._server.problem() if self._server else ""
        if problem:
            raise RtkmockError(f"{verb}: {problem}")
        answer = call(verb, self.control_url, method, path, body, query or {}, timeout)
        if isinstance(answer, dict) and answer.get("note"):
            warnings.warn(f"{verb}: {answer['note']}", RtkmockWarning, stacklevel=3)
        return answer

    def log(self) -> List[str]:
        """Return what rtkmock logged since the last reset, or the end of it: requests for the key and the API, deliveries."""
        return [line for line in self._server.output if "/_rtkmock/" not in line] if self._server else []

    def env(self, **more: str) -> Dict[str, str]:
        """Return the environment for an app under test: this process's, more, and the URLs in
        REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL, RTKMOCK_API_URL and RTKMOCK_CONTROL_URL."""
        return {
            **os.environ,
            **more,
            "REALTIMEKIT_WEBHOOK_PUBLIC_KEY_URL": self.key_url,
            "RTKMOCK_API_URL": self.api_url,
            "RTKMOCK_CONTROL_URL": self.control_url,
        }

    def run(
        self,
        command: Sequence[StrPath],
        *,
        listens: Optional[str] = None,
        env: Optional[Mapping[str, str]] = None,
        cwd: Optional[StrPath] = None,
        timeout: float = 30.0,
    ) -> App:
        """Start the app under test, with env(). It ends with this service, or with this process.

        listens is a URL: the call returns when something listens at its host and port, and raises
        RtkmockError if the app ends before, or if that takes longer than timeout seconds.
        """
        return self._run("run", command, listens, self.env(**(env or {})), cwd, timeout)

    def with_interception(
        self,
        command: Sequence[StrPath],
        *,
        listens: Optional[str] = None,
        env: Optional[Mapping[str, str]] = None,
        cwd: Optional[StrPath] = None,
        timeout: float = 30.0,
    ) -> App:
        """Do as run does. The host names of the real service, which the app may have in its source, lead here for it."""
        if not self._intercept:
            raise RtkmockError("with_interception: no host name is answered here, want start(intercept=True)")
        variables = self.env(**(env or {}))
        return self._run("with_interception", command, listens, {**variables, **self._led(variables)}, cwd, timeout)

    def _run(
        self,
        verb: str,
        command: Sequence[StrPath],
        listens: Optional[str],
        env: Mapping[str, str],
        cwd: Optional[StrPath],
        timeout: float,
    ) -> App:
        words = _words("command", command)
        if not words:
            raise RtkmockError(f"{verb}: found no command, want one such as ['python3', 'app.py']")
        if self._server is not None and self._server.problem():
            raise RtkmockError(f"{verb}: {self._server.problem()}")
        app = App(self._program or find_program(), words, env, cwd=cwd)
        self._apps.append(app)
        if listens is not None:
            try:
                app.wait_until_listening(listens, timeout)
            except BaseException:
                app.stop()
                raise
        return app

    def _led(self, env: Mapping[str, str]) -> Dict[str, str]:
        """Return the variables that lead a program with this environment here. rtkmock knows them."""
        asked = [self._program or find_program(), "intercept", "env", "--format", "github", "--from", self.url]
        done = subprocess.run(asked, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(env), encoding="utf-8", timeout=30)
        if done.returncode:
            raise RtkmockError(f"with_interception: {done.stderr.strip()}")
        found: Dict[str, str] = {}
        lines = iter(done.stdout.splitlines())
        for line in lines:
            name, equals, value = line.partition("=")
            if "<<" in name or not equals:  # NAME<<END, the lines of the value, END
                name, _, end = line.partition("<<")
                value = "\n".join(iter(lambda: next(lines), end))
            found[name] = value
        return found

    def stop(self) -> None:
        """End it, with the apps that it started. To call it twice is no error."""
        for program in [*self._apps, *([self._server] if self._server else [])]:
            program.stop()

    def __enter__(self) -> Rtkmock:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<rtkmock at {self.url}>"


def _describe(d: DeliverySummary) -> str:
    last = f"the last answer: {d['status'] or d.get('error') or 'none'}" if d["attempts"] else "not tried yet"
    return f"{d['event']} to {d['url']} ({last})"
