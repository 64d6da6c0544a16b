"""trio: two questions, a failure in between."""

import ssl

import trio

REQUEST = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"


async def ask(stream):
    await stream.send_all(REQUEST)
    answer = b""
    while len(answer) < 16384:
        part = await stream.receive_some()
        if not part:
            raise EOFError("the server closed the connection")
        answer += part


async def talk(at):
    with trio.fail_after(at.patience):
        stream = await trio.open_tcp_stream(at.host, at.port)
        if at.tls:
            context = ssl.create_default_context(cafile=at.ca_file)
            stream = trio.SSLStream(stream, context, server_hostname=at.host)
    with trio.fail_after(at.patience):
        await ask(stream)
    at.pause()
    with trio.fail_after(at.patience):
        await ask(stream)


def client(at):
    trio.run(talk, at)
