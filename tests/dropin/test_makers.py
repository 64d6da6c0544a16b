"""tcp_info() of anything, and what the module's functions make."""

import asyncio
import errno
import os
import socket

import pytest

import pysock
from pysock import TcpState, errors
from support.failure_check import caught, check
from support.loopback import IPV4, pair_of
from support.requirements import skip_or_fail


def test_tcp_info_of_anything_with_a_descriptor():
    with pair_of(socket, IPV4) as (client, _):
        for thing in (client, client.fileno(), client.makefile("rb")):
            assert pysock.tcp_info(thing).state == TcpState.ESTABLISHED
            if hasattr(thing, "readable"):
                thing.close()


def test_tcp_info_of_an_asyncio_transport():
    async def ask():
        server = await asyncio.start_server(
            lambda reader, writer: writer.close(), "127.0.0.1", 0
        )
        async with server:
            address = server.sockets[0].getsockname()
            listening = pysock.tcp_info(server.sockets[0])
            _, writer = await asyncio.open_connection(*address)
            info = pysock.tcp_info(writer.get_extra_info("socket"))
            writer.close()
            await writer.wait_closed()
        return listening, info

    listening, info = asyncio.run(ask())
    assert listening.is_listening
    assert info.was_established


@pytest.mark.parametrize("kind", ["file", "pipe", "directory", "device"])
def test_tcp_info_of_no_socket_names_it(kind, tmp_path):
    (tmp_path / "file").touch()
    reader = writer = None
    if kind == "pipe":
        reader, writer = os.pipe()
        fd = os.dup(reader)
    else:
        path = {
            "file": tmp_path / "file",
            "directory": tmp_path,
            "device": "/dev/null",
        }[kind]
        fd = os.open(path, os.O_RDONLY)
    try:
        error = caught(pysock.tcp_info, fd)
        check(
            error,
            None,
            errors.NotTcpError,
            number=errno.ENOTSOCK,
            call="tcp_info",
            origin="caller",
        )
        assert f"fd {fd} is a" in str(error)
        assert kind in str(error)
    finally:
        os.close(fd)
        for end in (reader, writer):
            if end is not None:
                os.close(end)


def dead_descriptor():
    fd = os.open("/dev/null", os.O_RDONLY)
    os.close(fd)
    return fd


def test_tcp_info_of_a_dead_descriptor_names_it():
    fd = dead_descriptor()
    error = caught(pysock.tcp_info, fd)
    check(
        error,
        None,
        errors.ClosedSocketError,
        number=errno.EBADF,
        call="tcp_info",
        origin="caller",
    )
    assert f"fd {fd} is not open" in str(error)


@pytest.mark.parametrize("fd", [-1, -5, 2**31 - 1])
def test_tcp_info_of_an_impossible_descriptor(fd):
    assert type(caught(pysock.tcp_info, fd)) is errors.ClosedSocketError


@pytest.mark.parametrize("fd", [2**31, 2**64, -(2**40)])
def test_tcp_info_of_a_number_that_is_no_int_of_c(fd):
    with pytest.raises(OverflowError):
        pysock.tcp_info(fd)


@pytest.mark.parametrize("thing", ["3", None, 1.0, b"3", [3], object()])
def test_tcp_info_of_something_else_names_it(thing):
    with pytest.raises(TypeError, match=type(thing).__name__):
        pysock.tcp_info(thing)


def test_makers_make_pysock_sockets():
    with pysock.create_server(("127.0.0.1", 0)) as server:
        with pysock.create_connection(server.getsockname()) as client:
            accepted, address = server.accept()
            assert address == client.getsockname()
            with accepted, client.dup() as twin:
                made = [server, client, accepted, twin]
                assert {type(sock) for sock in made} == {pysock.socket}
                assert not any(sock.get_inheritable() for sock in made)
        fd = os.dup(server.fileno())
        other = pysock.fromfd(fd, socket.AF_INET, socket.SOCK_STREAM)
        os.close(fd)
        with other:
            assert type(other) is pysock.socket
    left, right = pysock.socketpair()
    with left, right:
        assert type(left) is type(right) is pysock.socket


def test_dualstack_server():
    if not pysock.has_dualstack_ipv6():
        skip_or_fail("no dual-stack IPv6 here")
    with pysock.create_server(
        ("", 0), family=socket.AF_INET6, dualstack_ipv6=True
    ) as server:
        port = server.getsockname()[1]
        with pysock.create_connection(("127.0.0.1", port)) as client:
            sock, address = server.accept()
            with sock:
                assert address[0] == "::ffff:127.0.0.1"
                assert sock.getpeername() == address
                assert client.getsockname()[1] == address[1]
