"""redis: two questions, a failure in between."""

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry


def client(at):
    tls = {"ssl": True, "ssl_ca_certs": at.ca_file} if at.tls else {}
    server = redis.Redis(
        at.host, at.port, socket_timeout=at.patience, protocol=2,
        socket_connect_timeout=at.patience, retry=Retry(NoBackoff(), 0),
        lib_name=None, lib_version=None, **tls,
    )  # fmt: skip
    server.get("key")
    at.pause()
    server.get("key")
