"""What the row of UNIX sockets (37) means."""

from __future__ import annotations

from pysock.errors.failure import Cause

CAUSES = {
    ("37", "UnixConnectError"): (
        "connect: a UNIX socket",
        (
            Cause(
                "unix-not-there",
                "there is no such file: the service does not run, or has its "
                "socket elsewhere",
                "start the service, or correct the path",
            ),
            Cause(
                "unix-refused",
                "nobody listens on the UNIX socket",
                "start the service: a socket's file stays behind when its "
                "service ends",
            ),
            Cause(
                "unix-queue-full",
                "the queue of the UNIX socket is full: its service accepts "
                "too slowly, and a socket with a timeout does not wait",
                "try again shortly; else raise the service's backlog and "
                "net.core.somaxconn",
            ),
            Cause(
                "unix-denied",
                "this user has no permission to write to the UNIX socket, or "
                "to pass a directory above it",
                "`namei -l PATH` shows the permissions all the way",
            ),
            Cause(
                "unix-wrong-type",
                "the UNIX socket is of another type (stream, datagram or "
                "seqpacket) than this one",
                "make the socket with the type of the service's",
            ),
        ),
    ),
}
