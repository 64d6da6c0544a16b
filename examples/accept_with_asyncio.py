"""An echo server in asyncio, whose accepting is done by an accept_loop.

    python examples/accept_with_asyncio.py [port]

asyncio's own server accepts one connection at a time and, out of descriptors,
waits for a fixed second. Here `loop.add_reader` calls us when the listener is
readable, and accept_loop takes what is waiting.
"""

import asyncio
import sys

import pysock


class Acceptor:
    """Accept on a listener for as long as the event loop runs."""

    def __init__(self, listener, handle):
        listener.setblocking(False)
        self._listener = listener
        self._handle = handle
        self._loop = asyncio.get_running_loop()
        self._tasks = set()
        self.accepting = pysock.accept_loop(listener)
        self._watch()

    def _watch(self):
        self._loop.add_reader(self._listener, self._readable)

    def _readable(self):
        for sock, _ in self.accepting:  # ends when the queue is empty
            sock.setblocking(False)
            task = self._loop.create_task(self._handle(sock))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        pause = self.accepting.retry_in
        if pause:
            # No descriptor left. The listener stays readable: look away, or
            # this would be a busy loop.
            self._loop.remove_reader(self._listener)
            self._loop.call_later(pause, self._watch)

    def close(self):
        self._loop.remove_reader(self._listener)
        self.accepting.close()


async def echo(sock):
    loop = asyncio.get_running_loop()
    try:
        while data := await loop.sock_recv(sock, 4096):
            await loop.sock_sendall(sock, data)
    except pysock.errors.SocketError as error:
        print(error, file=sys.stderr)
    finally:
        sock.close()


async def main(port):
    with pysock.create_server(("127.0.0.1", port)) as listener:
        print(listener.getsockname()[1], flush=True)
        acceptor = Acceptor(listener, echo)
        try:
            await asyncio.Event().wait()
        finally:
            acceptor.close()
            print(acceptor.accepting.stats, flush=True)


if __name__ == "__main__":
    try:
        asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 0))
    except KeyboardInterrupt:
        pass
