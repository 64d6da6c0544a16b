"""redis-py over asyncio: two questions, a failure in between."""

import asyncio

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff


async def talk(at):
    tls = {"ssl": True, "ssl_ca_certs": at.ca_file} if at.tls else {}
    server = redis.asyncio.Redis(
        host=at.host, port=at.port, socket_timeout=at.patience, protocol=2,
        socket_connect_timeout=at.patience, retry=Retry(NoBackoff(), 0),
        lib_name=None, lib_version=None, **tls,
    )  # fmt: skip
    async with server:
        await server.get("key")
        at.pause()
        await server.get("key")


def client(at):
    asyncio.run(talk(at))
