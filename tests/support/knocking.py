"""Connections that are started and left alone, answered or not."""

import socket


def knock(address, count):
    """Start connections and let them be, answered or not."""
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    clients = []
    for _ in range(count):
        client = socket.socket(family)
        client.setblocking(False)
        client.connect_ex(address)
        clients.append(client)
    return clients


def close_all(socks):
    for sock in socks:
        sock.close()
