"""Servers and workers of others under `pysock run`, at work."""

import concurrent.futures
import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests

from clients import servers
from support import keeper

pytestmark = [pytest.mark.foreign, pytest.mark.timeout(300)]

PROGRAMS = Path(__file__).parent / "programs"
RUN = [sys.executable, "-m", "pysock", "run"]
IN_PROGRAMS = {"PYTHONPATH": str(PROGRAMS)}
REQUESTS, AT_ONCE = 300, 8

WEB = {
    "flask": ["-m", "flask", "--app", "wsgi_app", "run", "--port", "{port}"],
    "waitress": ["-m", "waitress", "--listen", "127.0.0.1:{port}",
                 "wsgi_app:app"],
    "gunicorn": ["-m", "gunicorn", "-w", "2", "-b", "127.0.0.1:{port}",
                 "wsgi_app:app"],
    "gunicorn -k gevent": ["-m", "gunicorn", "-k", "gevent", "-b",
                           "127.0.0.1:{port}", "wsgi_app:app"],
    "uvicorn": ["-m", "uvicorn", "--interface", "asgi3", "--port", "{port}",
                "--log-level", "warning", "wsgi_app:asgi"],
}  # fmt: skip


@pytest.mark.parametrize("server", WEB)
def test_web_server_under_load(server, tmp_path):
    port = servers.free_port()
    words = [word.format(port=port) for word in WEB[server]]
    with servers.process(
        [*RUN, *words], port, folder=tmp_path, env=IN_PROGRAMS
    ) as (host, port):
        url = f"http://{host}:{port}/"

        def ask(_):
            answer = requests.get(url, timeout=20)
            return answer.status_code, answer.text

        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            answers = set(pool.map(ask, range(REQUESTS)))
    assert answers == {(200, "hello")}
    said = (tmp_path / "log").read_text()
    assert "Traceback" not in said, said


def test_celery_worker_on_rabbitmq(tmp_path):
    """Its broker's connection times out all the time, which is no failure."""
    broker, worker = tmp_path / "broker", tmp_path / "worker"
    for folder in (broker, worker):
        folder.mkdir()
    for parent in [tmp_path, *tmp_path.parents[:2]]:
        parent.chmod(0o755)
    with servers.rabbitmq(broker) as (host, port):
        env = {
            **os.environ,
            **IN_PROGRAMS,
            "BROKER": f"amqp://guest:guest@{host}:{port}//",
        }
        command = [
            *RUN, "-m", "celery", "-A", "celery_app", "worker",
            "--pool", "solo", "--without-gossip", "--without-mingle",
        ]  # fmt: skip
        with (worker / "log").open("w") as log:
            started = keeper.start(
                command, cwd=worker, env=env, stdout=log, stderr=log
            )
        try:
            asked = subprocess.run(
                [sys.executable, "-c",
                 "from celery_app import add\n"
                 "for n in range(20):\n"
                 "    print(add.delay(n, n).get(timeout=90))\n"],
                env=env, capture_output=True, text=True, timeout=120,
            )  # fmt: skip
        finally:
            keeper.end(started)
        said = (worker / "log").read_text()
        assert asked.returncode == 0, asked.stderr + said
        assert asked.stdout.split() == [str(2 * n) for n in range(20)]
        assert "Traceback" not in said, said
