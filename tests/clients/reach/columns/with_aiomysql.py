"""aiomysql: two questions, a failure in between."""

import asyncio
import ssl

import aiomysql


async def talk(at):
    context = None
    if at.tls:
        context = ssl.create_default_context(cafile=at.ca_file)
    connection = await aiomysql.connect(
        host=at.host, port=at.port, user="me", connect_timeout=at.patience,
        ssl=context,
    )  # fmt: skip
    async with connection.cursor() as cursor:
        async with asyncio.timeout(at.patience):
            await cursor.execute("select 42")
        at.pause()
        async with asyncio.timeout(at.patience):
            await cursor.execute("select 42")


def client(at):
    asyncio.run(talk(at))
