"""`pysock connect`: what happened to each address, and what TCP saw."""

import json
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

import pysock
from lab.place import PORT
from lab.replies import Script
from lab.waiting import until
from pysock.cli import COMMANDS, main
from pysock.cli.reading import GROUPS, LEFT_OUT, in_words
from pysock.cli.target import parse
from pysock.errors import show_address as shown
from pysock.tcp.info import FIELD_NAMES
from support import loopback
from support.command import interrupt, on_terminal, pysock_command, start
from support.requirements import skip_or_fail

pytest_plugins = ["lab.fixtures"]


def test_connected_says_so_and_what_tcp_saw(listener, family):
    host, port = listener.getsockname()[:2]
    done = pysock_command("connect", host, port)
    assert (done.returncode, done.stderr) == (0, "")
    [_, row] = done.stdout.splitlines()
    assert row.split()[0] == shown(listener.getsockname())
    assert row.endswith("  connected")
    done = pysock_command("connect", host, port, "-v")
    assert "ESTAB" in done.stdout
    assert "Smoothed round-trip time." in done.stdout
    # What did not happen is not told.
    assert "total_retrans" not in done.stdout


def test_connected_as_json(listener, family):
    address = listener.getsockname()
    done = pysock_command("connect", *address[:2], "--json")
    assert done.returncode == 0
    [attempt] = json.loads(done.stdout)
    assert attempt["connected"] is True
    assert attempt["address"] == list(address)
    assert attempt["error"] is None
    assert 0 < attempt["elapsed"] < 5
    assert attempt["tcp_info"]["state"] == "ESTABLISHED"
    assert attempt["handshake_rtt_us"] == attempt["tcp_info"]["rtt_us"] > 0


def test_refused_is_explained_and_1(refusing_address):
    host, port = refusing_address[:2]
    done = pysock_command("connect", host, port)
    assert (done.returncode, done.stderr) == (1, "")
    assert "ConnectRefusedError: [Errno 111]" in done.stdout
    assert "answered with a RST" in done.stdout


def test_refused_as_json(refusing_address):
    host, port = refusing_address[:2]
    done = pysock_command("connect", host, port, "--json")
    assert done.returncode == 1
    [attempt] = json.loads(done.stdout)
    assert attempt["connected"] is False
    assert attempt["error"]["error"] == "ConnectRefusedError"
    assert attempt["error"]["origin"]["kind"] == "peer"
    assert attempt["tcp_info"]["segs_out"] == 1
    assert "RST" in attempt["explanation"]["why"]
    assert attempt["explanation"]["code"] == "connect-refused-reset"


def test_silence_ends_at_the_timeout(silent_address):
    host, port = silent_address[:2]
    done = pysock_command("connect", host, port, "--timeout", 0.3, "--json")
    assert done.returncode == 1
    [attempt] = json.loads(done.stdout)
    assert attempt["error"]["error"] == "ConnectTimeoutError"
    assert attempt["error"]["origin"]["kind"] == "deadline"
    assert attempt["tcp_info"]["state"] == "SYN_SENT"
    assert 0.3 <= attempt["elapsed"] < 5


def test_silence_names_the_command_that_looks_further(place, version):
    host = place.host(version, Script())[0]
    done = pysock_command("connect", host, PORT, "--timeout", 0.3)
    assert done.returncode == 1
    [advice] = [x for x in done.stdout.splitlines() if x.startswith("try ")]
    assert f"`pysock path {host} {PORT}`" in advice


