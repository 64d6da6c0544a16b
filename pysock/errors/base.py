"""The root of the exception tree, and what every exception carries."""

from __future__ import annotations

import builtins
import os
from time import monotonic_ns

from pysock.errors.errno_names import errno_name
from pysock.errors.escape import printable
from pysock.errors.handlers import by_handler, from_handler
from pysock.errors.told import Told

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pysock.errors.delivery import Delivery
    from pysock.errors.origin import Origin
    from pysock.explain.explanation import Explanation
    from pysock.tcp.info import TcpInfo


class SocketError(OSError):
    """A call on a socket failed.

    It is an `OSError` with the `errno` and `args` of the standard module, and
    inherits the builtin that the standard module would have raised. `str()`
    starts as there and ends with the call and the address. Shown in a
    traceback or a log it carries its explanation as a note, gathered only
    then; the environment variable `PYSOCK_NOTES=0` switches that off.

    Attributes:
        call: the call that failed, as the socket method is called.
        address: the peer, numeric, as the kernel knows it: `(host, port)`,
            for IPv6 with flow info and scope id. For `bind` the address that
            was asked for. `None` where there is none, or (would-block) where
            asking would cost more than the call.
        local_address: this end, likewise.
        elapsed: seconds from the start of the call to its failure; `None`
            where that was not measured, because reading the clock would slow
            down every call that succeeds (`recv` and `send`, except when
            they time out).
        tcp_info: a reading taken at the failure; `None` for would-block,
            in-progress, closed descriptors and what is not TCP.
        origin: who said no; `None` where nobody did, or nobody knows.
        delivery: of a failed read or write: how much of what was written the
            peer's kernel has acknowledged; `None` for other calls, and where
            it could not be read.
    """

    # A slot, because a would-block error carries nothing else: an instance
    # dict would cost a tenth of the whole call that would block.
    __slots__ = ("_call",)
    # Where users find it; a traceback names that.
    __module__ = "pysock.errors"

    _call: str | None
    address: tuple[Any, ...] | None = None
    local_address: tuple[Any, ...] | None = None
    elapsed: float | None = None
    tcp_info: TcpInfo | None = None
    origin: Origin | None = None
    delivery: Delivery | None = None

    # Read at the failure, for `code` and its sentences: whose data was the
    # newest ("peer", "ours", "none" in either direction), and whether the
    # peer's FIN has come, `None` where it cannot be told; whether this
    # program has sent its own, as far as it said so here.
    _newest_data: str | None = None
    _fin_came: bool | None = None
    _sent_fin: bool = False
    # Which of several reasons it is that a code covers, found at the failure;
    # `None` where the code has one only, and where it cannot be told.
    _reason: str | None = None
    # Whether `elapsed` is when it was asked for, some time after it happened.
    _noticed = False
    # Seconds that resolving the name took before, out of a deadline that was
    # for both; `None` where there was none.
    _resolved_in: float | None = None
    # Whether it comes from another process; from another machine, or from
    # before the last boot (`None` where that cannot be told).
    _of_another = False
    _elsewhere: bool | None = False
    # The network namespace that it happened in, by the kernel's number.
    _network: int | None = None
    # What the socket of a bind or listen had set; see raw/bound.py.
    _setting: Any = None
    # The code of a class that has one only; see tree.py.
    _only_code: str | None = None

    # What a variant is made of; see variant().
    _mixins: tuple[type[BaseException], ...] = ()

    @property
    def call(self) -> str | None:
        """The call that failed; `None` on one made by hand."""
        return getattr(self, "_call", None)

    @call.setter
    def call(self, name: str | None) -> None:
        self._call = name

    @property
    def code(self) -> str:
        """What happened, as a stable name: `pysock errors CODE` explains it.

        It follows from what this exception carries since its failure;
        evidence that is gathered later adds facts and never changes it.
        """
        chosen: str | None = self.__dict__.get("_code") or self._only_code
        if chosen is not None:
            return chosen
        try:
            from pysock.errors.codes import code_of
        except (ImportError, OSError) as problem:
            if from_handler(problem):
                raise
            # No descriptor left, so that nothing can be loaded.
            return "other"
        return code_of(self)

    @code.setter
    def code(self, name: str) -> None:
        self.__dict__["_code"] = name

    @property
    def idle(self) -> float | None:
        """Seconds since data last came from the peer, at the failure.

        `None` if none ever came, or it is not known. In steps of the
        kernel's tick, 1 to 10 ms.
        """
        info = self.tcp_info
        # It may be anything that somebody has set.
        if info is None or not getattr(info, "data_segs_in", None):
            return None
        age = info.last_data_recv_ms
        return None if age is None else age / 1000

    def __str__(self) -> str:
        text = super().__str__()
        if self.call is None:
            return text
        here = self.local_address
        # This end without a port says nothing.
        where = self.address or (here if here and here[1] else None)
        if where is None:
            return f"{text}: {self.call}"
        return f"{text}: {self.call} {show_address(where)}"

    def explain(self) -> Explanation | Told:
        """Say what happened, what was seen, and what to do.

        Returns:
            an `Explanation`, from what this exception carries and from what
            this machine can still tell; no evidence, no guess. Asking stops
            after 50 ms of CPU. Where no descriptor is left to load that
            class, a tuple with the same attributes and the same text.

        Raises nothing, but for what a signal's handler raises meanwhile.
        """
        # The one look upwards: evidence needs the layers above this one, and
        # is gathered only when somebody asks.
        try:
            from pysock.explain.explanation import explain
        except (ImportError, OSError) as problem:
            if from_handler(problem):
                raise
            # No descriptor left, so that nothing can be loaded.
            return _told_without_loading(self)
        return explain(self)

    def to_dict(self) -> dict[str, Any]:
        """Everything that this exception carries, ready for JSON.

        An origin, delivery or reading that somebody else has set and that is
        none is `None`.
        """
        return {
            "error": type(self).__name__,
            "code": self.code,
            "errno": self.errno,
            "errno_name": errno_name(self.errno),
            "message": str(self),
            "call": self.call,
            "address": _as_list(self.address),
            "local_address": _as_list(self.local_address),
            "elapsed": self.elapsed,
            "idle": self.idle,
            "origin": _parts_of(self.origin, "as_dict"),
            "delivery": _parts_of(self.delivery, "_asdict"),
            "tcp_info": _parts_of(self.tcp_info, "as_dict"),
        }

    @property
    def __notes__(self) -> list[str]:
        """The explanation, then the notes that were added.

        Tracebacks and `logging` read this when they show the exception.
        """
        if self._has_no_notes():
            raise AttributeError(self._no_notes())
        notes: list[str] = self.__dict__.setdefault("_notes", [])
        if not self.__dict__.get("_explained"):
            if os.environ.get("PYSOCK_NOTES") == "0":
                return notes
            self.__dict__["_explained"] = True
            try:
                from pysock.explain.telling import note_of
            except (ImportError, OSError) as problem:
                if from_handler(problem):
                    raise
                # No descriptor left, so that nothing can be loaded.
                return notes
            note = note_of(self)
            if note:
                notes.insert(0, note)
        return notes

    @__notes__.setter
    def __notes__(self, notes: list[str]) -> None:
        self.__dict__["_notes"] = notes
        self.__dict__["_explained"] = True

    @__notes__.deleter
    def __notes__(self) -> None:
        if self._has_no_notes():
            raise AttributeError(self._no_notes())
        self.__dict__.pop("_notes", None)
        self.__dict__["_explained"] = True

    def _has_no_notes(self) -> bool:
        """Whether it is like any exception without a note: no attribute."""
        if self.__dict__.get("_explained"):
            return "_notes" not in self.__dict__
        switched_off = os.environ.get("PYSOCK_NOTES") == "0"
        return switched_off and not self.__dict__.get("_notes")

    def _no_notes(self) -> str:
        name = type(self).__name__
        return f"{name!r} object has no attribute '__notes__'"

    def add_note(self, note: str, /) -> None:
        """Add a note as on any exception, without asking for ours."""
        BaseException().add_note(note)  # it knows what a note may be
        notes = self.__dict__.setdefault("_notes", [])
        if not isinstance(notes, list):
            raise TypeError("Cannot add note: __notes__ is not a list")
        notes.append(note)

    def __reduce__(self) -> tuple[Any, ...]:
        kind = type(self)
        if kind._mixins:
            kind = kind.__mro__[1]
        state = dict(self.__dict__)
        # `errno` is not in args where the standard module's text is alone
        # there ('timed out').
        state["errno"] = self.errno
        state["call"] = self.call
        # Another release may choose otherwise.
        state["_code"] = self.code
        state["_boot"] = _boot()
        state["_process"] = _process()
        # By name: the older protocols write BrokenPipeError as OSError.
        mixins = tuple(
            mixin.__name__ if mixin.__module__ == "builtins" else mixin
            for mixin in type(self)._mixins
        )
        return (_rebuild, (kind, mixins, self.args, state))


