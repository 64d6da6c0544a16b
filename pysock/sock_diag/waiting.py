"""Which thread of another process waits in which call, on which descriptors.

From /proc/PID/task/*/syscall, which has the number of the call and its
arguments; what an argument points to is read from the process's memory. It
needs no help of the process, which may hang, and the right to trace it.
"""

from __future__ import annotations

import os
import struct

from pysock.tcp.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_POLLIN, _POLLOUT = 1, 4
# More descriptors than anybody looks at, in a poll of something broken.
_MOST_POLLED = 4096
_FD_SETSIZE = 1024

# Calls that a thread may wait in: their numbers on x86-64 and arm64, and how
# their descriptors are found.
_CALLS: dict[str, tuple[int | None, int | None, str]] = {
    "read": (0, 63, "fd"),
    "readv": (19, 65, "fd"),
    "recvfrom": (45, 207, "fd"),
    "recvmsg": (47, 212, "fd"),
    "recvmmsg": (299, 243, "fd"),
    "accept": (43, 202, "fd"),
    "accept4": (288, 242, "fd"),
    "connect": (42, 203, "fd"),
    "write": (1, 64, "fd"),
    "writev": (20, 66, "fd"),
    "sendto": (44, 206, "fd"),
    "sendmsg": (46, 211, "fd"),
    "sendmmsg": (307, 269, "fd"),
    "sendfile": (40, 71, "fd"),
    "poll": (7, None, "poll"),
    "ppoll": (271, 73, "poll"),
    "select": (23, None, "select"),
    "pselect6": (270, 72, "select"),
    "epoll_wait": (232, None, "epoll"),
    "epoll_pwait": (281, 22, "epoll"),
    "epoll_pwait2": (441, 441, "epoll"),
    "futex": (202, 98, "none"),
    "nanosleep": (35, 101, "none"),
    "clock_nanosleep": (230, 115, "none"),
    "wait4": (61, 260, "none"),
    "rt_sigtimedwait": (128, 137, "none"),
    "pause": (34, None, "none"),
    "io_uring_enter": (426, 426, "none"),
}
_COLUMNS = {"x86_64": 0, "aarch64": 1}
# What a call with one descriptor waits for.
_WRITES = frozenset(
    {"write", "writev", "sendto", "sendmsg", "sendmmsg", "sendfile"}
)


class Wait(Record):
    """What one thread does.

    Attributes:
        thread: its number.
        name: what it calls itself (`comm`).
        call: the system call that it waits in, in the kernel's word; a
            number as text for one that is not known here; `None` while it
            runs.
        fds: descriptors that it waits for: (number, `"read"` or `"write"`).
        asleep: seconds since it last ran; `None` where the kernel keeps no
            count (CONFIG_SCHED_DEBUG).
        timeout: seconds after which the call gives up; `None` for one
            without, or where it is not known.
    """

    thread: int
    name: str
    call: str | None
    fds: tuple[tuple[int, str], ...]
    asleep: float | None
    timeout: float | None


def waits(pid: int) -> list[Wait]:
    """Look at each thread of a process, once.

    Raises:
        OSError: no such process (`ENOENT`), or no right to trace it
            (`EACCES`, `EPERM`).

    Does not stop the process, and never blocks.
    """
    found = []
    now = _last_run("/proc/thread-self")
    for name in sorted(os.listdir(f"/proc/{pid}/task"), key=int):  # noqa: PTH208
        folder = f"/proc/{pid}/task/{name}"
        try:
            words = _read(f"{folder}/syscall").split()
            title = _read(f"{folder}/comm").rstrip("\n")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended
        ran = _last_run(folder)
        asleep = None
        if now is not None and ran is not None:
            asleep = max(now - ran, 0.0)
        call, fds, timeout = _decode(pid, words)
        found.append(Wait(int(name), title, call, fds, asleep, timeout))
    return found


