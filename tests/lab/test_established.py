"""Every established connection that fails, met by every call there is."""

import errno
import os
import pickle

import pytest

import pysock
from lab.established import ESTABLISHED, RESET, SILENT
from lab.place import FAMILY, HERE, PORT
from lab.replies import Script, data, rst, syn_ack
from pysock import errors

pytest_plugins = ["lab.fixtures"]
pytestmark = pytest.mark.lab

BLOCKING, TIMEOUT, NONBLOCKING = None, 5.0, 0.0

every_scenario = pytest.mark.parametrize("scenario", ESTABLISHED, ids=str)


@every_scenario
def test_failed_connection(place, version, scenario, lab_table):
    """What a program meets, by which call it makes first."""
    from concurrent.futures import ThreadPoolExecutor

    def run(calls, outcomes, timeout):
        with scenario.doomed(place, version) as sock:
            sock.settimeout(timeout)
            met = []
            for call, outcome in zip(calls, outcomes, strict=True):
                met.append(CALLS[call](sock))
                check(met[-1], outcome, call, sock)
            return met

    reading = scenario.of(version, "reading")
    writing = scenario.of(version, "writing")
    question = (scenario.of(version, "question"),)
    with ThreadPoolExecutor(7) as pool:
        futures = []
        for timeout in (BLOCKING, TIMEOUT, NONBLOCKING):
            for calls, outcomes in (
                (("recv", "recv", "send"), reading),
                (("send", "send", "recv"), writing),
            ):
                futures.append(pool.submit(run, calls, outcomes, timeout))
        futures.append(pool.submit(run, ("take_error",), question, None))
    met = [error for future in futures for error in future.result()]
    failures = [error for error in met if isinstance(error, OSError)]
    note = failures[0] if failures else None
    if scenario.row == "20":
        with scenario.doomed(place, version) as sock:
            note = CALLS["recv_exactly"](sock)
    lab_table(scenario.row, scenario.name, version, note)


def recv_exactly(sock):
    return sock.recv_exactly(100)


def recv_into(sock):
    return sock.recv_into(bytearray(10))


def met_by(call):
    """What a call gives: its value, or the exception."""

    def run(sock):
        try:
            return call(sock)
        except OSError as error:
            return error

    return run


CALLS = {
    "recv": met_by(lambda sock: sock.recv(100)),
    "recv_into": met_by(lambda sock: sock.recv_into(bytearray(9))),
    "recvfrom": met_by(lambda sock: sock.recvfrom(9)),
    "recvfrom_into": met_by(lambda sock: sock.recvfrom_into(bytearray(9))),
    "recvmsg": met_by(lambda sock: sock.recvmsg(9)),
    "recvmsg_into": met_by(lambda sock: sock.recvmsg_into([bytearray(9)])),
    "recv_exactly": met_by(lambda sock: sock.recv_exactly(100)),
    "send": met_by(lambda sock: sock.send(b"x")),
    "sendall": met_by(lambda sock: sock.sendall(b"x")),
    "sendmsg": met_by(lambda sock: sock.sendmsg([b"x"])),
    "take_error": met_by(lambda sock: sock.take_error()),
}


def check(met, outcome, call, sock):
    if outcome.error is None:
        assert met == outcome.value, call
        return
    assert type(met) is class_of(outcome), (call, met)
    number, text = outcome.number, os.strerror(outcome.number)
    assert met.args == (number, text)
    assert met.errno == number
    assert met.call == call
    assert met.origin == outcome.origin, (call, met.origin, met.tcp_info)
    assert met.address[1] == PORT
    local = HERE[6] if ":" in met.address[0] else HERE[4]
    assert met.local_address == (local, *sock.getsockname()[1:])
    assert met.tcp_info.state is sock.tcp_state()
    host, port = met.address[:2]
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    assert str(met) == f"[Errno {number}] {text}: {call} {where}"
    again = pickle.loads(pickle.dumps(met))
    assert type(again) is type(met)
    assert again.to_dict() == met.to_dict()


def class_of(outcome):
    """The class, which is also the builtin of its errno."""
    return (
        errors.class_for("send", outcome.number)
        if (outcome.error is errors.PeerUnreachableError)
        else outcome.error
    )


@pytest.mark.parametrize("call", sorted(CALLS.keys() - {"take_error"}))
@pytest.mark.parametrize("timeout", [BLOCKING, TIMEOUT, NONBLOCKING], ids=str)
def test_every_call_says_reset(place, version, call, timeout):
    """The RST is already there, whichever call is the first to ask."""
    [scenario] = [s for s in ESTABLISHED if s.name == "reset"]
    with scenario.doomed(place, version) as sock:
        sock.settimeout(timeout)
        check(CALLS[call](sock), RESET, call, sock)


@pytest.mark.parametrize("timeout", [BLOCKING, TIMEOUT], ids=str)
def test_reset_wakes_a_read_that_waits(place, version, timeout):
    script = Script(to_syn=(syn_ack,), when_told=(rst,), delay_ms=80)
    with pysock.socket(FAMILY[version]) as sock:
        address = place.host(version, script)
        sock.connect(address)
        sock.settimeout(timeout)
        place.far_end.tell(address[0])
        check(CALLS["recv"](sock), RESET, "recv", sock)


def test_silence_wakes_a_write_that_waits(place, version):
    """The send buffer is full; the kernel gives up; so does sendall."""
    from lab.established import IMPATIENT

    with pysock.socket(FAMILY[version]) as sock:
        for option in IMPATIENT:
            sock.setsockopt(*option)
        sock.connect(place.host(version, Script(to_syn=(syn_ack,))))
        with pytest.raises(errors.PeerSilentError) as caught:
            sock.sendall(bytes(10**7))
    assert caught.value.origin == SILENT.origin
    assert caught.value.call == "sendall"
    assert caught.value.tcp_info.unacked or caught.value.tcp_info.lost


def test_what_came_before_the_reset_is_kept(place, version):
    script = Script(to_syn=(syn_ack,), when_told=(data(b"half a "), rst))
    with pysock.socket(FAMILY[version]) as sock:
        address = place.host(version, script)
        sock.connect(address)
        place.far_end.tell(address[0])
        with pytest.raises(errors.PeerResetError) as caught:
            sock.recv_exactly(100)
    assert caught.value.partial == b"half a "
    assert caught.value.call == "recv_exactly"


def test_timeout_and_would_block(place, version, lab_table):
    """Rows 26 and 27: the connection is up, the far end says nothing."""
    with pysock.socket(FAMILY[version]) as sock:
        address = place.host(version, Script(to_syn=(syn_ack,)))
        sock.connect(address)
        sock.settimeout(0.05)
        with pytest.raises(errors.TransferTimeoutError) as timed_out:
            sock.recv(1)
        sock.settimeout(0)
        with pytest.raises(errors.TransferWouldBlockError) as would_block:
            sock.recv(1)
    assert timed_out.value.origin.kind == "deadline"
    assert timed_out.value.address == address
    assert timed_out.value.tcp_info.state is pysock.TcpState.ESTABLISHED
    assert timed_out.value.elapsed == 0.05
    assert would_block.value.errno == errno.EAGAIN
    assert would_block.value.tcp_info is None
    lab_table("26", "timeout", version, timed_out.value)
    lab_table("27", "would-block", version, would_block.value)
