"""Greet whoever comes. It has two mistakes: find them."""

import socket

listener = socket.create_server(("127.0.0.1", 8000), backlog=4)
greeted = []
while True:
    connection, _ = listener.accept()
    name = connection.recv(100)
    connection.sendall(b"hello " + name)
    greeted.append(connection)
