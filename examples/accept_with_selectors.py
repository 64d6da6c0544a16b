"""An echo server in a `selectors` loop, on a non-blocking accept_loop.

    python examples/accept_with_selectors.py [port]

It prints its address, echoes until Ctrl-C, and then prints what it counted.
"""

import selectors
import sys
import time

import pysock


def serve(listener):
    selector = selectors.DefaultSelector()
    listener.setblocking(False)
    resume_at = None
    with pysock.accept_loop(listener) as loop:
        selector.register(listener, selectors.EVENT_READ)
        try:
            while True:
                wait = None
                if resume_at is not None:
                    wait = max(0.0, resume_at - time.monotonic())
                for key, _ in selector.select(wait):
                    if key.fileobj is listener:
                        # Ends when the queue is empty.
                        for sock, _ in loop:
                            sock.setblocking(False)
                            selector.register(sock, selectors.EVENT_READ)
                    else:
                        echo(selector, key.fileobj)
                if loop.retry_in and resume_at is None:
                    # No descriptor left. The listener stays readable: look
                    # away, or this would be a busy loop.
                    selector.unregister(listener)
                    resume_at = time.monotonic() + loop.retry_in
                elif resume_at is not None and time.monotonic() >= resume_at:
                    selector.register(listener, selectors.EVENT_READ)
                    resume_at = None
        except KeyboardInterrupt:
            print(loop.stats, flush=True)
        finally:
            for key in list(selector.get_map().values()):
                key.fileobj.close()
            selector.close()


def echo(selector, sock):
    try:
        data = sock.recv(4096)
        if data:
            # Enough for an example: a real server keeps what does not fit.
            sock.send(data)
            return
    except pysock.errors.SocketError as error:
        print(error, file=sys.stderr)
    selector.unregister(sock)
    sock.close()


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    with pysock.create_server(("127.0.0.1", port)) as server:
        print(server.getsockname()[1], flush=True)
        serve(server)
