"""Greet whoever comes: a thread for each, and an end for each."""

import socket
from threading import Thread


def greet(connection):
    with connection:
        connection.settimeout(10)
        name = connection.recv(100)
        connection.sendall(b"hello " + name)


listener = socket.create_server(("127.0.0.1", 8000), backlog=128)
while True:
    connection, _ = listener.accept()
    Thread(target=greet, args=(connection,), daemon=True).start()
