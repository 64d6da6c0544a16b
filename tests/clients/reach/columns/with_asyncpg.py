"""asyncpg: two questions, a failure in between."""

import asyncio
import ssl

import asyncpg


async def talk(at):
    context = False
    if at.tls:
        context = ssl.create_default_context(cafile=at.ca_file)
    connection = await asyncpg.connect(
        host=at.host, port=at.port, user="me", database="ours",
        timeout=at.patience, command_timeout=at.patience, ssl=context,
    )  # fmt: skip
    await connection.execute("select 42")
    at.pause()
    await connection.execute("select 42")


def client(at):
    asyncio.run(talk(at))
