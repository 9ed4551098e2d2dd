"""The plugin, in pytest runs of its own. Needs an installed wheel: pytest finds the plugin by its entry point."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtkmock.child import find_program

pytest_plugins = ["pytester"]

CONFTEST = """
    import sys
    sys.path.insert(0, {folder!r})
    import pytest
    from receiver import Receiver

    @pytest.fixture(scope="session")
    def receiver():
        with Receiver() as receiver:
            yield receiver
""".format(folder=str(Path(__file__).parent))


def run(pytester: pytest.Pytester, test: str, *args: str, conftest: str = "") -> pytest.RunResult:
    pytester.makeconftest(CONFTEST + conftest)
    pytester.makepyfile(test)
    return pytester.runpytest_subprocess("-p", "no:cacheprovider", *args)


def test_each_test_has_the_service_as_new(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        import pytest

        @pytest.mark.parametrize("n", [1, 2])
        def test_it(rtk, receiver, n):
            assert rtk.deliveries() == []
            assert rtk.key()["fault"] == "none"
            rtk.webhook(receiver.url)
            rtk.key_fault("status-500")
            rtk.emit("meeting.started")
            rtk.wait_quiet()
            assert len(rtk.deliveries()) == 1

        def test_and_the_same_one(rtk, rtk_session):
            assert rtk is rtk_session
            assert rtk.control("GET", "webhooks")["webhooks"] == []
        """,
    ).assert_outcomes(passed=3)


def test_options_come_from_conftest(pytester: pytest.Pytester) -> None:
    run(
        pytester,
        """
        def test_it(rtk, receiver):
            rtk.emit("meeting.started")
            rtk.wait_quiet()
            assert [body["event"] for body in receiver.got] == ["meeting.started"]
        """,
        conftest="""
    @pytest.fixture(scope="session")
    def rtkmock_options(receiver):
        return {"webhook": receiver.url, "time_scale": 0}
""",
    ).assert_outcomes(passed=1)


def test_a_failure_shows_what_was_delivered(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        """
        def test_fails(rtk, receiver):
            rtk.webhook(receiver.url)
            rtk.emit("meeting.started")
            rtk.wait_quiet()
            assert False

        def test_passes(rtk):
            pass
        """,
    )
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*Captured rtkmock log teardown*", "*meeting.started*delivered*204*"])
    assert str(result.stdout).count("Captured rtkmock log") == 1


def test_a_failure_shows_what_the_app_printed_since_the_test_before(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        app="""
        import http.server

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                print(f"took {self.path}", *range(80), sep="\\n")
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        print(f"http://127.0.0.1:{server.server_port}")
        server.serve_forever()
        """
    )
    result = run(
        pytester,
        """
        import sys, time

        def send(rtk, app, path):
            while not app.output:
                time.sleep(0.01)
            rtk.webhook(app.output[0] + path)
            rtk.emit("meeting.started")
            rtk.wait_quiet()

        def test_passes(rtk, app):
            send(rtk, app, "/first")

        def test_fails(rtk, app):
            assert False

        def test_fails_with_an_app_of_its_own(rtk, rtk_session):
            with rtk.run([sys.executable, "app.py"]) as app:
                send(rtk, app, "/second")
            assert False
        """,
        conftest="""
    import sys

    @pytest.fixture(scope="session")
    def app(rtk_session):
        with rtk_session.run([sys.executable, "app.py"]) as app:
            yield app
""",
    )
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines(["*Captured output of python* app.py, the last 50 lines teardown*", "30", "79"])
    result.stdout.no_fnmatch_line("took *")  # it is longer ago than that, or was said in the test before
    assert str(result.stdout).count("Captured output of") == 1


def test_a_service_that_does_not_start_is_one_clear_error(pytester: pytest.Pytester) -> None:
    result = run(
        pytester,
        "def test_it(rtk): pass",
        conftest="""
    @pytest.fixture(scope="session")
    def rtkmock_options():
        return {"key": "/nowhere/key.pem"}
""",
    )
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*RtkmockError: start: rtkmock has ended (exit status 2): rtkmock: --key: /nowhere/key.pem: no such file or directory"])


def test_under_rtkmock_serve_it_is_that_service(pytester: pytest.Pytester) -> None:
    test = pytester.makepyfile(
        """
        import os, urllib.request

        def test_it(rtk):
            assert rtk.control_url == os.environ["RTKMOCK_CONTROL_URL"]
            assert [w["url"] for w in rtk.control("GET", "webhooks")["webhooks"]] == ["http://localhost:1/webhook"]
            # The host name leads to it for this process.
            with urllib.request.urlopen("https://api.realtime.cloudflare.com/.well-known/webhooks.json", timeout=10) as answer:
                assert answer.status == 200
            assert rtk.key()["fetches"] == 1
        """
    )
    options = 'return {"webhook": "http://localhost:1/webhook", "flags": ["--offline"]}'
    pytester.makeconftest(f'import pytest\n@pytest.fixture(scope="session")\ndef rtkmock_options(): {options}')
    done = pytester.run(find_program(), "serve", "--", "python", "-m", "pytest", "-p", "no:cacheprovider", str(test))
    done.stdout.fnmatch_lines(["*1 passed*"])
    assert done.ret == 0


def test_workers_do_not_share_the_service_around_them(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RTKMOCK_CONTROL_URL", "http://127.0.0.1:1/_rtkmock")
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    result = run(pytester, "def test_it(rtk): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*RtkmockError: the workers of pytest -n would reset each other's service, *"])


def test_nothing_is_started_for_tests_that_do_not_ask(pytester: pytest.Pytester) -> None:
    nothing = "\n    import rtkmock.pytest_plugin\n    rtkmock.pytest_plugin.start = None\n"
    run(pytester, "def test_it(): pass", conftest=nothing).assert_outcomes(passed=1)
    run(pytester, "def test_it(rtk): pass", conftest=nothing).assert_outcomes(errors=1)
