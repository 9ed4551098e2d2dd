"""Programs that are started here, and end with this process."""

from __future__ import annotations

import collections
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import weakref
from importlib import metadata
from pathlib import Path
from typing import Any, Deque, Dict, List, Mapping, Optional, Sequence, Tuple, Union
from urllib.parse import urlsplit

from .errors import RtkmockError, RtkmockTimeout

__all__ = ["App", "StrPath", "find_program"]

StrPath = Union[str, "os.PathLike[str]"]

_SUPERVISOR = "rtkmock: supervisor"
_GRACE = 5.0  # seconds that a program has to end by itself
_KEPT, _LINE = 500, 4096  # lines of output, and bytes of each

# Puts the pipe for reports where the supervisor looks for it, which subprocess cannot do.
_EXEC = "import os, sys; fd = int(sys.argv[1]); fd == 3 or (os.dup2(fd, 3), os.close(fd)); os.execv(sys.argv[2], sys.argv[3:])"


def find_program() -> str:
    """Return the path of rtkmock: the one of this package's wheel, or else the one on the PATH."""
    name = "rtkmock.exe" if sys.platform == "win32" else "rtkmock"
    try:
        files = metadata.files("rtkmock") or []
    except metadata.PackageNotFoundError:  # the source, without a wheel
        files = []
    for file in files:
        path = Path(str(file.locate()))
        if file.name == name and path.is_file():
            return str(path.resolve())
    found = shutil.which(name)
    if found is None:
        raise RtkmockError(f"found no {name} beside this package or on the PATH, want the wheel for this platform, or program=PATH")
    return found


class App:
    """A program under way, with all that it has started. As a context manager, it is stopped at the end of the block.

    It runs under a supervisor, which rtkmock has inside, and which ends all of it when this process is gone,
    however it went: the pipe to the supervisor's standard input closes then.
    """

    def __init__(
        self,
        program: str,
        command: Sequence[StrPath],
        env: Mapping[str, str],
        *,
        cwd: Optional[StrPath] = None,
        name: str = "",
        remove: Sequence[str] = (),
    ) -> None:
        words = [os.fspath(word) for word in command]
        self._name, self.stopped = name or words[0], False
        self.command = " ".join([os.path.basename(words[0]), *words[1:]])
        self._lines: Deque[str] = collections.deque(maxlen=_KEPT)
        self._fresh: Deque[str] = collections.deque(maxlen=_KEPT)  # those that take_printed has not returned
        self._child = _spawn(program, {"args": words, "remove": list(remove)}, env, cwd)
        self._reader = threading.Thread(target=self._read, name="rtkmock-output", daemon=True)
        self._reader.start()
        _close_in_forks(self)

    def _read(self) -> None:
        assert self._child.stdout is not None
        with self._child.stdout as out:
            for line in iter(lambda: out.readline(_LINE), b""):
                text = line.decode("utf-8", "replace").rstrip("\r\n")
                self._lines.append(text)
                self._fresh.append(text)

    @property
    def output(self) -> List[str]:
        """The last lines that it printed."""
        return list(self._lines)

    def take_printed(self) -> List[str]:
        """Return the lines since the last call, as far as they are kept."""
        return [self._fresh.popleft() for _ in range(len(self._fresh))]

    def clear_output(self) -> None:
        """Forget the lines so far."""
        self._lines.clear()

    def last_words(self) -> str:
        """Return what it printed last, for errors."""
        return "\n".join(self.output[-5:]) or "it said nothing"

    def poll(self) -> Optional[int]:
        """Return its exit code, 128 more than the number of the signal that ended it, or None while it runs."""
        return self._child.poll()

    def problem(self) -> str:
        """Return how it came to its end, or "" while it runs."""
        if self.stopped:
            return f"{self._name} was stopped"
        code = self.poll()
        if code is None:
            return ""
        self._reader.join(1)
        how = f"signal {code - 128}" if code > 128 else f"exit status {code}"
        return f"{self._name} has ended ({how}): {self.last_words()}"

    def wait_until_listening(self, url: str, timeout: float) -> None:
        """Wait until something listens at the host and port of url. Raises RtkmockError if the program ends before,
        and RtkmockTimeout if that takes longer than timeout seconds."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise RtkmockError(f"listens: found {url!r}, want a URL such as http://localhost:3000")
        address = (parts.hostname, parts.port or (443 if parts.scheme == "https" else 80))
        began = time.monotonic()
        while True:
            if self.problem():
                raise RtkmockError(f"nothing listens at {url}: {self.problem()}")
            took = time.monotonic() - began
            if _keeps(address, took):
                return
            if took > timeout:
                late = f"nothing listens at {url} after {timeout:g} s; {self._name} goes on"
                raise RtkmockTimeout(f"{late}: {self.last_words()}")
            time.sleep(0.02)

    def stop(self) -> None:
        """Ask it to end, end it if it has not within a few seconds, and return when nothing of it is left."""
        self.stopped = True
        if sys.platform != "win32" and self.poll() is None:
            try:
                os.killpg(self._child.pid, signal.SIGTERM)
                self._child.wait(_GRACE)
            except (OSError, subprocess.TimeoutExpired):  # it has just ended, or it does not heed the signal
                pass
        self.close_pipe()
        self._child.wait()
        self._reader.join(1)  # longer only if something that left it holds its output open

    def close_pipe(self) -> None:
        """Close this process's end of the pipe to the supervisor."""
        assert self._child.stdin is not None
        self._child.stdin.close()

    def __enter__(self) -> App:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<{self._name}: {self.problem() or 'running'}>"


