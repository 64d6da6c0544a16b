"""aiohttp: two questions, a failure in between."""

import asyncio
import ssl

import aiohttp


async def talk(at):
    url = f"{'https' if at.tls else 'http'}://{at.host}:{at.port}/"
    context = ssl.create_default_context(cafile=at.ca_file)
    timeout = aiohttp.ClientTimeout(
        sock_connect=at.patience, sock_read=at.patience
    )
    async with aiohttp.ClientSession(timeout=timeout) as session:
        # A GET on a kept connection would be sent again on a new one.
        async with session.post(url, ssl=context) as answer:
            await answer.read()
        at.pause()
        async with session.post(url, ssl=context) as answer:
            await answer.read()


def client(at):
    asyncio.run(talk(at))
