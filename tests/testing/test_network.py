"""A network of one's own: what a client at its near end meets."""

import errno
import functools
import json
import os
import shutil
import socket
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import pysock
from pysock import errors, testing
from pysock.testing.processes.namespaces import NEAR
from pysock.testing.scripted import BODY
from support.requirements import skip_or_fail
from testing.client import ask, fetch

VERSIONS = [4, 6]
ROOT = Path(pysock.__file__).parent.parent
LOOPBACK = {4: "127.0.0.1", 6: "::1"}
ROUTER = {4: "192.0.2.254", 6: "2001:db8:1::fe"}

pytestmark = pytest.mark.lab


@pytest.fixture(params=VERSIONS)
def version(request):
    return request.param


@pytest.fixture(autouse=True)
def possible():
    """Whether functions can be run there: as root."""
    try:
        with testing.network() as address:
            testing.run_in(address, int)
    except testing.Unavailable as missing:
        skip_or_fail(str(missing))


def get(address, timeout):
    """What one exchange gives, or the exception."""

    def run():
        try:
            return fetch(address, timeout=timeout)
        except OSError as error:
            return error

    return testing.run_in(address, run)


def test_a_network_in_good_health(version):
    with testing.network(version=version) as address:
        assert get(address, 5) == BODY


def test_silent_host_until_it_is_healed(version):
    with testing.silent_host(version=version) as address:
        error = get(address, 0.3)
        assert type(error) is errors.ConnectTimeoutError
        assert error.code == "connect-timeout-deadline"
        assert error.tcp_info.segs_in == 0
        address.heal()
        assert get(address, 5) == BODY


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ({4: (3, 1), 6: (1, 3)}, "connect-unreachable-host"),
        ({4: (3, 0), 6: (1, 0)}, "connect-unreachable-net"),
        ({4: (3, 3), 6: (1, 4)}, "connect-refused-icmp"),
    ],
)
def test_icmp(version, messages, code):
    message = messages[version]
    with testing.icmp(*message, version=version) as address:
        error = get(address, 5)
        assert error.code == code
        # Over IPv6 with a timeout nobody knows which router it was.
        by = (ROUTER[version], *message) if version == 4 else ()
        assert error.origin == errors.Origin("icmp", *by)


def test_lost_loses_some_and_tcp_makes_up_for_it(version):
    def sent_again():
        with pysock.create_connection(address, 20) as sock:
            total = 0
            for _ in range(40):
                assert ask(sock) == BODY
                total = sock.tcp_info().rcv_ooopack
                if total:
                    break
            return total

    with testing.lost(10, version=version) as address:
        assert testing.run_in(address, sent_again) > 0


def test_all_lost_is_a_silent_host(version):
    with testing.lost(100, version=version) as address:
        assert type(get(address, 0.3)) is errors.ConnectTimeoutError


def test_delay_is_in_the_round_trip_time(version):
    def measure():
        with pysock.create_connection(address, 10) as sock:
            return sock.tcp_info().rtt_us

    with testing.delay(30, version=version) as address:
        assert testing.run_in(address, measure) >= 60_000


def test_mtu_hole_swallows_the_answer_and_not_the_handshake(version):
    with testing.mtu_hole(version=version) as address:
        error = get(address, 0.5)
        assert type(error) is errors.TransferTimeoutError
        assert error.tcp_info.bytes_acked > 0  # the request arrived
        assert error.tcp_info.bytes_received == 0


def test_cut_and_heal_while_a_connection_is_up(version):
    def work():
        with pysock.create_connection(address, 0.3) as sock:
            assert ask(sock) == BODY
            address.cut()
            with pytest.raises(errors.TransferTimeoutError):
                ask(sock)
            address.heal()
            sock.settimeout(20)
            return ask(sock, b"")

    with testing.network(version=version) as address:
        assert testing.run_in(address, work) == BODY


def test_ports_used_up_until_healed(version):
    with testing.ports_used_up(version=version) as address:
        error = get(address, 5)
        assert isinstance(error, errors.AddressUnavailableError)
        assert error.errno == errno.EADDRNOTAVAIL
        assert error.code == "connect-no-port"
        address.heal()
        assert get(address, 5) == BODY