def _keeps(address: Tuple[str, int], took: float) -> bool:
    """Return whether a connection is accepted, and not ended at once. A proxy that publishes the port of a container
    accepts it before anything listens there. It gets more time where the start took long, in seconds: the machine may
    be busy."""
    try:
        with socket.create_connection(address, 1) as connection:
            connection.settimeout(min(max(took / 8, 0.025), 0.1))
            try:
                return connection.recv(1) != b""
            except socket.timeout:
                return True
    except OSError:
        return False


def _spawn(program: str, plan: Mapping[str, Any], env: Mapping[str, str], cwd: Optional[StrPath]) -> subprocess.Popen[bytes]:
    """Start a supervisor, and return when it has carried out the plan."""
    path = shutil.which(program)
    if path is None:
        raise RtkmockError(f"found {program!r}, want the path of rtkmock")
    path = os.path.abspath(path)  # cwd is another folder
    pipes: Dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    pipes.update(env=dict(env), cwd=cwd)
    line = json.dumps(plan).encode() + b"\n"
    # In a group of its own: Ctrl-C is for the tests, which still need the program then.
    if sys.platform == "win32":
        child = subprocess.Popen([_SUPERVISOR], executable=path, creationflags=subprocess.CREATE_NEW_PROCESS_GROUP, **pipes)
        _tell(child, line)
        return child
    reports, theirs = os.pipe()
    with open(reports, "rb") as reader:
        try:
            words = [sys.executable, "-I", "-S", "-c", _EXEC, str(theirs), path, _SUPERVISOR]
            child = subprocess.Popen(words, start_new_session=True, pass_fds=[theirs], **pipes)
        except OSError as err:
            raise RtkmockError(f"{err.filename or path}: {err.strerror or err}") from err
        finally:
            os.close(theirs)
        _tell(child, line)
        report = json.loads(reader.readline() or '{"error": "no supervisor"}')
    if report.get("error"):
        said, _ = child.communicate()
        more = f": {said.decode('utf-8', 'replace').strip()}" if said else ""
        raise RtkmockError(f"{plan['args'][0]} could not be started: {report['error']}{more}")
    return child


def _tell(child: subprocess.Popen[bytes], line: bytes) -> None:
    assert child.stdin is not None
    try:
        child.stdin.write(line)
        child.stdin.flush()
    except OSError:  # it has ended, and its report says why
        pass


def _close_in_forks(app: App) -> None:
    """A forked copy of this process would hold the pipe open after the end of this one."""
    if sys.platform == "win32":
        return
    known = weakref.ref(app)

    def close() -> None:
        alive = known()
        if alive is not None:
            alive.close_pipe()

    os.register_at_fork(after_in_child=close)
