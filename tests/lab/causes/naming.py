"""Names that do not resolve, and why."""

from lab import resolver
from lab.causes.cause import Cause

NAME = "www.example.test"


def _answered(answer):
    def make(meeting):
        def ask():
            sock = meeting.sock()
            sock.settimeout(5)
            return meeting.caught(sock.connect, (NAME, 80))

        return resolver.asking(answer, ask)

    return make


def _port_name(meeting):
    return meeting.caught(
        meeting.face.module.create_connection, ("127.0.0.1", "no-such-port")
    )


def _other_family(meeting):
    host = {4: "::1", 6: "127.0.0.1"}[meeting.version]
    return meeting.caught(meeting.sock().connect, (host, 80))


_ONCE = {"versions": (4,), "modes": ("timeout",)}

CAUSES = (
    Cause(
        "no such name", _answered(resolver.NO_SUCH_NAME), "name-not-found",
        **_ONCE,
    ),
    Cause(
        "a name without an address", _answered(resolver.NO_DATA),
        "name-not-found", **_ONCE,
    ),
    Cause(
        "no name server answers", _answered(resolver.SILENT),
        "name-no-answer", says=("no answer",), **_ONCE,
    ),
    Cause(
        "a name server says SERVFAIL", _answered(resolver.SERVER_FAILED),
        "name-server-failed", near=True, never=("no answer",), **_ONCE,
    ),
    Cause(
        "a name server says REFUSED", _answered(resolver.REFUSED),
        "name-server-failed", near=True, never=("no answer",), **_ONCE,
    ),
    Cause(
        "nobody serves names there", _answered(resolver.NOBODY),
        "name-server-failed", near=True, never=("no answer",), **_ONCE,
    ),
    Cause(
        "a port's name that nobody knows", _port_name, "name-invalid",
        near=True, never=("no address",), **_ONCE,
    ),
    Cause(
        "an address of the other family", _other_family, "name-invalid",
        near=True, never=("no address",), modes=("timeout",),
    ),
)  # fmt: skip
