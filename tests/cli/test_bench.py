"""`pysock bench`: what it prints and draws, its load, and its children."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from pysock import testing
from pysock.cli import main
from pysock.cli.bench import SUBJECTS, native, plot
from pysock.cli.bench.environment import environment
from pysock.cli.bench.load import CLoad, PythonLoad
from pysock.cli.bench.rounds import Measurement
from pysock.cli.bench.servers import SERVERS, Server
from support.drawing import fonts  # noqa: F401
from support.requirements import skip_or_fail

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]


def need_compiler():
    if not (shutil.which("cc") or shutil.which("gcc")):
        skip_or_fail("there is no C compiler: install gcc")


def bench(*words, env=None):
    """Run it in a process of its own: gevent and matplotlib keep files."""
    return subprocess.run(
        [sys.executable, "-m", "pysock", "bench", *words],
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(params=["C", "Python"])
def load(request):
    if request.param == "C":
        need_compiler()
        return CLoad()
    return PythonLoad()


@pytest.mark.parametrize("subject", SUBJECTS)
def test_json_holds_environment_and_samples(subject):
    # A process of its own: gevent and others keep descriptors for good.
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pysock",
            "bench",
            subject,
            "--quick",
            "--json",
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )

    found = json.loads(done.stdout)

    assert found
    for one in found:
        assert one["subject"] == subject
        assert {"kernel", "machine", "python", "pysock"} <= set(
            one["environment"]
        )
        names = [side["name"] for side in one["sides"]]
        assert any(name.startswith("pysock") for name in names)
        assert {"C"} <= {*names, *one["missing"]}
        assert all(len(side["samples_seconds"]) == 2 for side in one["sides"])


def test_table_names_each_side_and_progress_stays_out_of_it(capsys):
    assert main(["bench", "info", "--rounds", "3"]) == 0
    printed = capsys.readouterr()
    assert "getsockopt + unpack" in printed.out
    assert "3 rounds" in printed.out
    assert printed.err.startswith("tcp_info: ")


def test_without_compiler_there_is_no_floor_and_a_load_in_python(tmp_path):
    done = bench("accept", "--quick", env={"PATH": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    assert "without C: no C compiler (cc, gcc) was found" in done.stdout
    assert "pysock accept" in done.stdout


def test_plot_is_a_picture(tmp_path):
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        skip_or_fail("matplotlib is not installed")
    target = tmp_path / "info.png"
    # A process of its own: matplotlib keeps its fonts open.
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pysock",
            "bench",
            "info",
            "--quick",
            "--plot",
            target,
        ],
        capture_output=True,
        timeout=120,
        check=True,
    )
    assert target.read_bytes().startswith(b"\x89PNG")


def test_picture_says_what_is_what(fonts):  # noqa: F811
    """What the bars are, which way is better, where, and if it was quick."""
    pytest.importorskip("matplotlib")
    from matplotlib.text import Text

    found = Measurement(
        "a call", "CPU", {"pysock": [2e-6, 3e-6], "C": [1e-6, 1e-6]}
    )
    found.missing["uvloop"] = "uvloop is not installed"
    for quick in (False, True):
        figure = plot.compose([("calls", found)], environment(), quick=quick)
        figure.canvas.draw()
        words = " | ".join(text.get_text() for text in figure.findobj(Text))
        assert "us of CPU for each a call, 2 rounds: lower is better" in words
        assert "bars: the median round; shorter is better" in words
        assert "2.5 us" in words
        assert "left out: uvloop is not installed" in words
        assert time.strftime("%Y-%m-%d") in words
        assert ("--quick" in words) == quick
        assert ("mean nothing" in words) == quick
        # The key is above the bars, and nothing is cut off.
        [legend], [axis] = figure.legends, figure.axes
        key, bars = legend.get_window_extent(), axis.get_window_extent()
        assert key.y0 >= bars.y1
        drawn, (width, height) = (
            figure.get_tightbbox(),
            figure.get_size_inches(),
        )
        assert min(drawn.x0, drawn.y0) >= 0
        assert drawn.x1 <= width
        assert drawn.y1 <= height


@pytest.mark.parametrize("name", ["no/such/folder.png", "picture.nothing"])
def test_plot_that_cannot_be_written_says_so(tmp_path, name):
    done = bench("info", "--quick", "--plot", tmp_path / name)
    assert done.returncode == 1
    assert "pysock bench: " in done.stderr
    assert "Traceback" not in done.stderr
    assert "tcp_info()" in done.stdout


def test_help_does_not_import_what_only_measuring_needs():
    script = (
        "import sys\n"
        "from pysock.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'asyncio', 'uvloop', 'gevent'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_load_opens_what_it_says_and_resets_it(load):
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listener:
        load.open(listener.getsockname()[1], 5)
        accepted = [listener.accept()[0] for _ in range(5)]
        load.reset()
        for sock in accepted:
            with sock, pytest.raises(ConnectionResetError):
                sock.recv(1)
        listener.setblocking(False)
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_load_comes_in_full_to_a_server_that_closes(load):
    counted = []

    def serve():
        for _ in range(50):
            sock, _ = listener.accept()
            counted.append(sock.getpeername())
            sock.close()

    with socket.create_server(("127.0.0.1", 0), backlog=16) as listener:
        server = threading.Thread(target=serve)
        server.start()
        load.accept_close(listener.getsockname()[1], 50, 7, 20)
        server.join()
    assert len(set(counted)) == 50


def test_load_gives_up_on_a_server_that_never_closes(load):
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listener:
        start = time.monotonic()
        with pytest.raises(TimeoutError):
            load.accept_close(listener.getsockname()[1], 5, 5, 1)
        assert time.monotonic() - start < 15


def test_load_to_a_closed_port_fails(load):
    with testing.refusing() as closed, pytest.raises(ConnectionRefusedError):
        load.open(closed.port, 1)


@pytest.mark.parametrize("name", SERVERS)
def test_server_that_waits_in_vain_ends_with_its_owner(name):
    if name == "C":
        need_compiler()
    try:
        with Server(name) as server:
            server.start(1)
            pid = server._child.pid
    except RuntimeError:
        skip_or_fail(f"{name} is not installed")
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_interrupt_ends_it_and_its_children():
    bench = subprocess.Popen(
        [sys.executable, "-m", "pysock", "bench", "accept"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 30
    children = []
    while not children and time.monotonic() < deadline:
        children = _children_of(bench.pid)
    assert children

    bench.send_signal(signal.SIGINT)

    assert bench.wait(30) == 130
    bench.stderr.close()
    while children and time.monotonic() < deadline:
        children = [pid for pid in children if _is_running(pid)]
    assert children == []


def _children_of(pid):
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in listed.split()]


def _is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_native_code_is_built_once_for_all_processes():
    need_compiler()
    script = (
        "from pysock.cli.bench import native\n"
        "native.library()\n"
        "print(native.environment()['PYSOCK_BENCH_NATIVE'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=native.environment(),
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert done.stdout.strip() == native.environment()["PYSOCK_BENCH_NATIVE"]
