"""What every typed failure has to be, beside the standard module's twin."""

import copy
import json
import pickle

from pysock.errors import SocketError, show_address

UNSAID = object()


def caught(call, *args, **kwargs):
    """Run a call that has to fail, and give its exception."""
    try:
        call(*args, **kwargs)
    except OSError as error:
        # Without the frames that it would keep alive.
        return error.with_traceback(None)
    raise AssertionError(f"{call} did not fail")


def check(
    error,
    twin,
    kind,
    *,
    number,
    call,
    group=None,
    address=UNSAID,
    local_address=UNSAID,
    origin=UNSAID,
):
    """Compare a pysock failure with the standard one and with the table.

    Args:
        error: pysock's exception.
        twin: the standard module's for the same failure; `None` where the
            standard module has no such call.
        kind: the class of DESIGN section 4.
        number: the errno.
        call: the method's name.
        group: the grouping base.
        address: the peer; not looked at if left out.
        local_address: this end, likewise.
        origin: `origin.kind`, or `None` for no origin at all.
    """
    assert isinstance(error, SocketError)
    assert type(error).__name__ == kind.__name__
    assert isinstance(error, kind)
    assert error.errno == number
    assert error.call == call
    if group is not None:
        assert isinstance(error, group)
    if address is not UNSAID:
        assert error.address == address
    if local_address is not UNSAID:
        assert error.local_address == local_address
    if origin is not UNSAID:
        assert (error.origin and error.origin.kind) == origin
    if twin is not None:
        check_twin(error, twin)
    check_text(error)
    check_copies(error)
    assert json.loads(json.dumps(error.to_dict()))["errno"] == number
    assert error.__context__ is None
    assert error.__cause__ is None


def check_twin(error, twin):
    assert not isinstance(twin, SocketError), "the twin is not a standard one"
    assert isinstance(error, type(twin))
    assert error.args == twin.args
    assert str(error).startswith(str(twin))
    assert error.strerror == twin.strerror
    if twin.errno is None:
        # The standard module's own timeout has no errno; ours has one.
        assert twin.args == ("timed out",)
    else:
        assert error.errno == twin.errno


def check_text(error):
    here = error.local_address
    # Without a port it says nothing.
    where = error.address or (here if here and here[1] else None)
    shown = f" {show_address(where)}" if where else ""
    assert str(error).endswith(f": {error.call}{shown}")


def check_copies(error):
    """Pickle by every protocol, and copy: all that it carries is kept."""
    copies = [
        pickle.loads(pickle.dumps(error, protocol))
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1)
    ]
    for twin in [*copies, copy.copy(error), copy.deepcopy(error)]:
        assert type(twin) is type(error)
        assert twin.args == error.args
        assert twin.errno == error.errno
        assert twin.strerror == error.strerror
        # A copy has the code that was chosen, whoever reads it.
        assert vars(twin) == {**vars(error), "_code": error.code}
        assert str(twin) == str(error)
        assert twin.to_dict() == error.to_dict()


def check_what_a_blocking_failure_loses(error):
    """The kernel has reset it: it is absent, not 0 and not 0.0.0.0."""
    assert error.local_address is None
    known = {
        name
        for name, value in error.tcp_info.as_dict().items()
        if value is not None
    }
    assert known == {"state", "retransmits"}
