"""A real Prometheus asks a real exporter; the examples are what it loads."""

import json
import re
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest

from lab import services
from lab.services import service
from lab.waiting import until
from support.command import pysock_command, start
from support.diagnosing import SERVICE, connect
from support.requirements import skip_or_fail

pytestmark = pytest.mark.foreign
pytest_plugins = ["lab.fixtures"]

ROOT = Path(__file__).resolve().parent.parent.parent
EXAMPLES = ROOT / "examples" / "prometheus"
ALERTS_TEST = ROOT / "tests" / "integrations" / "alerts_test.yml"
DASHBOARD = json.loads((EXAMPLES / "dashboard.json").read_text())
EXPORTER, PROGRAM, PROMETHEUS = 9734, 9735, 9090

# A program of the kind that the how-to shows, whose server is down.
FAILING = f"""
import signal, socket, pysock
from prometheus_client import start_http_server
from pysock.integrations.prometheus import count_failures

pysock.install()
count_failures()
start_http_server({PROGRAM}, "127.0.0.1")
def fail():
    try:
        socket.create_connection(("127.0.0.1", 9))
    except OSError:
        pass
fail()
print("ready", flush=True)
while True:
    signal.sigtimedwait([signal.SIGUSR1], 0.05)
    fail()
"""


@pytest.fixture
def programs():
    found = {name: shutil.which(name) for name in ("prometheus", "promtool")}
    if not all(found.values()):
        skip_or_fail("prometheus is not installed (package prometheus)")
    return found


def promtool(programs, *words, **options):
    done = subprocess.run(
        [programs["promtool"], *map(str, words)],
        capture_output=True, text=True, timeout=120, **options,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_rules_and_configuration(programs):
    promtool(programs, "check", "rules", EXAMPLES / "alerts.yml")
    promtool(programs, "check", "config", EXAMPLES / "prometheus.yml")


def test_alerts_fire_when_they_should(programs, tmp_path):
    text = ALERTS_TEST.read_text()
    (tmp_path / "test.yml").write_text(
        text.replace("ALERTS", str(EXAMPLES / "alerts.yml"))
    )
    promtool(programs, "test", "rules", tmp_path / "test.yml")
    rules = (EXAMPLES / "alerts.yml").read_text()
    for name in re.findall(r"- alert: (\w+)", rules):
        assert f"alertname: {name}\n" in text, f"{name} is not tested"


def test_the_text_is_to_its_taste(programs, place):
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()),
    ):
        text = pysock_command("exporter", "--once").stdout
    done = promtool(programs, "check", "metrics", input=text)
    assert done.stderr == ""


class Prometheus:
    """One that runs, in the namespace of the test."""

    def ask(self, query):
        where = urllib.parse.urlencode({"query": query})
        url = f"http://127.0.0.1:{PROMETHEUS}/api/v1/query?{where}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return json.load(answer)["data"]["result"]

    def is_ready(self):
        try:
            self.ask("up")
        except (OSError, urllib.error.HTTPError):
            return False
        return True


@pytest.fixture
def prometheus(programs, place, tmp_path):
    text = (EXAMPLES / "prometheus.yml").read_text()
    text = text.replace("scrape_interval: 15s", "scrape_interval: 1s")
    text = text.replace(
        '"127.0.0.1:9734"', '"127.0.0.1:9734", "127.0.0.1:9735"'
    )
    assert ": 1s" in text
    assert "9735" in text
    (tmp_path / "prometheus.yml").write_text(text)
    shutil.copy(EXAMPLES / "alerts.yml", tmp_path)
    with (tmp_path / "log").open("wb") as log:
        running = subprocess.Popen(
            [
                programs["prometheus"],
                f"--config.file={tmp_path / 'prometheus.yml'}",
                f"--storage.tsdb.path={tmp_path / 'data'}",
                f"--web.listen-address=127.0.0.1:{PROMETHEUS}",
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            its = Prometheus()
            until(
                lambda: its.is_ready() or running.poll() is not None,
                timeout=40,
                what="answer of Prometheus",
            )
            assert running.poll() is None, (tmp_path / "log").read_text()
            yield its
        finally:
            running.kill()
            running.wait()


def queries():
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            yield panel["title"], target["expr"]


def test_every_query_of_the_dashboard_has_an_answer(prometheus):
    """A lab with what each panel is about: a full queue, a leak, a failure."""
    failing = subprocess.Popen(
        [sys.executable, "-c", FAILING], stdout=subprocess.PIPE
    )
    with (
        failing,
        start("exporter", "--listen", f"127.0.0.1:{EXPORTER}") as exporter,
    ):
        try:
            assert failing.stdout.readline() == b"ready\n"
            assert exporter.stdout.readline().startswith("serving")
            with (
                service(services.FULL, "127.0.0.1", SERVICE),
                service(services.ECHO, "127.0.0.1", SERVICE + 1),
                service(services.LEAK, "127.0.0.1", SERVICE + 2),
                connect(4),
                connect(4),
                connect(4, port=SERVICE + 1) as client,
            ):
                client.sendall(b"hello")
                assert client.recv(5) == b"hello"
                connect(4, port=SERVICE + 2).close()
                check_dashboard(prometheus, client)
        finally:
            exporter.kill()
            failing.kill()


def check_dashboard(prometheus, client):
    assert len(list(queries())) >= 10
    for title, query in queries():
        query = query.replace("$__rate_interval", "5s")
        query = query.replace("$instance", ".*")
        assert "$" not in query

        def answer(query=query):
            # A rate needs something that moves.
            client.sendall(b"more")
            assert client.recv(4) == b"more"
            return prometheus.ask(query)

        until(
            answer,
            timeout=30,
            what=f"answer for {title!r}: {query}",
        )
    [fill] = [
        one["value"][1]
        for one in prometheus.ask(
            next(queries())[1].replace("$instance", ".*")
        )
        if one["metric"]["listener"] == f"127.0.0.1:{SERVICE}"
    ]
    assert float(fill) == 1
    [failure] = prometheus.ask("pysock_failures_total")
    assert failure["metric"]["code"] == "connect-refused-reset"
    # Each metric that an example names is one that was scraped.
    known = {one["metric"]["__name__"] for one in prometheus.ask(
        '{__name__=~"pysock_.*"}')}  # fmt: skip
    for path in EXAMPLES.iterdir():
        named = set(re.findall(r"pysock_[a-z_]+(?=[{\[ )])", path.read_text()))
        assert named <= known, path
    assert [one["value"][1] for one in prometheus.ask("up")] == ["1", "1"]
