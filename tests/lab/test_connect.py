"""Every connect that fails, made for real, met in every way there is."""

import os
import pickle

import pytest

from lab import scenarios
from lab.place import HERE, LOOPBACK
from lab.scenarios import BOUND_PORT
from lab.ways import MAKE_THEIR_OWN, NUMBERED, TYPED, observe
from pysock import TcpState, errors
from pysock.errors import Origin

pytest_plugins = ["lab.fixtures"]
pytestmark = pytest.mark.lab

every_scenario = pytest.mark.parametrize(
    "scenario", scenarios.CONNECT, ids=str
)


@every_scenario
def test_failed_connect(place, version, scenario, lab_table):
    address = scenario.address(place, version)
    seen = observe(
        version,
        address,
        options=scenario.of(version, "options"),
        bind=(HERE[version], BOUND_PORT) if scenario.bind else None,
    )
    for way in TYPED & seen.keys():
        error = seen[way].error
        if error is None and scenario.at_once:
            # take_error: connect_ex said it all before there was a question.
            assert seen[way].number == scenario.of(version, "number")
            continue
        try:
            check(error, scenario, version, address, seen[way], way)
        except AssertionError as problem:
            problem.add_note(f"in the way {way!r}: {error!r}, {vars(error)}")
            raise
    for way in NUMBERED:
        assert seen[way].number == scenario.of(version, "number"), way
    check_asyncio(seen["asyncio_connect"], scenario, version)
    lab_table(scenario.row, scenario.name, version, seen["blocking"].error)


@pytest.mark.parametrize("scenario", scenarios.DEADLINE, ids=str)
def test_connect_with_a_timeout_that_ends_first(
    place, version, scenario, lab_table
):
    address = scenario.address(place, version)
    ways = ("with_timeout", *sorted(MAKE_THEIR_OWN))
    seen = observe(version, address, ways=ways, timeout=scenario.timeout)
    for way in ways:
        error = seen[way].error
        check(error, scenario, version, address, seen[way], way)
        assert error.args == ("timed out",)
        assert scenario.timeout <= error.elapsed <= scenario.timeout + 1
    lab_table(scenario.row, scenario.name, version, error)


def check(error, scenario, version, address, seen, way):
    number = scenario.of(version, "number")
    assert type(error) is expected_class(scenario, version)
    assert error.errno == number
    assert error.call == "connect"
    assert error.address == address
    check_origin(error.origin, scenario, version, way)
    lost = way == "blocking" or (way == "second_connect" and seen.local)
    check_local_address(error, scenario, version, seen, lost=lost)
    if way != "raw_descriptor":
        assert error.elapsed == pytest.approx(seen.took, abs=0.25)
    if lost:
        check_tcp_info_left(error.tcp_info, scenario)
    else:
        check_tcp_info(error.tcp_info, scenario)
    check_text(error, number, address)
    check_pickle(error)


def expected_class(scenario, version):
    kind = scenario.of(version, "error")
    if kind is errors.AddressUnavailableError:
        # Row 12 is bind's and connect's: from connect it is both.
        return errors.class_for("connect", scenario.of(version, "number"))
    return kind


def check_origin(origin, scenario, version, way):
    expected = scenario.of(version, "origin")
    if (
        version == 6
        and expected.kind == "icmp"
        and way not in ("blocking", "connect_many", "happy_eyeballs")
    ):
        # IPv6 keeps the message only after IPV6_RECVERR, which would make a
        # soft error final wherever somebody polls.
        expected = Origin("icmp")
    assert origin == expected


def check_local_address(error, scenario, version, seen, *, lost):
    if lost:
        # What the socket was bound to is all that the kernel keeps.
        bound = (HERE[version], BOUND_PORT) if scenario.bind else None
        here = error.local_address
        assert (here and here[:2]) == bound
        return
    if scenario.at_once:
        assert error.local_address is not None
        return
    if error.address[0].startswith(LOOPBACK[version]):
        here = LOOPBACK[version]
    else:
        here = HERE[version]
    if scenario.name == "nobody-on-the-lan":
        here = scenario.of(version, "origin").offender
    assert error.local_address[0] == here
    assert error.local_address[1] != 0
    assert seen.local in (None, error.local_address)


def check_tcp_info(info, scenario):
    deadline = scenario.timeout is not None
    expected = TcpState.SYN_SENT if deadline else TcpState.CLOSE
    assert info.state is expected
    for name, value in scenario.reads.items():
        assert getattr(info, name) == value, name
    if scenario.at_once:
        assert info.segs_out == 0
    else:
        assert not info.was_established


def check_tcp_info_left(info, scenario):
    """A blocking connect(2) has reset all but how often SYNs were repeated."""
    left = {k: v for k, v in info.as_dict().items() if v is not None}
    assert left.keys() == {"state", "retransmits"}
    assert info.state is TcpState.CLOSE
    if "total_retrans" in scenario.reads:
        assert info.retransmits == scenario.reads["total_retrans"]


def check_text(error, number, address):
    host, port = address[:2]
    where = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    if error.origin.kind == "deadline":
        expected = f"timed out: connect {where}"
    else:
        text = os.strerror(number)
        expected = f"[Errno {number}] {text}: connect {where}"
    assert str(error) == expected


def check_pickle(error):
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert again.to_dict() == error.to_dict()


def check_asyncio(seen, scenario, version):
    """asyncio makes an exception of its own from SO_ERROR: the builtin."""
    number = scenario.of(version, "number")
    assert seen.error.errno == number
    if not scenario.at_once:
        assert type(seen.error) is type(OSError(number, ""))
    else:
        # What the first connect raises goes through as it is.
        assert isinstance(seen.error, errors.SocketError)
