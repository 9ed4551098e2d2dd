"""The pytest plugin. pytest loads it by the entry point of the wheel."""

from __future__ import annotations

import os
from typing import Any, Dict, Iterator, List

import pytest

from .errors import RtkmockError
from .service import Rtkmock, connect, start

__all__ = ["rtk", "rtk_session", "rtkmock_options"]

_SHOWN = 50  # lines of the log, and of each app, that are shown with a test that failed


@pytest.fixture(scope="session")
def rtkmock_options() -> Dict[str, Any]:
    """What rtkmock.start is given. Override it in conftest.py."""
    return {}


@pytest.fixture(scope="session")
def rtk_session(rtkmock_options: Dict[str, Any]) -> Iterator[Rtkmock]:
    """The stand-in for RealtimeKit that all tests share. Under "rtkmock serve -- pytest" it is that one."""
    with _service(rtkmock_options) as rtk:
        yield rtk


def _service(options: Dict[str, Any]) -> Rtkmock:
    outside = os.environ.get("RTKMOCK_CONTROL_URL")
    if not outside:
        return start(**options)
    if os.environ.get("PYTEST_XDIST_WORKER"):
        raise RtkmockError("the workers of pytest -n would reset each other's service, want one worker, or pytest without rtkmock serve around it")
    return connect(outside, **{name: options[name] for name in ("webhook", "events", "time_scale") if name in options})


@pytest.fixture
def rtk(rtk_session: Rtkmock, request: pytest.FixtureRequest) -> Iterator[Rtkmock]:
    """The stand-in for RealtimeKit, as if it had just been started."""
    rtk_session.reset()
    yield rtk_session
    _show(request.node, "rtkmock log", rtk_session.log())
    for command, lines in rtk_session._take_printed():
        _show(request.node, f"output of {command[:60]}", lines)
    rtk_session.reset()  # no fault and no retry reaches the next test


def _show(test: pytest.Item, title: str, lines: List[str]) -> None:
    """Have pytest show the last lines with the test, if it failed."""
    if len(lines) > _SHOWN:
        title += f", the last {_SHOWN} lines"
    test.add_report_section("teardown", title, "\n".join(lines[-_SHOWN:]))
