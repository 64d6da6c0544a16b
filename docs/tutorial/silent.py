"""Clients that connect and say nothing, for a minute."""

import socket
import time

clients = [socket.create_connection(("127.0.0.1", 8000)) for _ in range(6)]
time.sleep(60)
