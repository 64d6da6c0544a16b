"""One connect over IPv6 to an address that is not the loopback's.

Arguments: the face, the host, and the timeout in seconds or None.
"""

import contextlib
import os
import sys

face, host, timeout = sys.argv[1:]
if face == "typed":
    import pysock as socket
else:
    import socket
if face == "noted":
    import pysock

    pysock.install()

with contextlib.suppress(OSError):
    os.write(-1, b"elsewhere")  # the chapter; see life.py
with (
    socket.create_server((host, 0), family=socket.AF_INET6) as listener,
    socket.socket(socket.AF_INET6) as client,
):
    client.settimeout(None if timeout == "None" else float(timeout))
    client.connect(listener.getsockname())
    listener.accept()[0].close()
