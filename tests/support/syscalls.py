"""The system calls that a program makes on sockets, from `strace -ff`."""

import re
import subprocess
import sys
from pathlib import Path

# Of everything else (memory, files, locks) a life differs from itself.
TRACED = (
    "%network,sendfile,read,write,readv,writev,close,dup,dup2,dup3,fcntl,"
    "ioctl,poll,ppoll,select,pselect6,epoll_wait,epoll_pwait,epoll_ctl"
)
_CALL = re.compile(r"(?P<name>\w+)\((?P<args>.*)\)\s+= (?P<result>-?\w+)")
_MAKERS = {"socket", "accept", "accept4", "dup", "dup2", "dup3"}
_PAIR = re.compile(r"\[(\d+), (\d+)\]")
_CHAPTER = re.compile(r'write\(-1, "(?P<name>[^"]*)"')

# More threads than a program here makes, and others meanwhile.
_MANY = 16_000

# What is another number in every run: ports, names of files, addresses.
_NORMAL = (
    (re.compile(r"htons\(\d+\)"), "htons(PORT)"),
    (re.compile(r'sun_path="[^"]*"'), 'sun_path="PATH"'),
    (re.compile(r"\[\{tv_sec=[^]]*\]"), "TIME"),
    (re.compile(r"\{tv_sec=[^}]*\}"), "TIME"),
    # The time that is left, in a poll's and a select's arguments.
    (re.compile(r"(\}\], \d+, )\d+"), r"\1MS"),
    (re.compile(r" \(left \{?.*\)?"), ""),
    (re.compile(r"0x[0-9a-f]+"), "POINTER"),
    (re.compile(r'"(?:[^"\\]|\\.)*"\.*'), '"..."'),
)


def trace(arguments, folder):
    """Run a Python program under strace; its calls, a list for each thread.

    Args:
        arguments: of the interpreter.
        folder: where the traces are kept; empty.

    Returns:
        for each thread, in the order of their making, a list of pairs:
        chapter, and the call as one line.
    """
    subprocess.run(
        [
            "strace", "-ff", "-qq", "-s", "64", "-e", f"trace={TRACED}",
            "-e", "signal=none", "-o", str(Path(folder, "trace")),
            sys.executable, *arguments,
        ],
        check=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    numbered = {
        int(path.suffix[1:]): path for path in Path(folder).glob("trace.*")
    }
    sockets = set()
    return [
        list(_on_sockets(numbered[number], sockets))
        for number in in_order(numbered)
    ]


def in_order(numbers):
    """Threads of one program in the order of their making.

    The kernel numbers them upwards, and begins anew where its numbers end.
    """
    begun_anew = max(numbers) - min(numbers) > _MANY
    return sorted(numbers, key=lambda n: (begun_anew and n < _MANY, n))


def _on_sockets(file, sockets):
    """The calls of one thread that are about sockets."""
    chapter = ""
    for line in file.read_text(errors="replace").splitlines():
        begun = _CHAPTER.match(line)
        if begun:
            chapter = begun["name"]
            continue
        call = _CALL.match(line)
        if call is None:
            continue
        name, args, result = call["name"], call["args"], call["result"]
        if name == "socketpair":
            sockets.update(_PAIR.findall(args)[0])
        elif name in _MAKERS and result.isdigit():
            if name.startswith("dup") and args.split(",")[0] not in sockets:
                continue
            sockets.add(result)
        elif not _concerns(name, args, sockets):
            continue
        if name == "close":
            sockets.discard(args)
        if chapter and not _is_chance(chapter, line):
            yield chapter, _normal(chapter, line)


def _concerns(name, args, sockets):
    if name in ("poll", "ppoll", "select", "pselect6"):
        return True
    return bool(sockets & set(re.findall(r"^\d+", args)))


def _is_chance(chapter, line):
    """Whether a call of TLS says no more than which thread was quicker."""
    return chapter.startswith("TLS") and (
        "EAGAIN" in line or line.startswith("poll(")
    )


def _normal(chapter, line):
    if chapter.startswith("TLS"):
        # A signature is a byte longer or shorter.
        line = re.sub(r"(read|write)\((\d+), .*", r"\1(\2)", line)
    for pattern, instead in _NORMAL:
        line = pattern.sub(instead, line)
    return re.sub(r"\s+= ", " = ", line)
