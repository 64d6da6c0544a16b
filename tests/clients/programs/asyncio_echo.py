"""An unchanged program: asyncio streams, an echo server and its client."""

import asyncio
import socket

import pysock

assert hasattr(socket.socket.connect, "__wrapped__")  # noted


def socket_of(writer):
    return writer.get_extra_info("socket")._sock


async def echo(reader, writer):
    assert type(socket_of(writer)) is socket.socket
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
    await writer.wait_closed()


async def main():
    # A slow machine is no reason for a warning.
    asyncio.get_running_loop().slow_callback_duration = 10
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert type(socket_of(writer)) is socket.socket
        info = pysock.tcp_info(writer.get_extra_info("socket"))
        assert info.state == pysock.TcpState.ESTABLISHED
        sent = b"0123456789abcdef" * 65536
        writer.write(sent)
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(-1), 20) == sent
        writer.close()
        await writer.wait_closed()
    try:
        await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        # Not ours: asyncio reads SO_ERROR and makes the exception itself.
        pass
    else:
        raise AssertionError("the server is closed, and answered")


asyncio.run(main())
print("echoed")
