"""Without TCP_INFO, netlink, /proc or files: as ever, and less to say."""

import json
from functools import cache
from pathlib import Path

import pytest

from support import child
from support.requirements import skip_or_fail
from support.sandbox import SANDBOXES

# Each call fails, once with the standard module and once with pysock.
SCRIPT = """
    import contextlib, io, json, os, socket, sys, time, traceback
    import inspect  # 3.15's ExitStack asks for it late
    import pysock
    from support import sandbox
    from support.loopback import (
        IPV4, listen, pair_of, refusing, reset, wait_readable,
    )

    def refused(module, stack):
        where = stack.enter_context(refusing(IPV4))
        sock = stack.enter_context(module.socket())
        sock.connect(where)

    def begun(module, stack):
        where = stack.enter_context(refusing(IPV4))
        sock = stack.enter_context(module.socket())
        sock.setblocking(False)
        sock.connect_ex(where)
        wait_readable(sock)
        return sock

    def refused_seen_by_recv(module, stack):
        begun(module, stack).recv(1)

    def refused_seen_by_send(module, stack):
        begun(module, stack).send(b"x")

    def refused_seen_by_connect(module, stack):
        sock = begun(module, stack)
        sock.connect(("127.0.0.1", 9))

    def pair(module, stack):
        return stack.enter_context(pair_of(module, IPV4))

    def reset_by_peer(module, stack):
        client, server = pair(module, stack)
        reset(server)
        client.recv(1)

    def broken_pipe(module, stack):
        client, server = pair(module, stack)
        reset(server)
        with contextlib.suppress(OSError):
            client.recv(1)
        client.send(b"x")

    def after_shutdown(module, stack):
        client, server = pair(module, stack)
        client.shutdown(socket.SHUT_WR)
        client.send(b"x")

    def timed_out(module, stack):
        client, server = pair(module, stack)
        client.settimeout(0.01)
        client.recv(1)

    def would_block(module, stack):
        client, server = pair(module, stack)
        client.settimeout(0)
        client.recv(1)

    def nobody_comes(module, stack):
        sock = stack.enter_context(listen(module, IPV4))
        sock.settimeout(0.01)
        sock.accept()

    def not_connected(module, stack):
        stack.enter_context(module.socket()).recv(1)

    def shutdown_unconnected(module, stack):
        stack.enter_context(module.socket()).shutdown(2)

    def taken(module, stack):
        sock = stack.enter_context(listen(module, IPV4))
        stack.enter_context(module.socket()).bind(sock.getsockname())

    def closed(module, stack):
        sock = stack.enter_context(module.socket())
        sock.close()
        sock.recv(1)

    def batches(module):
        with listen(module, IPV4) as sock:
            clients = []
            for _ in range(5):
                clients.append(socket.socket())
                clients[-1].connect(sock.getsockname())
            if module is socket:
                accepted = [sock.accept() for _ in clients]
            else:
                accepted = sock.accept_many(2)
                with module.accept_loop(sock) as loop:
                    for _ in range(3):
                        accepted.append(next(loop))
            names = [address for _, address in accepted]
            assert names == [c.getsockname() for c in clients]
            for sock in clients + [sock for sock, _ in accepted]:
                sock.close()

    CALLS = [
        refused, refused_seen_by_recv, refused_seen_by_send,
        refused_seen_by_connect, reset_by_peer, broken_pipe, after_shutdown,
        timed_out, would_block, nobody_comes, not_connected,
        shutdown_unconnected, taken, closed,
    ]
    pysock.accept_loop  # loaded when it is first asked for
    sandbox.SANDBOXES[sys.argv[1]]()
    said = {}
    for call in CALLS:
        for module in (socket, pysock):
            with contextlib.ExitStack() as stack:
                try:
                    call(module, stack)
                except OSError as exc:
                    error = exc
                else:
                    raise AssertionError(call)
            if module is socket:
                theirs = error
                continue
            assert isinstance(error, type(theirs)), (call, error)
            assert error.args == theirs.args, (call, error, theirs)
            text = "".join(traceback.format_exception(error))
            assert type(error).__name__ in text
            assert error.explain().why and error.to_dict()
            kinds = [kind.__name__ for kind in type(error).__mro__]
            said[call.__name__] = kinds
    batches(socket)
    batches(pysock)
    print(json.dumps(said))
"""


@cache
def run_in(sandbox):
    return child.run(
        SCRIPT,
        sandbox,
        env={"PYTHONPATH": str(Path(__file__).parent.parent)},
        check=False,
    )


@pytest.mark.parametrize("sandbox", SANDBOXES)
def test_no_wrong_class_and_the_standard_arguments(sandbox):
    done = run_in(sandbox)
    if "Operation not permitted" in done.stderr and not done.stdout:
        skip_or_fail(f"no right to make this sandbox: {done.stderr[-200:]}")
    assert done.returncode == 0, done.stderr
    free = json.loads(run_in("nothing").stdout)
    confined = json.loads(done.stdout)
    for call, kinds in confined.items():
        # The same class, a more general one, or all that the call itself
        # says; no other one.
        general = [*free[call], "TransferError"]
        assert kinds[0] in general, f"{call}: {kinds[0]}"
