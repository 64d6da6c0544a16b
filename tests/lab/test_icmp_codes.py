"""What each ICMP message does to a connect: every type and code there is.

The table is the kernel's, as seen on Linux 6.18. A code that it ignores lets
the connect go on; the far end then takes it.
"""

import errno
import os

import pytest

from lab.place import FAMILY, ROUTER
from lab.replies import Script, icmp, syn_ack
from lab.ways import observe
from pysock import errors
from pysock.errors import Origin

pytest_plugins = ["lab.fixtures"]
pytestmark = pytest.mark.lab

IGNORED = None

CODES = {
    4: {
        (3, 0): errno.ENETUNREACH,
        (3, 1): errno.EHOSTUNREACH,
        (3, 2): errno.ENOPROTOOPT,
        (3, 3): errno.ECONNREFUSED,
        (3, 4): IGNORED,  # fragmentation needed: path MTU
        (3, 5): errno.EOPNOTSUPP,
        (3, 6): errno.ENETUNREACH,
        (3, 7): errno.EHOSTDOWN,
        (3, 8): errno.ENONET,
        (3, 9): errno.ENETUNREACH,
        (3, 10): errno.EHOSTUNREACH,
        (3, 11): errno.ENETUNREACH,
        (3, 12): errno.EHOSTUNREACH,
        (3, 13): errno.EHOSTUNREACH,
        (3, 14): errno.EHOSTUNREACH,
        (3, 15): errno.EHOSTUNREACH,
        (4, 0): IGNORED,  # source quench
        (5, 0): IGNORED,  # redirect
        (5, 1): IGNORED,
        (11, 0): errno.EHOSTUNREACH,
        (11, 1): IGNORED,  # reassembly
        (12, 0): errno.EPROTO,
    },
    6: {
        (1, 0): errno.ENETUNREACH,
        (1, 1): errno.EACCES,
        (1, 2): errno.EHOSTUNREACH,
        (1, 3): errno.EHOSTUNREACH,
        (1, 4): errno.ECONNREFUSED,
        (1, 5): errno.EACCES,
        (1, 6): errno.EACCES,
        (1, 7): errno.EPROTO,  # not defined by any RFC
        (2, 0): IGNORED,  # packet too big: path MTU
        (3, 0): errno.EHOSTUNREACH,
        (3, 1): errno.EHOSTUNREACH,
        (4, 0): errno.EPROTO,
        (4, 1): errno.EPROTO,
        (4, 2): errno.EPROTO,
    },
}

CLASSES = {
    errno.ENETUNREACH: errors.NetworkUnreachableError,
    errno.EHOSTUNREACH: errors.HostUnreachableError,
    errno.EHOSTDOWN: errors.HostUnreachableError,
    errno.ENONET: errors.HostUnreachableError,
    errno.ECONNREFUSED: errors.ConnectRefusedError,
    errno.EACCES: errors.ConnectDeniedError,
    errno.ENOPROTOOPT: errors.ConnectUnreachableError,
    errno.EOPNOTSUPP: errors.ConnectUnreachableError,
    errno.EPROTO: errors.ConnectUnreachableError,
}

ROWS = {
    errors.ConnectRefusedError: "4",
    errors.HostUnreachableError: "5",
    errors.NetworkUnreachableError: "6",
    errors.ConnectUnreachableError: "6a",
    errors.ConnectDeniedError: "7",
}

every_code = pytest.mark.parametrize(
    ("version", "kind", "code", "number"),
    [
        pytest.param(version, *message, number, id=f"v{version}-{name}")
        for version, codes in CODES.items()
        for message, number in codes.items()
        for name in ["{}/{}".format(*message)]
        if number is not IGNORED
    ],
)
every_ignored_code = pytest.mark.parametrize(
    ("version", "kind", "code"),
    [
        pytest.param(version, *message, id=f"v{version}-{name}")
        for version, codes in CODES.items()
        for message, number in codes.items()
        for name in ["{}/{}".format(*message)]
        if number is IGNORED
    ],
)


@pytest.fixture
def inside(shared_place):
    with shared_place.entered():
        yield shared_place


@every_code
def test_code_ends_the_connect(inside, version, kind, code, number, lab_table):
    script = Script(to_syn=(icmp((kind, code), (kind, code)),))
    address = inside.host(version, script)
    named = ["blocking", "connect_many", "happy_eyeballs"]
    unnamed = [
        "with_timeout",
        "create_connection",
        "take_error",
        "second_connect",
        "raw_descriptor",
    ]
    # There the kernel has reset all but how often the SYN was repeated.
    counted_by_repeats = ("blocking", "second_connect")

    seen = observe(version, address)

    full = Origin("icmp", ROUTER[version], kind, code)
    for way in named + unnamed:
        error = seen[way].error
        assert type(error) is CLASSES[number], way
        assert isinstance(error, type(OSError(number, ""))), way
        assert error.args == (number, os.strerror(number)), way
        # Only IPv4 keeps the message unasked; IPv6 is asked where nobody
        # polls, or where ours do and know what a soft error is.
        known = version == 4 or way in named
        assert error.origin == (full if known else Origin("icmp")), way
        if way in counted_by_repeats:
            assert error.tcp_info.retransmits == 0, way
            assert error.tcp_info.segs_out is None, way
            continue
        assert error.tcp_info.segs_out == 1, way
        assert error.tcp_info.segs_in == 0, way
    for way in ("blocking_connect_ex", "second_connect_ex"):
        assert seen[way].number == number, way
    assert seen["asyncio_connect"].error.errno == number
    error = seen["blocking"].error
    lab_table(ROWS[type(error)], f"icmp-{kind}/{code}", version, error)


@every_ignored_code
def test_code_does_not_end_the_connect(inside, version, kind, code):
    ignored = icmp((kind, code), (kind, code), rest=1400)
    script = Script(to_syn=(ignored, syn_ack), delay_ms=15)
    address = inside.host(version, script)

    seen = observe(version, address)

    for way, what in seen.items():
        assert what.error is None, way
        assert what.number in (None, 0), way
        assert what.took >= 0.03, way  # the message was there before


@pytest.mark.parametrize("who", ["router", "far host"])
def test_the_offender_is_who_sent_it(inside, version, who):
    """The message may come from anybody on the way, the peer included."""
    from lab import packets

    def reply(conversation):
        to = conversation.latest
        sender = conversation.router if who == "router" else to.destination
        kind, code = (3, 1) if to.version == 4 else (1, 3)
        return packets.icmp(sender, to, kind, code)

    address = inside.host(version, Script(to_syn=(reply,)))
    seen = observe(version, address, ways=["blocking"])
    expected = ROUTER[version] if who == "router" else address[0]
    assert seen["blocking"].error.origin.offender == expected


def test_ipv4_mapped_address(inside):
    """An IPv6 socket to an IPv4 host: an IPv4 router, by its IPv4 name."""
    import pysock

    script = Script(to_syn=(icmp((3, 10), None),))
    host, port = inside.host(4, script)
    with (
        pysock.socket(FAMILY[6]) as sock,
        pytest.raises(errors.HostUnreachableError) as caught,
    ):
        sock.connect((f"::ffff:{host}", port))
    assert caught.value.origin == Origin("icmp", ROUTER[4], 3, 10)
    assert caught.value.address == (f"::ffff:{host}", port, 0, 0)
