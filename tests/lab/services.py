"""Broken services, each a process of its own, in the caller's namespace.

The scripts are what such services are written like; what is wrong is in the
comment. A process says "ready" and then runs until its `with` block ends.
"""

import contextlib
import subprocess
import sys
import textwrap

from support import keeper

LEAK = """
# It keeps what it has accepted, and never looks at it again.
server = socket.create_server((sys.argv[1], int(sys.argv[2])), family=family)
ready()
kept = []
while True:
    kept.append(server.accept())
"""

FULL = """
# It listens, and is busy with something else.
server = socket.create_server(
    (sys.argv[1], int(sys.argv[2])), family=family, backlog=1)
ready()
hang()
"""

SLOW_READER = """
# It accepts, and does not read.
server = socket.create_server((sys.argv[1], int(sys.argv[2])), family=family)
ready()
kept = [server.accept()[0] for _ in range(1)]
hang()
"""

WRITER = """
client = socket.create_connection((sys.argv[1], int(sys.argv[2])))
ready()
while True:
    client.sendall(bytes(100_000))
"""

SINK = """
server = socket.create_server((sys.argv[1], int(sys.argv[2])), family=family)
ready()
connection = server.accept()[0]
while connection.recv(100_000):
    pass
"""

THINKER = """
# It reads the request, and never answers.
server = socket.create_server((sys.argv[1], int(sys.argv[2])), family=family)
ready()
connection = server.accept()[0]
connection.recv(1000)
hang()
"""

ASKER = """

def fetch(where):
    with socket.create_connection(where) as client:
        client.sendall(b"GET / HTTP/1.0\\r\\n\\r\\n")
        ready()
        # No timeout.
        return client.recv(1000)

fetch((sys.argv[1], int(sys.argv[2])))
"""

GREEDY = """
# It opens connections, and gives none back.
kept = []
for _ in range(int(sys.argv[3])):
    kept.append(socket.create_connection((sys.argv[1], int(sys.argv[2]))))
ready()
hang()
"""

HANGS_UP = """
# It closes without reading the request: the client gets a RST.
server = socket.create_server((sys.argv[1], int(sys.argv[2])), family=family)
ready()
while True:
    connection = server.accept()[0]
    while not connection.recv(1, socket.MSG_PEEK):
        pass
    connection.close()
"""

CALLER = """
ready()
while True:
    with socket.socket(family) as client:
        client.settimeout(5)
        try:
            client.connect((sys.argv[1], int(sys.argv[2])))
            client.sendall(b"hello")
            client.recv(1)
        except OSError:
            pass
    threading.Event().wait(float(sys.argv[3]))
"""

ECHO = """
def serve(connection):
    with connection:
        while data := connection.recv(65536):
            connection.sendall(data)
server = socket.create_server(
    (sys.argv[1], int(sys.argv[2])), family=family, backlog=512)
ready()
while True:
    connection = server.accept()[0]
    threading.Thread(target=serve, args=(connection,), daemon=True).start()
"""

BUSY = """
# Each of its threads keeps one connection, and opens another now and then.
where = sys.argv[1], int(sys.argv[2])

def ask(client):
    client.sendall(b"x" * 5000)
    left = 5000
    while left:
        left -= len(client.recv(left))

def work():
    with socket.create_connection(where) as kept:
        while True:
            ask(kept)
            with socket.create_connection(where) as client:
                ask(client)

for _ in range(4):
    threading.Thread(target=work, daemon=True).start()
idle = [socket.create_connection(where) for _ in range(20)]
for client in idle:
    ask(client)
ready()
hang()
"""

_START = """
import signal, socket, sys, threading
family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
def ready():
    print("ready", flush=True)
def hang():
    while True:
        signal.pause()
"""


@contextlib.contextmanager
def service(script, *words):
    """Run one until the block ends; its process number."""
    running = subprocess.Popen(
        [
            *keeper.WHILE_WE_LIVE,
            sys.executable,
            "-c",
            _START + textwrap.dedent(script),
            *map(str, words),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    with running:
        try:
            assert running.stdout.readline() == "ready\n"
            yield running.pid
        finally:
            running.kill()