def _told_without_loading(error: SocketError) -> Told:
    try:
        from pysock.explain.telling import tell
    except (ImportError, OSError) as problem:
        if from_handler(problem):
            raise
        return Told(printable(error), (), None, error.code)
    return tell(error)


_variants: dict[tuple[type, ...], type[SocketError]] = {}


def variant(
    kind: type[SocketError], *mixins: type[BaseException]
) -> type[SocketError]:
    """Give a class that is `kind` and also each of the mixins.

    Some errno of a group has a builtin class that the group's own class does
    not inherit (a connect that ends in ECONNRESET): an old `except` line must
    still catch it. The variant has the name of `kind`; it differs by its
    bases only.
    """
    missing = tuple(m for m in mixins if not issubclass(kind, m))
    if not missing:
        return kind
    key = (kind, *missing)
    if key not in _variants:
        body = {
            "__doc__": kind.__doc__,
            "__module__": kind.__module__,
            "__qualname__": kind.__qualname__,
            "_mixins": missing,
        }
        _variants[key] = type(kind.__name__, key, body)
    return _variants[key]


def _rebuild(
    kind: type[SocketError],
    mixins: tuple[Any, ...],
    args: tuple[Any, ...],
    state: dict[str, Any],
) -> SocketError:
    """Make a pickled exception again."""
    bases = (getattr(builtins, m) if type(m) is str else m for m in mixins)
    error = variant(kind, *bases)(*args)
    error.errno = state.pop("errno")
    error.call = state.pop("call")
    if state.pop("_process", None) != _process():
        state["_of_another"] = True
    boot, here = state.pop("_boot", None), _boot()
    if boot is not None and here is not None:
        if boot != here:
            state["_elsewhere"] = True
    elif state.get("_of_another"):
        state.setdefault("_elsewhere", None)
    error.__dict__.update(state)
    return error