def test_each_address_of_a_name_is_tried_until_one_answers(
    monkeypatch, capsys, family, listener, refusing_address
):
    there = listener.getsockname()
    # What a resolver may say of one name; the connects are real.
    found = [
        (family.number, socket.SOCK_STREAM, 6, "", address)
        for address in (refusing_address, there, refusing_address)
    ]
    monkeypatch.setattr(pysock, "getaddrinfo", lambda *_: found)
    assert main(["connect", "two.example", "80", "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)
    assert first["error"]["error"] == "ConnectRefusedError"
    assert first["address"] == list(refusing_address)
    assert second["connected"] is True
    assert second["address"] == list(there)


@pytest.mark.parametrize("form", ["{}:{}", "http://{}:{}/x?y", "x://u@{}:{}"])
def test_one_word_says_where(listener, family, form):
    host, port = listener.getsockname()[:2]
    if ":" in host:
        host = f"[{host}]"
    done = pysock_command("connect", form.format(host, port), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    [attempt] = json.loads(done.stdout)
    assert attempt["address"][1] == port


@pytest.mark.parametrize(
    ("words", "target"),
    [
        ("https://a.example/x", ("a.example", 443, True)),
        ("http://a.example", ("a.example", 80, False)),
        ("https://a.example:8443", ("a.example", 8443, True)),
        ("redis://u:p@a.example/0", ("a.example", 6379, False)),
        ("smtp://a.example", ("a.example", 25, False)),
        ("https://[2001:db8::1]", ("2001:db8::1", 443, True)),
        ("[2001:db8::1]:22", ("2001:db8::1", 22, False)),
        ("2001:db8::1 ssh", ("2001:db8::1", 22, False)),
        ("a.example:http", ("a.example", 80, False)),
    ],
)
def test_target(words, target):
    assert parse(words.split()) == target


def test_where_a_name_leads_is_said_with_its_time():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = pysock_command("connect", "localhost", port, "--family", "4")
    first = done.stdout.splitlines()[0]
    assert re.fullmatch(r"localhost resolves to 127.0.0.1 in \S+ ms", first)


def test_syn_that_was_lost_is_told(full_queue):
    """Its queue is full at the first SYN, and has room at the second."""
    host, port = full_queue
    with start("connect", host, port, "--json") as running:
        _wait_for_syn(host, port, running)
        full_queue.heal()
        out, err = running.communicate(timeout=20)
    assert (running.returncode, err) == (0, "")
    [attempt] = json.loads(out)
    assert attempt["connected"] is True
    assert attempt["syns_lost"] >= 1


def test_repeat_ends_in_a_summary(listener, family):
    host, port = listener.getsockname()[:2]
    done = pysock_command("connect", host, port, "--repeat", 3)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert sum(line.endswith("  connected") for line in lines) == 3
    assert lines[-2].split(maxsplit=1) == ["connects", "3: 3 succeeded"]
    assert re.fullmatch(r"connect +\S+ ms least, .* median, .*", lines[-1])
    done = pysock_command("connect", host, port, "--repeat", 2, "--json")
    *rounds, last = json.loads(done.stdout)
    assert [one["round"] for one in rounds] == [1, 2]
    summary = last["summary"]
    assert (summary["rounds"], summary["succeeded"]) == (2, 2)
    assert (summary["failed"], summary["failures"]) == (0, {})
    times = sorted(one["elapsed"] for one in rounds)
    spread = summary["elapsed"]
    assert [spread["least"], spread["most"]] == times
    assert times[0] <= spread["median"] <= times[1]
    assert summary["tls_elapsed"] is None


def test_repeat_counts_what_failed(refusing_address):
    host, port = refusing_address[:2]
    done = pysock_command("connect", host, port, "--repeat", 2)
    assert done.returncode == 1
    assert done.stdout.splitlines()[-1].split(maxsplit=1)[1] == (
        "2: 0 succeeded, 2 failed (2 ConnectRefusedError)"
    )


def test_ctrl_c_in_a_repetition_keeps_what_was_found(listener, family):
    host, port = listener.getsockname()[:2]
    with start("connect", host, port, "--repeat", 1000) as running:
        assert running.stdout.readline()  # the titles
        assert running.stdout.readline().endswith("connected\n")
        status, out, err, _ = interrupt(running)
    assert (status, err) == (0, "")
    assert "connects  " in out


def test_family_restricts_the_addresses(listener, family):
    port = listener.getsockname()[1]
    version = "4" if family.number == socket.AF_INET else "6"
    other = "6" if version == "4" else "4"
    done = pysock_command("connect", family.host, port, "--family", version)
    assert done.returncode == 0
    done = pysock_command("connect", family.host, port, "--family", other)
    assert done.returncode == 1
    assert "ResolveError" in done.stdout


def test_brackets_around_an_ipv6_address_are_taken_off():
    if not loopback.has_ipv6():
        skip_or_fail("the loopback interface has no IPv6 address ::1")
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        port = server.getsockname()[1]
        assert pysock_command("connect", "[::1]", port).returncode == 0


@pytest.mark.parametrize("host", ["a..b", "256.1.1.1.1 ", "x" * 300])
def test_name_that_cannot_be_is_a_failure_without_traceback(host):
    done = pysock_command(
        "connect", host, 9, env={"RES_OPTIONS": "attempts:1"}
    )
    assert done.returncode == 1
    assert done.stderr == ""
    assert "Error: " in done.stdout


@pytest.mark.parametrize(
    "words",
    [
        ("127.0.0.1",),
        ("127.0.0.1", "0"),
        ("127.0.0.1", "65536"),
        ("127.0.0.1", "no-such-service"),
        ("", "80"),
        ("127.0.0.1", "80", "--timeout", "0"),
        ("127.0.0.1", "80", "--timeout", "-1"),
        ("127.0.0.1", "80", "--timeout", "nan"),
        ("127.0.0.1", "80", "--timeout", "inf"),
        ("127.0.0.1", "80", "--family", "5"),
        ("127.0.0.1", "80", "81"),
        ("127.0.0.1", "80", "--repeat", "0"),
        ("::1",),
        ("http://",),
        ("http://a.example:0",),
        ("http://a.example:99999",),
        ("nonsense://a.example",),
    ],
)
def test_bad_usage_is_2_and_no_traceback(words):
    done = pysock_command("connect", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: pysock connect")


def test_ctrl_c_during_a_connect_ends_at_once(silent_address):
    host, port = silent_address[:2]
    with start("connect", host, port, "--timeout", 50) as child:
        _wait_for_syn(host, port, child)
        status, out, err, took = interrupt(child)
    assert (status, err) == (130, "")
    assert took < 2
    [_, row] = out.splitlines()
    assert row.split()[0] == shown(silent_address)
    assert re.search(r"interrupted: no answer to \d SYNs?$", row)


def test_ctrl_c_during_a_connect_as_json(silent_address):
    host, port = silent_address[:2]
    with start("connect", host, port, "--timeout", 50, "--json") as child:
        _wait_for_syn(host, port, child)
        status, out, err, _ = interrupt(child)
    assert (status, err) == (130, "")
    [attempt] = json.loads(out)
    assert (attempt["interrupted"], attempt["connected"]) == (True, False)
    assert attempt["tcp_info"]["state"] == "SYN_SENT"
    assert attempt["error"] is None


def test_each_address_is_shown_as_it_ends(
    family, refusing_address, silent_address
):
    """Somebody waits for a dead one: what is known is on the screen."""
    found = [
        (int(family.number), 1, 6, "", address)
        for address in (refusing_address, silent_address)
    ]
    script = f"""
import pysock
from pysock.cli import main
pysock.getaddrinfo = lambda *_: {found!r}
raise SystemExit(main(["connect", "two.example", "80", "--timeout", "50"]))
"""
    with subprocess.Popen(
        [sys.executable, "-u", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        _wait_for_syn(*silent_address[:2], child)
        shown_first = [child.stdout.readline() for _ in range(4)]
        status, out, err, _ = interrupt(child)
    assert (status, err) == (130, "")
    assert shown_first[0].startswith("two.example resolves to ")
    assert shown_first[2].startswith("address ")
    assert shown_first[3].startswith(shown(refusing_address))
    rows = out.splitlines()
    assert rows[0].startswith(shown(silent_address))
    assert any(row.startswith("code  connect-refused-reset") for row in rows)


def _wait_for_syn(host, port, child):
    """Wait until the child's connect is under way (SYN_SENT, 02)."""
    table = Path("/proc/net", "tcp6" if ":" in host else "tcp")
    there = f":{port:04X}"

    def is_there():
        assert child.poll() is None
        lines = table.read_text().splitlines()
        fields = [line.split() for line in lines][1:]
        return any(f[2].endswith(there) and f[3] == "02" for f in fields)

    until(is_there, 20, "connect that is under way")


def test_every_field_of_tcp_info_is_in_one_group():
    grouped = [name for names in GROUPS.values() for name in names]
    assert sorted([*grouped, *LEFT_OUT]) == sorted(FIELD_NAMES)


def test_numbers_come_with_their_unit(pair):
    client, server = pair
    client.sendall(b"x" * 1000)
    server.recv_exactly(1000)
    said = {
        name: (value, text)
        for _, fields in in_words(server.tcp_info())
        for name, value, text in fields
    }
    assert said["bytes_received"][0] == "1,000 bytes"
    assert said["rtt_us"][0].endswith(" us")
    assert said["state"] == ("ESTAB", "TCP state.")
    assert "total_retrans" not in said


def test_terminal_is_never_overrun(listener):
    host, port = listener.getsockname()[:2]
    for columns in (50, 100):
        status, shown = on_terminal(
            "connect",
            host,
            port,
            "-v",
            columns=columns,
            env={"NO_COLOR": "1"},
        )
        assert status == 0
        assert "ESTAB" in shown


def test_main_can_be_called(capsys, listener):
    host, port = listener.getsockname()[:2]
    assert main(["connect", host, str(port)]) == 0
    assert "connected" in capsys.readouterr().out
    assert threading.active_count() == 1


@pytest.mark.parametrize("name", COMMANDS)
def test_command_imports_no_other_command(name):
    probe = (
        "import sys\n"
        "from pysock.cli import main\n"
        f"try: main([{name!r}, '--help'])\n"
        "except SystemExit: pass\n"
        "print(*(m for m in sys.modules if m.startswith('pysock.cli.')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", probe],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    loaded = {m.split(".")[2] for m in done.stdout.splitlines()[-1].split()}
    assert loaded & set(COMMANDS) == {name}


def test_help_names_every_command_and_version_the_version():
    said = pysock_command("--help").stdout
    for name in COMMANDS:
        assert f"\n    {name}" in said
    done = pysock_command("--version")
    assert done.stdout == f"pysock {pysock.__version__}\n"
    assert pysock_command().stdout == said
    assert pysock_command("no-such-command").returncode == 2
