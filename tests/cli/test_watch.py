"""`pysock watch`: lines, recordings, pictures, and the live view."""

import contextlib
import json
import os
import pty
import re
import select
import signal
import socket
import subprocess
import sys
import termios
import time

import pytest

from support import loopback
from support.command import interrupt, pysock_command, start
from support.quiet import quiet  # noqa: F401

# The first eight bytes of every PNG file.
PNG = b"\x89PNG\r\n\x1a\n"


def ends_of(sock):
    return [
        f"{host}:{port}"
        for host, port in (sock.getsockname(), sock.getpeername())
    ]


@pytest.fixture
def both(quiet):  # noqa: F811
    client, server = loopback.connected(socket, loopback.IPV4)
    with client, server:
        yield client, server


def test_plain_lines_into_a_pipe(both):
    client, server = both
    client.sendall(b"x" * 33)
    loopback.wait_readable(server)
    done = pysock_command(
        "watch", *ends_of(server), "--interval", "0.05", "--count", "3"
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert len(lines) == 3
    for line in lines:
        assert re.match(r"\d\d:\d\d:\d\d ESTAB ", line)
        assert " recv-q:33 " in line
        assert " cwnd:" in line
    assert "\x1b" not in done.stdout


def test_recording_has_every_field(both):
    words = "--interval", "0.02", "--count", "4", "--jsonl"
    done = pysock_command("watch", *ends_of(both[0]), *words)
    readings = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(readings) == 4
    times = [reading["time"] for reading in readings]
    assert times == sorted(times)
    assert times[-1] - times[0] >= 0.05
    for reading in readings:
        assert reading["tcp_info"]["snd_cwnd"]
        assert reading["memory"]["rcvbuf"]
        assert reading["is_last"] is False
    assert "stall" not in readings[0]
    assert readings[-1]["stall"]["kind"] == "idle"


def test_it_ends_with_the_last_words(quiet):  # noqa: F811
    client, server = loopback.connected(socket, loopback.IPV4)
    client.sendall(b"x" * 10)
    ends = ends_of(server)
    with start("watch", *ends, "--interval", "0.05", "--jsonl") as child:
        assert child.stdout.readline()
        loopback.reset(client)
        server.close()
        out, err = child.communicate(timeout=20)
    assert (child.returncode, err) == (0, "")
    last = json.loads(out.splitlines()[-1])
    assert last["is_last"] is True
    assert last["state"] == "CLOSE"
    assert last["tcp_info"]["bytes_received"] == 10


def test_listener_with_its_queue_and_wait(quiet):  # noqa: F811
    with loopback.listen(socket, loopback.IPV4, backlog=1) as listener:
        address = listener.getsockname()
        clients = [socket.socket() for _ in range(4)]
        for client in clients:
            client.setblocking(False)
            client.connect_ex(address)
        words = "--state", "listen", "--count", "2", "--interval", "0.3"
        done = pysock_command("watch", address[1], *words)
        assert done.returncode == 0
        first, second = done.stdout.splitlines()
        assert " queue:2/1 drops:" in first
        waits = [
            int(re.search(r"wait:(\d+)ms", line)[1])
            for line in (first, second)
        ]
        assert waits[1] - waits[0] >= 200
        for client in clients:
            client.close()


def test_whose_queue_it_is_cannot_be_told(quiet):  # noqa: F811
    """Of two listeners at one address, each with a connection that waits."""
    with contextlib.ExitStack() as stack:
        first = socket.create_server(("127.0.0.1", 0), reuse_port=True)
        address = stack.enter_context(first).getsockname()
        second = socket.create_server(address, reuse_port=True)
        listeners = [first, stack.enter_context(second)]
        for _ in range(100):
            stack.enter_context(socket.create_connection(address))
            if all(loopback.queue_length(one) for one in listeners):
                break
        words = "--state", "listen", "--count", "1"
        done = pysock_command("watch", address[1], *words)
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    assert all(re.search(r" queue:[1-9]", line) for line in lines), lines
    assert "wait:" not in done.stdout


def test_picture_of_a_recording(both, tmp_path):
    pytest.importorskip("matplotlib")
    words = "--interval", "0.02", "--count", "5", "--jsonl"
    recording = tmp_path / "recording.jsonl"
    done = pysock_command("watch", *ends_of(both[0]), *words)
    recording.write_text(done.stdout)
    for suffix, start_of in ((".png", PNG), (".pdf", b"%PDF"), (".svg", b"<")):
        picture = tmp_path / f"picture{suffix}"
        done = pysock_command(
            "watch", "--replay", recording, "--plot", picture
        )
        assert done.returncode == 0, done.stderr
        assert picture.read_bytes().startswith(start_of)
        assert str(picture) in done.stderr
        assert done.stdout == ""


def test_picture_at_the_end_of_a_watch(both, tmp_path):
    pytest.importorskip("matplotlib")
    picture = tmp_path / "picture.png"
    port = both[0].getsockname()[1]
    with start(
        "watch", port, "--interval", "0.05", "--plot", picture
    ) as child:
        assert child.stdout.readline()
        status, _, err, _ = interrupt(child, timeout=30)
    # Ctrl-C is how a watch ends; the picture was the purpose.
    assert (status, "Traceback" in err) == (0, False)
    assert picture.read_bytes().startswith(PNG)


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["9"], 1, "no such socket"),
        (["--interval", "0"], 2, "interval"),
        (["--interval", "nan"], 2, "interval"),
        (["--replay", "/nowhere"], 2, "--plot"),
        (["--plot", "picture.gif"], 2, ".png"),
        (["--plot", "/nowhere/picture.png"], 2, "no such directory"),
        (["--replay", "/nowhere", "--plot", "x.png"], 2, "/nowhere"),
    ],
)
def test_refusals(quiet, words, status, said):  # noqa: F811
    done = pysock_command("watch", *words)
    assert done.returncode == status
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_recording_that_is_none(quiet, tmp_path):  # noqa: F811
    pytest.importorskip("matplotlib")
    wrong = tmp_path / "wrong.jsonl"
    for text, said in (
        ("", "empty"),
        ("{}\n", "line 1"),
        ("[1, 2]\n", "line 1"),
        ("no json\n", "line 1"),
    ):
        wrong.write_text(text)
        done = pysock_command(
            "watch", "--replay", wrong, "--plot", tmp_path / "x.png"
        )
        assert done.returncode == 2
        assert said in done.stderr
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("module", "words", "said"),
    [
        ("matplotlib", ["--plot", "x.png"], "pip install 'pysock-tcp[plot]'"),
    ],
)
def test_without_the_extra(both, tmp_path, module, words, said):
    (tmp_path / f"{module}.py").write_text("raise ImportError\n")
    done = pysock_command(
        "watch", both[0].getsockname()[1], *words,
        env={"PYTHONPATH": str(tmp_path)}, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


class Terminal:
    """A program on a terminal of its own, which can be typed into."""

    def __init__(self, *words, columns, env=None):
        self.into, terminal = pty.openpty()
        self.child = subprocess.Popen(
            [sys.executable, "-m", "pysock", *map(str, words)],
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            env={
                **os.environ,
                "COLUMNS": str(columns),
                "LINES": "30",
                "TERM": "xterm",
                **(env or {}),
            },
        )
        os.close(terminal)
        self.shown = ""

    def read_until(self, pattern, seconds=20):
        deadline = time.monotonic() + seconds
        while not re.search(pattern, self.shown):
            left = deadline - time.monotonic()
            assert left > 0, f"no {pattern!r} in {self.shown!r}"
            if select.select([self.into], [], [], left)[0]:
                try:
                    self.shown += os.read(self.into, 65536).decode()
                except OSError:
                    break  # it has closed the terminal
        assert re.search(pattern, self.shown), self.shown

    def end(self):
        self.child.kill()
        self.child.wait()
        os.close(self.into)


@pytest.mark.parametrize("columns", [50, 140])
def test_live_view_and_its_keys(both, columns):
    pytest.importorskip("rich")
    port = both[0].getsockname()[1]
    terminal = Terminal("watch", port, "--interval", "0.1", columns=columns)
    try:
        terminal.read_until("q quits")
        assert ("cwnd" in terminal.shown) == (columns > 100)
        assert "ESTAB" in terminal.shown
        os.write(terminal.into, b"q")
        # The screen is given back.
        terminal.read_until(re.escape("\x1b[?1049l"))
        assert terminal.child.wait(20) == 0
    finally:
        terminal.end()


def test_live_view_ends_at_ctrl_c(both):
    pytest.importorskip("rich")
    port = both[0].getsockname()[1]
    terminal = Terminal("watch", port, "--interval", "5", columns=100)
    try:
        terminal.read_until("q quits")
        terminal.child.send_signal(signal.SIGINT)
        terminal.read_until(re.escape("\x1b[?1049l"))
        assert terminal.child.wait(5) == 128 + signal.SIGINT
        assert "Traceback" not in terminal.shown
    finally:
        terminal.end()


def test_live_view_without_rich(both, tmp_path):
    (tmp_path / "rich").mkdir()
    (tmp_path / "rich" / "__init__.py").write_text("raise ImportError\n")
    terminal = Terminal(
        "watch", both[0].getsockname()[1], columns=100,
        env={"PYTHONPATH": str(tmp_path)},
    )  # fmt: skip
    try:
        # Lines as into a pipe, and why.
        terminal.read_until(r"pip install 'pysock-tcp\[cli\]'")
        terminal.read_until(r"\d\d:\d\d:\d\d ESTAB .* cwnd:")
        assert "\x1b" not in terminal.shown
        terminal.child.send_signal(signal.SIGINT)
        assert terminal.child.wait(20) == 128 + signal.SIGINT
    finally:
        terminal.end()


def typed(terminal, keys, pattern):
    """Press keys, and read what is drawn from then on."""
    terminal.shown = ""
    os.write(terminal.into, keys)
    terminal.read_until(pattern)


def test_sort_filter_scroll_pause_and_help(quiet):  # noqa: F811
    pytest.importorskip("rich")
    with loopback.listen(socket, loopback.IPV4, backlog=64) as listener:
        clients = [
            socket.create_connection(listener.getsockname()) for _ in range(40)
        ]
        server, _ = listener.accept()
        server.send(b"x" * 777)
        loopback.wait_readable(clients[0])
        # The longest interval: what is drawn is drawn for a key.
        terminal = Terminal("watch", "--interval", "60", columns=120)
        try:
            terminal.read_until(r"81 sockets, by trouble, 1 to \d+")
            terminal.read_until("help")
            assert f"/{os.getpid()}" in terminal.shown, rows(terminal.shown)
            typed(terminal, b"sss", "by recv-q")
            # To its end: the rest would be taken for the next screen.
            typed(terminal, b"?", "Ctrl-D")
            typed(terminal, b"?", r"(?s)by recv-q.*\? help")
            # The titles, then what most is unread of.
            titles, first = rows(terminal.shown)[1:3]
            assert titles.split()[:4] == [
                "state", "local", "remote", "recv-q",
            ]  # fmt: skip
            assert "  777 " in first
            typed(terminal, b"\x1b[6~", r"by recv-q, (?!1 to)\d+ to ")
            typed(terminal, b"\x1b[F", "to 81")
            typed(terminal, b"\x1b[H", ", 1 to")
            typed(terminal, b"/list", "filter: list_")
            typed(terminal, b"\r", "1 with 'list'")
            terminal.read_until("help")
            assert [row.split()[0] for row in rows(terminal.shown)[1:3]] == [
                "state", "LISTEN",
            ]  # fmt: skip
            typed(terminal, b"\x1b", "81 sockets, by recv-q, 1 to")
            typed(terminal, b"p", "PAUSED")
            typed(terminal, b"S", "by remote.*PAUSED")
            terminal.child.send_signal(signal.SIGINT)
            terminal.read_until(re.escape("\x1b[?1049l"))
            assert terminal.child.wait(5) == 128 + signal.SIGINT
            assert is_cooked(terminal.into)
        finally:
            terminal.end()
            for sock in (server, *clients):
                sock.close()


def rows(shown):
    """The lines on the screen, without colours."""
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    return [line for line in plain.splitlines() if line.strip()]


def is_cooked(terminal):
    """Whether it echoes, and gives whole lines."""
    flags = termios.tcgetattr(terminal)[3]
    return bool(flags & termios.ECHO and flags & termios.ICANON)


def test_a_terminated_view_gives_the_screen_back(both):
    pytest.importorskip("rich")
    port = both[0].getsockname()[1]
    terminal = Terminal("watch", port, "--interval", "60", columns=100)
    try:
        terminal.read_until("help")
        terminal.child.terminate()
        terminal.read_until(re.escape("\x1b[?1049l"))
        assert terminal.child.wait(5) == 128 + signal.SIGTERM
        assert is_cooked(terminal.into)
    finally:
        terminal.end()
