"""asyncio and multiprocessing with pysock's sockets."""

import subprocess
import sys
import textwrap

import pytest

from support import child

SENDS_A_SOCKET = """
    import multiprocessing, sys
    import pysock

    def work(pipe):
        sock = pipe.recv()
        sock.sendall(b"from the other process")
        sock.close()

    def main():
        context = multiprocessing.get_context(sys.argv[1])
        ours, theirs = context.Pipe()
        process = context.Process(target=work, args=(theirs,))
        process.start()
        left, right = pysock.create_server(("127.0.0.1", 0)), None
        client = pysock.create_connection(left.getsockname())
        right, _ = left.accept()
        ours.send(right)
        right.close()
        assert client.recv(100, 0x100) == b"from the other process"
        process.join(20)
        assert process.exitcode == 0
        for sock in (left, client):
            sock.close()

    if __name__ == "__main__":
        main()
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_socket_goes_to_another_process(method, tmp_path):
    script = tmp_path / "sends.py"
    script.write_text(textwrap.dedent(SENDS_A_SOCKET))
    done = subprocess.run(
        [sys.executable, str(script), method],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def test_asyncio_streams():
    child.run(
        """
        import asyncio, pysock

        async def echo(reader, writer):
            writer.write(await reader.readline())
            await writer.drain()
            writer.close()

        async def main():
            listener = pysock.create_server(("127.0.0.1", 0))
            server = await asyncio.start_server(echo, sock=listener)
            sock = pysock.socket()
            sock.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(sock, listener.getsockname())
            reader, writer = await asyncio.open_connection(sock=sock)
            writer.write(b"hello\\n")
            assert await reader.readline() == b"hello\\n"
            writer.close()
            server.close()
            bound = pysock.socket()
            bound.bind(("127.0.0.1", 0))
            sock = pysock.socket()
            sock.setblocking(False)
            try:
                await loop.sock_connect(sock, bound.getsockname())
            except ConnectionRefusedError:
                pass
            sock.close()
            bound.close()

        asyncio.run(main())
        """
    )