def _decode(
    pid: int, words: list[str]
) -> tuple[str | None, tuple[tuple[int, str], ...], float | None]:
    if not words or words[0] == "running":
        return None, (), None
    number = int(words[0])
    call, how = _names().get(number, (str(number), "none"))
    arguments = [int(word, 16) for word in words[1:7]]
    if len(arguments) < 6:
        # It sleeps outside of a call (-1): a page fault, say.
        return call, (), None
    try:
        fds = tuple(_FDS[how](pid, call, arguments))
    except (OSError, ValueError):
        fds = ()
    return call, fds, _timeout(call, arguments)


def _names() -> dict[int, tuple[str, str]]:
    column = _COLUMNS.get(os.uname().machine)
    if column is None:
        return {}
    names = {}
    for name, (*numbers, how) in _CALLS.items():
        number = numbers[column]
        if number is not None:
            names[number] = (name, how)
    return names


def _timeout(call: str, arguments: list[int]) -> float | None:
    """Of the calls that have it as a number of milliseconds."""
    if call == "poll":
        milliseconds = arguments[2]
    elif call in ("epoll_wait", "epoll_pwait"):
        milliseconds = arguments[3]
    else:
        return None
    milliseconds &= 0xFFFFFFFF
    return None if milliseconds & 0x80000000 else milliseconds / 1000


def _no_fds(
    pid: int, call: str, arguments: list[int]
) -> Iterator[tuple[int, str]]:
    return iter(())


def _one_fd(
    pid: int, call: str, arguments: list[int]
) -> Iterator[tuple[int, str]]:
    yield arguments[0], "write" if call in _WRITES else "read"


def _polled_fds(
    pid: int, call: str, arguments: list[int]
) -> Iterator[tuple[int, str]]:
    """Struct pollfd: an int and two shorts."""
    start, count = arguments[:2]
    count = min(count, _MOST_POLLED)
    memory = _memory(pid, start, 8 * count)
    for fd, events, _ in struct.iter_unpack("=ihh", memory):
        if fd >= 0:
            yield fd, _way(events)


def _selected_fds(
    pid: int, call: str, arguments: list[int]
) -> Iterator[tuple[int, str]]:
    """Two sets of bits; the kernel changes them only when it returns."""
    count = min(arguments[0], _FD_SETSIZE)
    for start, way in ((arguments[1], "read"), (arguments[2], "write")):
        if not start:
            continue
        bits = int.from_bytes(_memory(pid, start, _FD_SETSIZE // 8), "little")
        for fd in range(count):
            if bits >> fd & 1:
                yield fd, way


def _watched_fds(
    pid: int, call: str, arguments: list[int]
) -> Iterator[tuple[int, str]]:
    """What an epoll descriptor watches, as the kernel lists it."""
    for line in _read(f"/proc/{pid}/fdinfo/{arguments[0]}").splitlines():
        words = line.split()
        if words and words[0] == "tfd:":
            yield int(words[1]), _way(int(words[3], 16))


_FDS: dict[str, Callable[[int, str, list[int]], Iterator[tuple[int, str]]]] = {
    "none": _no_fds,
    "fd": _one_fd,
    "poll": _polled_fds,
    "select": _selected_fds,
    "epoll": _watched_fds,
}


def _way(events: int) -> str:
    """A connect that is under way waits to write, like a full buffer."""
    wants_only_room = events & _POLLOUT and not events & _POLLIN
    return "write" if wants_only_room else "read"


def _memory(pid: int, start: int, length: int) -> bytes:
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:  # noqa: PTH123
        return os.pread(memory.fileno(), length, start)


def _last_run(folder: str) -> float | None:
    """When a thread last ran, on the scheduler's clock, in seconds."""
    try:
        for line in _read(f"{folder}/sched").splitlines():
            if line.startswith("se.exec_start"):
                return float(line.rpartition(":")[2]) / 1000
    except (OSError, ValueError):
        pass
    return None


def _read(path: str) -> str:
    with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123
        return file.read()
