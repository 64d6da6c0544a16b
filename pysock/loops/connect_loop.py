"""connect_many: connect to many addresses, a few hundred at once."""

from __future__ import annotations

import _socket
from collections import deque
from errno import EMFILE, ENFILE, ENOBUFS, ENOMEM
from sys import modules

from pysock.dropin.socket import socket
from pysock.dropin.without_snapshot import unresolved
from pysock.errors import AllAttemptsFailedError, SocketError, error_for
from pysock.loops.connect_many import Attempts
from pysock.raw.calls import (
    AF_INET,
    AF_INET6,
    check_timeout,
    parse_address,
    to_tuple,
)
from pysock.tcp.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from pysock.raw.calls import CData

_SOCK_STREAM, _IPPROTO_TCP = 1, 6
# Started between two looks at what is over. Where the answer comes at once, a
# whole table of fresh sockets would push each other out of the cache.
_BURST = 32
_EAI_NODATA = -5  # netdb.h
_LIMITS = frozenset({EMFILE, ENFILE, ENOBUFS, ENOMEM})

_new = _socket.socket.__new__
_init = _socket.socket.__init__

# A replaced `pysock.getaddrinfo` is used, as everywhere.
_public = modules["pysock"].__dict__


class ConnectResult(Record):
    """How one connect of `connect_many` ended.

    Attributes:
        address: the address, as it was given.
        socket: the connected socket, which is the caller's to close; `None`
            if it failed.
        error: the exception, not raised; `None` if it is connected. Of a name
            with several addresses an `AllAttemptsFailedError`.
        elapsed: seconds from the first SYN to the end; 0.0 if none was sent.
    """

    address: Any
    socket: socket | None
    error: SocketError | None
    elapsed: float

    @property
    def rtt_us(self) -> int | None:
        """The round-trip time in microseconds, read now from TCP_INFO.

        That of the handshake until data is exchanged. `None` if it failed.
        """
        return None if self.socket is None else self.socket.tcp_info().rtt_us


class ConnectProgress(Record):
    """Counts of a `connect_many`, as they were when it was made.

    Attributes:
        started: addresses taken from the iterator.
        connected: of these, how many are connected.
        failed: how many failed.
        under_way: how many are not decided yet.
    """

    started: int
    connected: int
    failed: int
    under_way: int


class _Name:
    """An address that had to be resolved, and what is left to try of it."""

    __slots__ = ("address", "errors", "started", "targets")

    def __init__(self, address: Any) -> None:
        host, port = address[:2]
        found = _public["getaddrinfo"](host, port, 0, _SOCK_STREAM)
        self.address = address
        self.errors: list[SocketError] = []
        # When the first attempt began; None before.
        self.started: float | None = None
        targets = (parse_address(entry[0], entry[4]) for entry in found)
        self.targets = deque(t for t in targets if t is not None)
        if not self.targets:
            raise unresolved(host, (_EAI_NODATA, "No IPv4 or IPv6 address"))

    def failure(self) -> SocketError:
        """What to say of it when nothing is left to try."""
        if len(self.errors) == 1:
            return self.errors[0]
        return AllAttemptsFailedError.of(self.errors, self.address)