def test_ports_used_up_takes_none_from_the_machine(version):
    def bind(host):
        family = socket.AF_INET6 if version == 6 else socket.AF_INET
        with socket.socket(family) as sock:
            sock.bind((host, 0))
            return sock.getsockname()[1]

    with testing.ports_used_up(version=version) as address:
        with pytest.raises(OSError, match="in use"):
            testing.run_in(address, bind, NEAR[version])
        assert bind(LOOPBACK[version])
        with testing.script(["drain"], host=LOOPBACK[version]) as here:
            socket.create_connection(here, 5).close()


def test_run_in_raises_what_the_function_raises():
    def fail(word):
        raise LookupError(word)

    with testing.network() as address, pytest.raises(LookupError, match="so"):
        testing.run_in(address, fail, "so")


def test_run_in_gives_what_a_command_said():
    words = [sys.executable, "-c", "print(7)"]
    with testing.network() as address:
        done = testing.run_in(address, words, capture_output=True, text=True)
    assert (done.args, done.stdout, done.returncode) == (words, "7\n", 0)


def test_run_in_of_a_command_that_does_not_exist():
    with testing.network() as address:
        done = testing.run_in(
            address, ["/no/such"], capture_output=True, text=True
        )
    assert done.returncode == 1
    assert done.stderr == "/no/such: No such file or directory\n"


UNPRIVILEGED = textwrap.dedent("""
    import json, sys
    from pysock import testing

    client = [sys.executable, "-c", "import socket, sys;"
              "socket.create_connection((sys.argv[1], sys.argv[2]), 0.3)"]
    try:
        with testing.network() as address:
            words = [*client, *map(str, address)]
            quiet = dict(capture_output=True)
            up = testing.run_in(address, words, **quiet).returncode
            address.cut()
            cut = testing.run_in(address, words, **quiet).returncode
            try:
                testing.run_in(address, int)
                said = None
            except testing.Unavailable as error:
                said = str(error)
    except testing.Unavailable as error:
        up = cut = None
        said = str(error)
    print(json.dumps([up, cut, said]))
""")


CAN_START_ANOTHER = """
import os, sys
import pysock.testing
sys.exit(not os.access(sys.executable, os.X_OK))
"""


def in_a_chroot():
    """Whether it is known that this process is in one."""
    try:
        return not Path("/proc/1/root").samefile("/")
    except PermissionError:
        return False


@functools.cache
def nobody():
    """The words that start this Python without a privilege."""
    if in_a_chroot():
        # Nothing is missing that could be had: user_namespaces(7), EPERM.
        pytest.skip("in a chroot the kernel lets nobody make a user namespace")
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        skip_or_fail("there is no `setpriv` (package util-linux)")
    become = (setpriv, "--reuid=65534", "--regid=65534", "--clear-groups")
    minor = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    # One that was built for root may lie where nobody may look.
    for python in (sys.executable, f"/usr/bin/{minor}"):
        command = [*become, python]
        if not run(command, CAN_START_ANOTHER).returncode:
            return command
    skip_or_fail(f"a {minor} that every user may start is missing")


def run(command, text):
    """Run a script with the modules that are found here."""
    site = [path for path in sys.path if path.endswith("-packages")]
    return subprocess.run(
        [*command, "-c", text],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *site])},
        cwd="/",
        capture_output=True,
        text=True,
    )


def as_nobody(*prefix):
    """Run the script with a user's powers."""
    *become, python = nobody()
    done = run([*become, *prefix, python], UNPRIVILEGED)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_unprivileged_user_runs_commands():
    up, cut, said = as_nobody()
    if up is None:
        assert "user namespaces" in said
        skip_or_fail(said)
    assert (up, cut) == (0, 1)
    assert "unshare -Ur" in said


def test_unprivileged_user_under_unshare_runs_functions():
    unshare = shutil.which("unshare")
    if unshare is None or as_nobody()[0] is None:
        skip_or_fail("no `unshare` (util-linux), or no user namespaces")
    assert as_nobody(unshare, "-Ur") == [0, 1, None]


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": 5},
        {"lost": 101},
        {"lost": float("nan")},
        {"delay": -1},
        {"delay": 1e9},
        {"hole": -1},
        {"icmp": (300, 1)},
        {"icmp": (3, -1)},
    ],
)
def test_a_fault_that_cannot_be(wrong):
    """Told at once: a network that does something else proves nothing."""
    [name] = wrong
    with pytest.raises(ValueError, match=name), testing.network(**wrong):
        pass


def test_a_fault_that_there_is_not():
    """A slip would have given a network in good health."""
    with pytest.raises(TypeError), testing.network(loss=100):
        pass
