"""Ask the server a few times: `python client.py [HOW OFTEN]`."""

import socket
import sys

for number in range(int(sys.argv[1]) if len(sys.argv) > 1 else 1):
    with socket.create_connection(("127.0.0.1", 8000), timeout=2) as sock:
        sock.sendall(b"client %d\n" % number)
        answer = sock.recv(100)
print(answer.decode().strip())
