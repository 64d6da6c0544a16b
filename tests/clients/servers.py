"""Real servers of other projects, started on ports of their own.

Debian's packages have them; each runs in a folder of its own, as whoever its
makers insist on, under a keeper that ends it.
"""

import contextlib
import functools
import os
import pwd
import shutil
import socket
import subprocess
import sys
from pathlib import Path

from support import keeper
from support.answering import listens
from support.requirements import skip_or_fail

# Seconds until a server answers: rabbitmq takes 10 on a busy machine.
_PATIENCE = 120

# Where Debian keeps what is not for everybody's PATH.
_FOLDERS = ("/usr/sbin", "/usr/lib/postgresql/*/bin", "/usr/lib/rabbitmq/bin")


def find(program):
    """The path of a server's program; skips where there is none."""
    found = shutil.which(program)
    for pattern in _FOLDERS:
        for folder in Path("/").glob(pattern[1:]):
            found = found or shutil.which(program, path=str(folder))
    if found is None:
        skip_or_fail(f"{program} is not installed")
    return found


def free_port():
    [port] = free_ports(1)
    return port


def free_ports(count):
    """So many ports that nobody has, no two the same."""
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(socket.socket()) for _ in range(count)]
        for sock in socks:
            sock.bind(("127.0.0.1", 0))
        return [sock.getsockname()[1] for sock in socks]


@contextlib.contextmanager
def process(command, port, *, user=None, folder=None, env=None, starts=1):
    """Run a server until the block ends; it listens on the port by then.

    `starts`: so often it is started, if it ends by itself with status 0, as
    Erlang does on a machine too busy for its own timeouts.
    """
    server = _start(command, user, folder, env)
    try:
        while not listens(server, port, _PATIENCE):
            said = (folder / "log").read_text()[-2000:]
            ended = f"{command[0]} ended {server.returncode}: {said}"
            assert starts > 1, ended
            assert server.returncode == 0, ended
            starts -= 1
            keeper.end(server)
            server = _start(command, user, folder, env)
        yield ("127.0.0.1", port)
    finally:
        keeper.end(server)


def _start(command, user, folder, env):
    if user is not None:
        entry = pwd.getpwnam(user)
        user = (entry.pw_uid, entry.pw_gid) if os.getuid() == 0 else None
    with (folder / "log").open("w") as log:
        return keeper.start(
            command, user=user, stdout=log, stderr=log,
            cwd=folder, env={**os.environ, **(env or {})},
        )  # fmt: skip


def _given_to(user, folder):
    if os.getuid() == 0:
        shutil.chown(folder, user)


@contextlib.contextmanager
def redis(folder):
    port = free_port()
    command = [
        find("redis-server"), "--port", port, "--bind", "127.0.0.1",
        "--save", "", "--dir", folder,
    ]  # fmt: skip
    with process(command, port, folder=folder) as address:
        yield address


@contextlib.contextmanager
def memcached(folder):
    port = free_port()
    command = [find("memcached"), "-l", "127.0.0.1", "-p", port, "-U", "0"]
    if os.getuid() == 0:
        command += ["-u", "nobody"]
    with process(command, port, folder=folder) as address:
        yield address


@contextlib.contextmanager
def postgresql(folder):
    port, data = free_port(), folder / "data"
    _given_to("postgres", folder)
    initdb, server = find("initdb"), find("postgres")
    options = {"user": "postgres"} if os.getuid() == 0 else {}
    subprocess.run(
        [initdb, "-D", data, "-U", "postgres", "--auth=trust", "--no-sync"],
        check=True, capture_output=True, cwd=folder, **options,
    )  # fmt: skip
    command = [server, "-D", data, "-p", port, "-k", folder, "-F"]
    with process(command, port, folder=folder, user="postgres") as address:
        yield address


@contextlib.contextmanager
def mariadb(folder):
    port, data = free_port(), folder / "data"
    _given_to("mysql", folder)
    subprocess.run(
        [find("mariadb-install-db"), f"--datadir={data}", "--user=mysql",
         "--auth-root-authentication-method=normal", "--skip-test-db"],
        check=True, capture_output=True, cwd=folder,
    )  # fmt: skip
    command = [
        find("mariadbd"), "--no-defaults", f"--datadir={data}",
        f"--port={port}", "--bind-address=127.0.0.1",
        f"--socket={folder}/socket", "--user=mysql",
        f"--pid-file={folder}/pid",
    ]  # fmt: skip
    with process(command, port, folder=folder) as address:
        yield address


@contextlib.contextmanager
def nginx(folder):
    port = free_port()
    (folder / "index.html").write_text("hello\n")
    settings = folder / "nginx.conf"
    user = "user root;" if os.getuid() == 0 else ""
    settings.write_text(f"""
        {user}
        daemon off; pid {folder}/pid; error_log {folder}/error.log;
        events {{}}
        http {{
            access_log off;
            client_body_temp_path {folder}/a; proxy_temp_path {folder}/b;
            fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d;
            scgi_temp_path {folder}/e;
            server {{ listen 127.0.0.1:{port}; root {folder}; }}
        }}
    """)
    command = [find("nginx"), "-p", folder, "-c", settings]
    with process(command, port, folder=folder) as address:
        yield address


@contextlib.contextmanager
def sshd(folder):
    port = free_port()
    for name in ("host", "user"):
        subprocess.run(
            [find("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f",
             folder / name],
            check=True,
        )  # fmt: skip
    shutil.copy(folder / "user.pub", folder / "authorized")
    if os.getuid() == 0:
        # Where it locks itself up before somebody has logged in.
        Path("/run/sshd").mkdir(exist_ok=True)
    command = [
        find("sshd"), "-D", "-e", "-p", port, "-f", "/dev/null",
        "-h", folder / "host", "-o", "ListenAddress=127.0.0.1",
        "-o", f"AuthorizedKeysFile={folder}/authorized",
        "-o", "StrictModes=no", "-o", f"PidFile={folder}/pid",
        "-o", "UsePAM=no",
    ]  # fmt: skip
    with process(command, port, folder=folder) as address:
        yield address


@contextlib.contextmanager
def rabbitmq(folder):
    port, distribution, names = free_ports(3)
    _given_to("rabbitmq", folder)
    env = {
        "HOME": str(folder),
        "ERL_EPMD_PORT": str(names),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": f"pysock{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(distribution),
        "RABBITMQ_MNESIA_BASE": f"{folder}/mnesia",
        "RABBITMQ_LOG_BASE": f"{folder}",
        "RABBITMQ_ENABLED_PLUGINS_FILE": f"{folder}/plugins",
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
    }
    # Erlang would start it as a daemon, and leave it behind.
    mapper = [find("epmd"), "-port", names, "-address", "127.0.0.1"]
    (folder / "mapper").mkdir()
    with (
        process(mapper, names, folder=folder / "mapper"),
        process(
            [find("rabbitmq-server")], port,
            folder=folder, user="rabbitmq", env=env, starts=3,
        ) as address,
    ):  # fmt: skip
        yield address


@contextlib.contextmanager
def of_python(program, folder):
    """A server of Python's own packages, from programs/."""
    port = free_port()
    path = Path(__file__).parent / "programs" / program
    with process([sys.executable, path, port], port, folder=folder) as address:
        yield address


SERVERS = {
    "buckets": functools.partial(of_python, "list_buckets.py"),
    "mariadb": mariadb,
    "memcached": memcached,
    "nginx": nginx,
    "postgresql": postgresql,
    "rabbitmq": rabbitmq,
    "redis": redis,
    "sshd": sshd,
    "websocket": functools.partial(of_python, "websocket_echo.py"),
}
