"""Who said no."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Every kind there is, and what it means.
KINDS = {
    "peer": "the peer's host: a RST or a FIN came",
    "icmp": "an ICMP message, from a router or the peer's host",
    "route": "this machine's routing table",
    "policy": "this machine's policy or administrator",
    "timer": "a timer of the kernel ran out",
    "deadline": "the caller's own timeout ran out",
    "limit": "a resource of this machine ran out",
    "caller": "the call made no sense on this socket",
}


class Origin:
    """Who said no to a call, as far as the kernel told.

    Attributes:
        kind: one of the keys of `KINDS`.
        offender: numeric address of the machine whose ICMP message it was;
            `None` if it was not ICMP, or the kernel did not keep it (it does
            for a connect, not for an established connection).
        icmp_type: type of that message; `None` likewise.
        icmp_code: code of that message; `None` likewise.
    """

    __module__ = "pysock.errors"
    __slots__ = ("icmp_code", "icmp_type", "kind", "offender")

    def __init__(
        self,
        kind: str,
        offender: str | None = None,
        icmp_type: int | None = None,
        icmp_code: int | None = None,
    ) -> None:
        if kind not in KINDS:
            raise ValueError(f"an origin is one of {', '.join(KINDS)}")
        set_once = object.__setattr__
        set_once(self, "kind", kind)
        set_once(self, "offender", offender)
        set_once(self, "icmp_type", icmp_type)
        set_once(self, "icmp_code", icmp_code)

    kind: str
    offender: str | None
    icmp_type: int | None
    icmp_code: int | None

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"an origin has no settable {name!r}")

    def as_dict(self) -> dict[str, Any]:
        """The four attributes by name, ready for JSON."""
        return {name: getattr(self, name) for name in _ATTRIBUTES}

    def __reduce__(self) -> tuple[Any, ...]:
        return (Origin, tuple(self.as_dict().values()))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Origin):
            return NotImplemented
        return self.as_dict() == other.as_dict()

    def __hash__(self) -> int:
        return hash(tuple(self.as_dict().values()))

    def __str__(self) -> str:
        if self.icmp_type is None:
            return self.kind
        said = f"icmp {self.icmp_type}/{self.icmp_code}"
        return f"{said} from {self.offender}" if self.offender else said

    def __repr__(self) -> str:
        return f"<Origin {self}>"


_ATTRIBUTES = ("kind", "offender", "icmp_type", "icmp_code")
