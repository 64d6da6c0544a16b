"""The first law: no system call that the standard module would not make.

One life of a program is traced with the standard module and with each face,
thread by thread; what is different has to be on the lists here, which README
repeats.
"""

import difflib
import re
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from lab.namespace import Namespace
from lab.waiting import until
from support.requirements import skip_or_fail
from support.syscalls import in_order, trace

pytest_plugins = ["lab.fixtures"]

SUPPORT = Path(__file__).parent.parent / "support"
README = Path(__file__).parent.parent.parent / "README.md"

# Flags and calls that a face adds, and how README names them.
EXTRA_FLAGS = {"typed": {"MSG_NOSIGNAL"}, "noted": set(), "nosy": set()}
EXTRA_CALLS = {
    "IPV6_RECVERR": r"[gs]etsockopt\(\d+, SOL_IPV6, IPV6_RECVERR, ",
    "TCP_INFO": r"getsockopt\(\d+, SOL_TCP, TCP_INFO, ",
}
# What is left out: each accepted socket is made to block, as it does already,
# when the listener has a timeout.
LEFT_OUT = re.compile(r"ioctl\(\d+, FIONBIO, \[0\]\) = 0")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    openssl = shutil.which("openssl")
    if openssl is None:
        skip_or_fail("the program openssl, to make a certificate, is missing")
    folder = tmp_path_factory.mktemp("certificate")
    paths = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [
            openssl, "req", "-x509", "-nodes", "-days", "2",
            "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
            "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost",
            "-out", paths[0], "-keyout", paths[1],
        ],
        check=True,
        capture_output=True,
        timeout=60,
    )  # fmt: skip
    return paths


def traced(folder, script, *args):
    if shutil.which("strace") is None:
        skip_or_fail("the program strace is missing")
    folder.mkdir()
    return trace([str(SUPPORT / script), *map(str, args)], folder)


@pytest.fixture
def namespace(lab_is_possible):
    inside = Namespace()
    try:
        with inside.entered():
            yield inside
    finally:
        inside.close()


@pytest.fixture(scope="module")
def standard_life(tmp_path_factory, certificate):
    folder = tmp_path_factory.mktemp("standard") / "trace"
    return traced(folder, "life.py", "standard", *certificate)


def without(flags, line):
    for flag in flags:
        line = line.replace(f"|{flag}", "").replace(flag, "0")
    return line


def compare(face, theirs, ours):
    """What a face adds and what it leaves out, over all threads."""
    assert len(ours) == len(theirs), "another number of threads"
    added, left_out = [], []
    for before, after in zip(theirs, ours, strict=True):
        known = [f"{chapter}: {line}" for chapter, line in before]
        made = [
            f"{chapter}: {without(EXTRA_FLAGS[face], line)}"
            for chapter, line in after
        ]
        for line in difflib.ndiff(known, made):
            if line.startswith("+ "):
                added.append(line[2:])
            elif line.startswith("- "):
                left_out.append(line[2:])
    return added, left_out


def test_a_life_is_the_same_in_every_run(tmp_path, standard_life, certificate):
    """Or the comparison would be worth nothing."""
    again = traced(tmp_path / "trace", "life.py", "standard", *certificate)
    assert compare("noted", standard_life, again) == ([], [])
    chapters = {chapter for chapter, _ in standard_life[0]}
    assert len(chapters) >= 10
    assert sum(map(len, standard_life)) > 300


@pytest.mark.parametrize("face", ["typed", "noted"])
def test_a_face_makes_the_same_calls(
    tmp_path, standard_life, certificate, face
):
    ours = traced(tmp_path / "trace", "life.py", face, *certificate)
    added, left_out = compare(face, standard_life, ours)
    end_of_stream = re.compile(EXTRA_CALLS["TCP_INFO"])
    assert [line for line in added if not end_of_stream.search(line)] == []
    assert [line for line in left_out if not LEFT_OUT.search(line)] == []


def test_a_call_that_is_added_is_found(tmp_path, standard_life, certificate):
    ours = traced(tmp_path / "trace", "life.py", "nosy", *certificate)
    added, left_out = compare("nosy", standard_life, ours)
    assert len(added) >= 10
    assert all(": getsockname(" in line for line in added)
    assert left_out == []


@pytest.mark.parametrize(
    "made", [[9, 10, 12], [32766, 32767, 300], [32767, 300, 301], [700]]
)
def test_threads_are_compared_in_the_order_of_their_making(made):
    assert in_order(set(made)) == made


ELSEWHERE = "2001:db8::1"


@pytest.mark.parametrize("face", ["typed", "noted"])
@pytest.mark.parametrize("timeout", ["None", "5"])
def test_what_a_connect_to_another_machine_asks(
    tmp_path, namespace, face, timeout
):
    """IPV6_RECVERR, where nobody polls; it is put back afterwards."""
    namespace.ip("link set lo up", f"addr add {ELSEWHERE}/128 dev lo nodad")
    # The kernel adds its route a moment later.
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as probe:
        until(lambda: probe.connect_ex((ELSEWHERE, 9)) == 0, what="route")
    theirs, ours = (
        traced(tmp_path / who, "elsewhere.py", who, ELSEWHERE, timeout)
        for who in ("standard", face)
    )
    added, left_out = compare(face, theirs, ours)
    assert left_out == []
    asked = re.compile(EXTRA_CALLS["IPV6_RECVERR"])
    assert [line for line in added if not asked.search(line)] == []
    values = [re.findall(r"\[(\d)\]", line)[0] for line in added]
    blocks = face == "typed" and timeout == "None"
    assert values == (["0", "1", "0"] if blocks else [])


@pytest.mark.parametrize(
    "name", [*EXTRA_CALLS, *EXTRA_FLAGS["typed"], "sendfile"]
)
def test_readme_names_what_is_added(name):
    text = README.read_text(encoding="utf-8")
    [chapter] = re.findall(
        r"## What it adds to a program\n(.*?)\n## ", text, re.S
    )
    assert f"`{name}`" in chapter
