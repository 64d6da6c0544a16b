"""asyncio's streams: two questions, a failure in between."""

import asyncio
import ssl

REQUEST = b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"


async def ask(reader, writer):
    writer.write(REQUEST)
    await writer.drain()
    await reader.readuntil(b"\r\n\r\n")
    await reader.readexactly(16384)


async def talk(at):
    context = None
    if at.tls:
        context = ssl.create_default_context(cafile=at.ca_file)
    async with asyncio.timeout(at.patience):
        reader, writer = await asyncio.open_connection(
            at.host, at.port, ssl=context
        )
    async with asyncio.timeout(at.patience):
        await ask(reader, writer)
    at.pause()
    async with asyncio.timeout(at.patience):
        await ask(reader, writer)


def client(at):
    asyncio.run(talk(at))
