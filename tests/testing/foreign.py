"""Clients that other people wrote, each asked for one thing."""

import asyncio
import contextlib
import http.client
import ssl

import aiohttp
import pymysql
import redis
import requests
from redis.backoff import NoBackoff
from redis.retry import Retry

PATIENCE_S = 0.3  # whole seconds for pymysql


def http_client(address):
    """The standard library's."""
    if address.scheme == "http":
        client = http.client.HTTPConnection(*address, timeout=PATIENCE_S)
    else:
        context = ssl.create_default_context(cafile=address.ca_file)
        client = http.client.HTTPSConnection(
            *address, timeout=PATIENCE_S, context=context
        )
    with contextlib.closing(client):
        client.request("GET", "/")
        return client.getresponse().read()


def https_client(address):
    """The standard library's, which speaks TLS to whatever is there."""
    client = http.client.HTTPSConnection(*address, timeout=PATIENCE_S)
    with contextlib.closing(client):
        client.request("GET", "/")
        return client.getresponse().read()


def requests_get(address):
    with requests.Session() as session:
        session.trust_env = False
        trusted = address.ca_file or True
        answer = session.get(address.url, timeout=PATIENCE_S, verify=trusted)
        return answer.content


def aiohttp_get(address):
    timeout = aiohttp.ClientTimeout(
        sock_connect=PATIENCE_S, sock_read=PATIENCE_S
    )
    context = ssl.create_default_context(cafile=address.ca_file)

    async def get():
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.get(address.url, ssl=context) as answer,
        ):
            return await answer.read()

    return asyncio.run(get())


def redis_ping(address):
    client = redis.Redis(
        *address,
        socket_timeout=PATIENCE_S,
        socket_connect_timeout=PATIENCE_S,
        retry=Retry(NoBackoff(), 0),
    )
    with client:
        return client.ping()


def pymysql_connect(address):
    pymysql.connect(
        host=address.host,
        port=address.port,
        user="nobody",
        connect_timeout=1,
        read_timeout=1,
    ).close()