# A number is used again, and not at the same time.
_began = monotonic_ns()


def _process() -> tuple[int, int]:
    """What no other process of this machine has; a child of a fork neither."""
    return os.getpid(), _began


def _boot() -> str | None:
    """The number that the kernel gave itself at boot; `None` if not known."""
    try:
        with open("/proc/sys/kernel/random/boot_id", "rb") as file:  # noqa: PTH123
            return file.read(64).decode()
    except OSError as exc:
        if by_handler(exc):
            raise
        return None


def show_address(address: Any) -> str:
    """Write an address as `ss` does: `192.0.2.1:80`, `[2001:db8::1]:80`.

    A name, or the path of a UNIX socket, is made safe to print.
    """
    if not isinstance(address, tuple) or len(address) < 2:
        return printable(address)
    host, port = printable(address[0]), address[1]
    if len(address) == 4 and address[3]:
        host = f"{host}%{printable(address[3])}"
    if port is None:
        return host
    port = printable(port)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _parts_of(record: object, method: str) -> dict[str, Any] | None:
    """What a record says of itself; `None` for anything else."""
    give = getattr(record, method, None)
    return None if give is None else dict(give())


def _as_list(address: tuple[Any, ...] | None) -> list[Any] | None:
    return list(address) if isinstance(address, tuple) else address
