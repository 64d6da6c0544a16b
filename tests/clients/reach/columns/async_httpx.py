"""httpx over asyncio: two questions, a failure in between."""

import asyncio
import ssl

import anyio._backends._asyncio  # noqa: F401 (not in each child)
import httpx


async def talk(at):
    url = f"{'https' if at.tls else 'http'}://{at.host}:{at.port}/"
    context = ssl.create_default_context(cafile=at.ca_file)
    async with httpx.AsyncClient(
        verify=context, timeout=at.patience, trust_env=False
    ) as session:
        await session.get(url)
        at.pause()
        await session.get(url)


def client(at):
    asyncio.run(talk(at))