class _Run:
    """One call of `connect_many`."""

    def __init__(
        self,
        addresses: Iterable[Any],
        timeout: float | None,
        concurrency: int,
        progress: Callable[[ConnectProgress], object] | None,
    ) -> None:
        self._addresses = iter(addresses)
        self._most = concurrency
        self._attempts = Attempts(concurrency, timeout)
        self._progress = progress
        # Target and key of what waits for a descriptor, and of names whose
        # next address is to be tried.
        self._again: deque[tuple[CData, Any]] = deque()
        # Who connects to one address many times has it parsed once.
        self._last_address: Any = None
        self._last_target: CData | None = None
        self._exhausted = False
        self._done: deque[ConnectResult] = deque()
        self._started = self._connected = self._failed = 0

    def results(self) -> Iterator[ConnectResult]:
        """Run it. However it is left, nothing of it stays open."""
        try:
            while True:
                more = self._start_more()
                if len(self._attempts):
                    self._step(0 if more or self._done else -1)
                elif not self._done and not self._again:
                    return
                if self._done and self._progress is not None:
                    self._progress(self._counts())
                while self._done:
                    yield self._done.popleft()
        finally:
            self._attempts.close()
            for result in self._done:
                if result.socket is not None:
                    result.socket.close()

    def _start_more(self) -> bool:
        """Start a burst of attempts; whether more could be started at once."""
        for _ in range(_BURST):
            # Names that do not resolve take no room, but memory.
            if not self._attempts.has_room or len(self._done) >= self._most:
                return False
            if self._again:
                target, key = self._again.popleft()
            elif self._exhausted:
                return False
            else:
                try:
                    address = next(self._addresses)
                except StopIteration:
                    self._exhausted = True
                    return False
                self._started += 1
                target, key = self._resolve(address)
            if target is not None and not self._start(target, key):
                return False
        return True

    def _resolve(self, address: Any) -> tuple[CData | None, Any]:
        """What to connect to first, and its key; may block for a name."""
        if address == self._last_address:
            return self._last_target, address
        family = AF_INET6 if ":" in str(address[0]) else AF_INET
        target = parse_address(family, address)
        if target is not None:
            self._last_address, self._last_target = address, target
            return target, address
        try:
            name = _Name(address)
        except SocketError as exc:
            error = exc.with_traceback(None)
            self._finish(ConnectResult(address, None, error, 0.0))
            return None, None
        return name.targets.popleft(), name

    def _start(self, target: CData, key: Any) -> bool:
        """Begin an attempt; False: not before a descriptor is free."""
        try:
            # What its __init__ does, without the detours; as in accept.
            sock = _new(socket)
            _init(sock, target.family, _SOCK_STREAM, _IPPROTO_TCP)
        except OSError as exc:
            error = error_for("socket", exc.errno or 0, args=exc.args)
        else:
            sock._io_refs = 0
            sock._closed = False
            is_name = type(key) is _Name
            address = to_tuple(target) if is_name else key
            self._attempts.start(sock, target, address, key)
            return True
        # One will be free when an attempt is over, or when the caller closes
        # a connection.
        if error.errno in _LIMITS and (len(self._attempts) or self._done):
            self._again.appendleft((target, key))
            return False
        self._over(key, None, error, None, 0.0)
        return True

    def _step(self, wait_ms: int) -> None:
        for outcome in self._attempts.step(wait_ms):
            key, sock, error, _, elapsed = outcome
            if error is None and type(key) is not _Name:
                # The way of most, kept short.
                self._connected += 1
                self._done.append(ConnectResult(key, sock, None, elapsed))
            else:
                self._over(*outcome)

    def _over(
        self,
        key: Any,
        sock: socket | None,
        error: SocketError | None,
        started: float | None,
        elapsed: float,
    ) -> None:
        """An attempt has ended, and with it perhaps its address."""
        if type(key) is not _Name:
            self._finish(ConnectResult(key, sock, error, elapsed))
            return
        if key.started is None:
            key.started = started
        elif started is not None:
            elapsed += started - key.started
        if error is not None:
            key.errors.append(error)
            if key.targets:
                self._again.append((key.targets.popleft(), key))
                return
            error = key.failure()
        self._finish(ConnectResult(key.address, sock, error, elapsed))

    def _finish(self, result: ConnectResult) -> None:
        if result.error is None:
            self._connected += 1
        else:
            self._failed += 1
        self._done.append(result)

    def _counts(self) -> ConnectProgress:
        over = self._connected + self._failed
        return ConnectProgress(
            self._started, self._connected, self._failed, self._started - over
        )


def connect_many(
    addresses: Iterable[Any],
    *,
    timeout: float | None = None,
    concurrency: int = 256,
    progress: Callable[[ConnectProgress], object] | None = None,
) -> Iterator[ConnectResult]:
    """Connect to many addresses at once, and give each when it is decided.

    Args:
        addresses: an iterable of `(host, port)`, for IPv6 also `(host, port,
            flowinfo, scope_id)`. It may be endless: an address is taken when
            there is room for it. Names are resolved, one after the other, in
            this thread; the addresses of a name are tried in turn. While the
            iterable or the resolver keeps us waiting, nothing else goes on.
        timeout: seconds for each address to try; `None`: as long as the
            kernel tries, about two minutes.
        concurrency: how many at once, 1 or more. If descriptors run out
            before, it waits for one to be free.
        progress: called with a `ConnectProgress` whenever some are decided,
            before their results are given.

    Returns:
        an iterator of `ConnectResult` in the order in which they were
        decided. A connected socket is as `create_connection` without a
        timeout would have left it, and is the caller's to close. A failure is
        not raised: it is in the result, typed as `socket.connect` would have
        raised it, and so is a name that does not resolve (`ResolveError`).

    Raises:
        ValueError: timeout or concurrency makes no sense.
        TypeError: from the iteration, an address that is none.

    The iterator blocks until a result is there. When it is closed, when it is
    dropped, and when it is left by an exception (Ctrl-C at any moment, or one
    of `addresses` or `progress`), what is under way is closed; sockets that
    were given are the caller's.
    """
    check_timeout(timeout)
    if concurrency < 1:
        raise ValueError("concurrency is 1 or more")
    return _Run(addresses, timeout, concurrency, progress).results()
