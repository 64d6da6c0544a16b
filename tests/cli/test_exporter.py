"""`pysock exporter` as a person calls it, and as Prometheus does."""

import contextlib
import os
import re
import signal
import socket
import urllib.request

import pytest

from lab import services
from lab.namespace import Namespace
from lab.services import service
from support.command import interrupt, on_terminal, pysock_command, start
from support.diagnosing import SERVICE
from support.metrics import Metrics

pytest_plugins = ["lab.fixtures"]


@contextlib.contextmanager
def exporting(*words):
    """Start one on a free port; the process and where it says it is."""
    with start("exporter", *words) as running:
        try:
            said = running.stdout.readline()
            assert said.startswith("serving http://"), running.stderr.read()
            yield running, said.split()[1].rstrip(";")
        finally:
            running.kill()


def fetch(url, **headers):
    with urllib.request.urlopen(
        urllib.request.Request(url, headers=headers), timeout=30
    ) as answer:
        return answer.read().decode()


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost", ""])
def test_serves_what_prometheus_reads(place, host):
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        exporting("--listen", f"{host}:0") as (running, url),
    ):
        where = f"127.0.0.1:{listener.getsockname()[1]}"
        limit = "listener_queue_limit"
        assert Metrics(fetch(url))(limit, listener=where) > 0
        listener.listen(7)
        assert Metrics(fetch(url))(limit, listener=where) == 7
        openmetrics = fetch(url, Accept="application/openmetrics-text")
        assert openmetrics.endswith("# EOF\n")
        assert "# TYPE pysock_tcp_rtt_seconds gaugehistogram" in openmetrics
        status, _, err, took = interrupt(running)
    assert (status, err) == (130, "")
    assert took < 5


def test_ctrl_c_during_a_connection_that_asks_nothing(place):
    """A client that says nothing keeps nobody here."""
    with (
        exporting("--listen", "127.0.0.1:0") as (running, url),
        socket.create_connection(
            ("127.0.0.1", int(url.split(":")[2].split("/")[0]))
        ),
    ):
        assert "pysock_sockets" in fetch(url)
        status, _, err, _ = interrupt(running)
    assert (status, err) == (130, "")


def test_once(place):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        where = f"127.0.0.1:{listener.getsockname()[1]}"
        done = pysock_command("exporter", "--once")
    assert (done.returncode, done.stderr) == (0, "")
    now = Metrics(done.stdout)
    assert now("listener_queue_length", listener=where) == 0
    assert now("sockets", state="LISTEN") == 1


def test_another_namespace(lab_is_possible):
    other = Namespace()
    try:
        with other.entered():
            other.ip("link set lo up")
            running = service(services.FULL, "127.0.0.1", SERVICE)
            pid = running.__enter__()
        try:
            done = pysock_command("exporter", "--once", "--netns", pid)
        finally:
            running.__exit__(None, None, None)
        assert done.returncode == 0, done.stderr
        now = Metrics(done.stdout)
        assert now("sockets") == 1
        where = {f"127.0.0.1:{SERVICE}"}
        assert now.labels("listener_queue_length", "listener") == where
    finally:
        other.close()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--listen", "here"], "--listen takes ADDRESS:PORT"),
        (["--listen", "127.0.0.1"], "--listen takes ADDRESS:PORT"),
        (["--listen", "::1:80"], "[IPV6]:PORT"),
        (["--listen", "127.0.0.1:65536"], "not '127.0.0.1:65536'"),
        (["--listen", "\x1b[31m:x"], r"not '\\x1b[31m:x'"),
        (["--listen", "192.0.2.1:80"], "cannot listen on 192.0.2.1:80: "),
        (["--listen", "no-such.invalid:80"], "cannot listen on no-such."),
        (["--netns", "no-such-network"], "no-such-network"),
        (["--netns", "a/b"], "ip netns"),
    ],
)
def test_bad_words_are_one_line(words, said):
    done = pysock_command("exporter", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("pysock exporter: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_port_that_is_taken(place):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        done = pysock_command("exporter", "--listen", where)
    assert done.returncode == 2
    assert done.stderr == (
        f"pysock exporter: cannot listen on {where}: Address already in use\n"
    )


def test_without_prometheus_client(tmp_path):
    (tmp_path / "prometheus_client.py").write_text("raise ImportError('no')")
    done = pysock_command(
        "exporter", "--once", env={"PYTHONPATH": str(tmp_path)}
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "pysock exporter: needs prometheus_client: "
        "pip install 'pysock-tcp[prometheus]'\n"
    )


def test_help_fits_a_terminal():
    status, shown = on_terminal("exporter", "--help", columns=80)
    assert status == 0
    # From 3.14 on argparse colours it.
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert "--listen ADDRESS:PORT" in plain
    assert max(map(len, plain.splitlines())) <= 80


def test_sigterm_ends_it(place):
    """As a service manager stops it."""
    with exporting("--listen", "127.0.0.1:0") as (running, _):
        os.kill(running.pid, signal.SIGTERM)
        assert running.wait(timeout=10) == -signal.SIGTERM
