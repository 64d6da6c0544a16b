"""What a type checker has to object to, each line with its objection."""

import pysock
from pysock import errors


def mistaken(sock: pysock.socket) -> None:
    sock.tcp_info().rtt_us + 1  # expected: operator
    print(sock.tcp_info().rtt_ms)  # expected: attr-defined
    sock.recv("10")  # expected: arg-type
    sock.recv_exactly(b"4")  # expected: arg-type
    pysock.create_connection(("h", 1), deadline="2")  # expected: arg-type
    pysock.install(http=True)  # expected: call-arg
    pysock.why("text")  # expected: arg-type
    pysock.on_failure(1)  # expected: arg-type
    print(pysock.sock_diagg)  # expected: attr-defined
    print(errors.ConnectRefused)  # expected: attr-defined
