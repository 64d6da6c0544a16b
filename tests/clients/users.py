"""Clients that nobody here wrote, each in a process of its own.

    python users.py CLIENT HOST PORT FOLDER

connects, does one thing, prints `ready`, and does it once more for each line
on stdin. What comes of it is printed as JSON. Under `pysock run` the script
is the same; only what `pysock.why()` says is added.
"""

import json
import os
import sys
import traceback

PATIENCE = 2.0  # seconds; the whole ones are for clients that take no less


def redis_plain(host, port, folder):
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    client = redis.Redis(
        host=host, port=port, socket_timeout=PATIENCE,
        socket_connect_timeout=PATIENCE, retry=Retry(NoBackoff(), 0),
    )  # fmt: skip

    def use():
        client.set("key", "value")
        return client.get("key"), client.ping(), client.incrby("n", 0)

    return use


def redis_without_hiredis(host, port, folder):
    sys.modules["hiredis"] = None
    import redis

    assert not redis.utils.HIREDIS_AVAILABLE
    return redis_plain(host, port, folder)


def kombu(host, port, folder):
    from kombu import Connection

    connection = Connection(
        f"amqp://guest:guest@{host}:{port}//",
        connect_timeout=PATIENCE * 5,
        transport_options={"read_timeout": 5, "write_timeout": 5},
    )

    def use():
        with connection.channel() as channel:
            channel.exchange_declare("pysock", "fanout", durable=False)
            return connection.connected

    return use


def requests_session(host, port, folder):
    import requests

    session = requests.Session()
    session.trust_env = False

    def use():
        answer = session.get(f"http://{host}:{port}/", timeout=PATIENCE)
        return answer.status_code, answer.text

    return use


def urllib3_pool(host, port, folder):
    import urllib3

    pool = urllib3.HTTPConnectionPool(
        host, port, timeout=PATIENCE, retries=False
    )
    return lambda: pool.request("GET", "/").data.decode()


def httpx_client(host, port, folder):
    import httpx

    client = httpx.Client(timeout=PATIENCE, trust_env=False)
    return lambda: client.get(f"http://{host}:{port}/").text


def aiohttp_client(host, port, folder):
    import asyncio

    import aiohttp

    runner = asyncio.Runner()

    async def make():
        timeout = aiohttp.ClientTimeout(total=PATIENCE)
        return aiohttp.ClientSession(timeout=timeout)

    session = runner.run(make())

    async def get():
        async with session.get(f"http://{host}:{port}/") as answer:
            return answer.status, await answer.text()

    return lambda: runner.run(get())


def pg8000_client(host, port, folder):
    import pg8000.native

    kept = []

    def use():
        if not kept:
            kept.append(
                pg8000.native.Connection(
                    "postgres", host=host, port=port, timeout=PATIENCE
                )
            )
        return kept[0].run("select 6 * 7, :who", who="me")

    return use


def pymysql_client(host, port, folder):
    import pymysql

    kept = []

    def use():
        if not kept:
            kept.append(
                pymysql.connect(
                    host=host, port=port, user="root",
                    connect_timeout=int(PATIENCE), read_timeout=int(PATIENCE),
                    password="",
                )
            )  # fmt: skip
        with kept[0].cursor() as cursor:
            cursor.execute("select 6 * 7")
            return cursor.fetchall()

    return use


def pymemcache_client(host, port, folder):
    from pymemcache.client.base import Client

    client = Client(
        (host, port), connect_timeout=PATIENCE, timeout=PATIENCE,
        no_delay=True,
    )  # fmt: skip

    def use():
        client.set("key", "value", noreply=False)
        return client.get("key")

    return use


def paramiko_client(host, port, folder):
    import paramiko

    kept = []

    def use():
        if not kept:
            client = paramiko.SSHClient()
            client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
            client.connect(
                host, port, username="root",
                key_filename=f"{folder}/user",
                timeout=PATIENCE, banner_timeout=PATIENCE,
                auth_timeout=PATIENCE * 5, allow_agent=False,
                look_for_keys=False,
            )  # fmt: skip
            kept.append(client)
        else:
            # Its thread notices an end when it will; before or during the
            # next command are two exceptions.
            kept[0].get_transport().join(PATIENCE)
        _, out, _ = kept[0].exec_command("echo hello", timeout=PATIENCE)
        return out.read()

    return use


def websockets_client(host, port, folder):
    from websockets.sync.client import connect

    kept = []

    def use():
        if not kept:
            kept.append(connect(
                f"ws://{host}:{port}/", open_timeout=PATIENCE,
                close_timeout=PATIENCE, proxy=None,
            ))  # fmt: skip
        kept[0].send("hello")
        return kept[0].recv(timeout=PATIENCE)

    return use


def boto3_client(host, port, folder):
    import boto3
    from botocore.config import Config

    client = boto3.client(
        "s3", endpoint_url=f"http://{host}:{port}", region_name="here",
        aws_access_key_id="a", aws_secret_access_key="b",
        config=Config(
            connect_timeout=PATIENCE, read_timeout=PATIENCE,
            retries={"max_attempts": 0},
        ),
    )  # fmt: skip
    return lambda: [b["Name"] for b in client.list_buckets()["Buckets"]]


CLIENTS = {
    "aiohttp": aiohttp_client,
    "boto3": boto3_client,
    "httpx": httpx_client,
    "kombu": kombu,
    "paramiko": paramiko_client,
    "pg8000": pg8000_client,
    "pymemcache": pymemcache_client,
    "pymysql": pymysql_client,
    "redis": redis_plain,
    "redis without hiredis": redis_without_hiredis,
    "requests": requests_session,
    "urllib3": urllib3_pool,
    "websockets": websockets_client,
}


def outcome(use):
    """What came of using a client once."""
    try:
        return {"result": repr(use())}
    except Exception as error:
        classes = []
        link = error
        while link is not None and len(classes) < 10:
            errno = getattr(link, "errno", None)
            kind = type(link)
            classes.append(
                [f"{kind.__module__}.{kind.__qualname__}", str(link), errno]
            )
            link = link.__cause__ or (
                None if link.__suppress_context__ else link.__context__
            )
        said = None
        if "pysock" in sys.modules:
            said = sys.modules["pysock"].why(error)
        shown = "".join(traceback.format_exception(error))
        return {
            "classes": classes,
            "code": None if said is None else said.code,
            "why": None if said is None else said.why,
            "noted": "  code  " in shown,
        }


def main(name, host, port, folder):
    use = CLIENTS[name](host, int(port), folder)
    print(json.dumps(outcome(use)), flush=True)
    for _ in sys.stdin:
        print(json.dumps(outcome(use)), flush=True)
    # What a client's threads and loops do at the end is not looked at.
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
