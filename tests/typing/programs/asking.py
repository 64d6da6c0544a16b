"""What pysock has beyond the standard module, and its types."""

from typing import Any, assert_type

import pysock
from pysock import errors, raw, sock_diag


def looked_at(sock: pysock.socket, listener: pysock.socket) -> None:
    info = sock.tcp_info()
    assert_type(info, pysock.TcpInfo)
    assert_type(info.rtt_us, int | None)
    assert_type(info.state, pysock.TcpState | None)
    assert_type(sock.recv_exactly(4), bytes)
    queue = listener.listen_queue()
    assert_type(queue.length, int)
    assert_type(queue.limit, int)
    assert_type(listener.accept_many(8), list[tuple[pysock.socket, Any]])
    assert_type(pysock.tcp_info(3), pysock.TcpInfo)
    assert_type(raw.tcp_info(3), pysock.TcpInfo)


def failed() -> str:
    try:
        pysock.create_connection(("127.0.0.1", 9), deadline=2.0)
    except errors.ConnectTimeoutError as error:
        # Each class is the builtin's too.
        builtin: TimeoutError = error
        assert_type(error.tcp_info, pysock.TcpInfo | None)
        return str(builtin)
    except errors.ConnectError as error:
        assert_type(error.code, str)
        assert_type(error.origin, errors.Origin | None)
        assert_type(error.to_dict(), dict[str, Any])
        return error.code
    except errors.PeerResetError as error:
        reset: ConnectionResetError = error
        if error.delivery is not None:
            assert_type(error.delivery.verdict, str)
        return str(reset)
    return ""


def noted() -> str:
    pysock.install(asyncio=False, hooks=True)
    try:
        raise OSError
    except OSError as error:
        assert_type(pysock.details(error), errors.SocketError | None)
        explanation = pysock.why(error)
        assert_type(explanation, pysock.Explanation | None)
        return explanation.why if explanation else ""
    finally:
        pysock.uninstall()


def on_failure(failure: errors.SocketError) -> None:
    print(failure.code)


def loops(listener: pysock.socket) -> None:
    pysock.on_failure(on_failure)
    with pysock.accept_loop(listener, batch=16) as loop:
        assert_type(loop, pysock.AcceptLoop)
        for sock, _ in loop:
            assert_type(sock, pysock.socket)
    for result in pysock.connect_many([("127.0.0.1", 9)], timeout=1):
        assert_type(result, pysock.ConnectResult)
        assert_type(result.error, errors.SocketError | None)
    for entry in sock_diag.sockets():
        assert_type(entry.tcp_info, pysock.TcpInfo | None)
