"""The recipes of docs/howto/events.md, with the packages that they are for."""

import importlib.util
import json
import re
from pathlib import Path

import pytest

from support import child
from support.requirements import skip_or_fail

pytestmark = pytest.mark.foreign

PAGE = Path(__file__).resolve().parent.parent.parent / "docs/howto/events.md"
RECIPES = {
    re.search(r"import (structlog|sentry_sdk)|from (opentelemetry)", text)[
        0
    ].split()[1]: text
    for text in re.findall(
        r"```py\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL
    )
}

FAILS = """
import socket

import pysock


def fail():
    with socket.socket() as bound, socket.socket() as client:
        bound.bind(("127.0.0.1", 0))
        try:
            client.connect(bound.getsockname())
        except ConnectionRefusedError:
            pass


pysock.install()
"""

STRUCTLOG = """
from structlog.testing import capture_logs
with capture_logs() as told:
    fail()
import json
print(json.dumps(told))
"""

SENTRY = """
import json
from sentry_sdk.transport import Transport

class Kept(Transport):
    def capture_envelope(self, envelope):
        event = envelope.get_event()
        if event is not None:
            print(json.dumps(event, default=str))

sentry_sdk.init(dsn="https://key@localhost/1", transport=Kept)
fail()
try:
    with socket.socket() as bound, socket.socket() as client:
        bound.bind(("127.0.0.1", 0))
        client.connect(bound.getsockname())
except ConnectionRefusedError as error:
    sentry_sdk.capture_exception(error)
sentry_sdk.flush()
"""

OPENTELEMETRY = """
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import (
    InMemorySpanExporter,
)
kept = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(kept))
trace.set_tracer_provider(provider)
fail()  # in no span
with trace.get_tracer("tests").start_as_current_span("work"):
    fail()
    fail()
print(kept.get_finished_spans()[0].to_json(indent=None))
"""


def told(package, then):
    if importlib.util.find_spec(package) is None:
        skip_or_fail(f"{package} is missing: pip install --group foreign")
    script = "\n".join((FAILS, RECIPES[package], then))
    return json.loads(child.run(script).stdout)


def test_each_package_has_a_recipe():
    assert set(RECIPES) == {"structlog", "sentry_sdk", "opentelemetry"}


def test_structlog():
    [event] = told("structlog", STRUCTLOG)
    assert event["event"] == "socket failure"
    assert event["log_level"] == "warning"
    assert event["code"] == "connect-refused-reset"


def test_sentry():
    """A breadcrumb for what was caught; the note of what is reported."""
    event = told("sentry_sdk", SENTRY)
    [crumb, *_] = event["breadcrumbs"]["values"]
    assert crumb["category"] == "socket"
    assert crumb["data"]["code"] == "connect-refused-reset"
    [shown] = event["exception"]["values"]
    assert shown["type"] == "ConnectionRefusedError"
    assert "nothing listens on port" in shown["value"]


def test_opentelemetry():
    span = told("opentelemetry", OPENTELEMETRY)
    events = [one for one in span["events"] if one["name"] != "exception"]
    assert [one["name"] for one in events] == ["socket failure"] * 2
    assert events[0]["attributes"]["code"] == "connect-refused-reset"
    assert events[0]["attributes"]["call"] == "connect"
