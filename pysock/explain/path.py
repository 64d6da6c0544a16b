"""What the hops of a connect say, in one sentence.

A router that says nothing and a firewall that drops look the same; so do a
lost SYN and a lost answer. What is told is how far the SYN came for certain.
"""

from __future__ import annotations

from pysock.errors import show_address
from pysock.explain.evidence.machine import is_ours
from pysock.explain.finding import DOUBTFUL, HARMLESS, WRONG, Finding
from pysock.explain.icmp_names import icmp_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

# An answer that took longer is one to a SYN that was sent again.
_SENT_AGAIN = 1.0
_KINDS = {"syn-ack": "a SYN-ACK", "rst": "a RST", "icmp": "an ICMP message"}
# A router at so many distances is met again and again.
_CIRCLE = 3


def path_finding(address: tuple[Any, ...], hops: Sequence[Any]) -> Finding:
    """Say where a SYN ends.

    Args:
        address: where it was to go.
        hops: of `loops.path.trace`, the unrestricted one first.
    """
    direct, way = hops[0], hops[1:]
    for hop in (*way, direct):
        if hop.end is not None:
            return _ended(address, hop, direct, way)
    if direct.answers:
        return _circle(address, direct, way)
    return _silence(address, way)


def _ended(
    address: tuple[Any, ...], hop: Any, direct: Any, way: Sequence[Any]
) -> Finding:
    end, where = hop.end, show_address(address)
    far = _distance(hop)
    seen = (*_lost(direct, hop), *_facts(way))
    if end.kind == "syn-ack":
        return Finding(
            HARMLESS,
            "path-open",
            f"{where} answers with a SYN-ACK{far}, after "
            f"{_ms(end.elapsed)}: the way is open",
            seen,
            None,
        )
    if end.kind == "rst":
        return Finding(
            DOUBTFUL,
            "path-refused",
            f"the SYN gets there{far}, and is answered with a RST after "
            f"{_ms(end.elapsed)}: nothing listens on port {address[1]} of "
            f"{address[0]}, or a firewall refuses in its name",
            seen,
            f"on that machine: ss -ltnp 'sport = :{address[1]}'",
        )
    return _refused(address, hop, seen)


def _refused(
    address: tuple[Any, ...], hop: Any, seen: tuple[str, ...]
) -> Finding:
    """Somebody sent an ICMP message."""
    end = hop.end
    name = icmp_name(end.icmp_type, end.icmp_code, ipv6=":" in address[0])
    said = f"{name or 'ICMP'} ({end.icmp_type}/{end.icmp_code})"
    if end.host is None:
        who, code = "a machine that the kernel does not name", "path-icmp"
        ask = None
    elif end.host == address[0]:
        who, code = f"{end.host} itself{_distance(hop)}", "path-icmp"
        ask = "look at the firewall of that machine"
    elif is_ours((end.host, 0, *address[2:])):
        return Finding(
            WRONG,
            "path-no-neighbour",
            f"no machine on this network answers for {address[0]}, or for "
            f"the gateway to it: this machine gave up asking ({said})",
            seen,
            f"ip route get {address[0]}; ip neigh show",
        )
    else:
        who, code = f"the router {end.host}{_distance(hop)}", "path-icmp"
        ask = f"ask who runs {end.host}"
    return Finding(
        WRONG,
        code,
        f"{who} refuses: {said}; the SYN to {show_address(address)} goes no "
        "further",
        seen,
        ask,
    )


def _circle(
    address: tuple[Any, ...], direct: Any, way: Sequence[Any]
) -> Finding:
    """Even the unrestricted one used its hops up."""
    met: dict[str, list[int]] = {}
    for hop in way:
        for host in _hosts(hop):
            met.setdefault(host, []).append(hop.distance)
    again = [host for host, where in met.items() if len(where) >= _CIRCLE]
    routers = " and ".join(again[:4]) or direct.answers[0].host
    return Finding(
        WRONG,
        "path-circle",
        f"the SYN to {show_address(address)} goes in circles until its hops "
        f"are used up: {routers} send it to and fro",
        _facts(way),
        f"ask who runs {routers} for the route to {address[0]}",
    )


def _silence(address: tuple[Any, ...], way: Sequence[Any]) -> Finding:
    where = show_address(address)
    heard = [hop for hop in way if hop.answers]
    asked = way[-1].distance if way else 0
    if not heard:
        return Finding(
            WRONG,
            "path-silent",
            f"nothing answers a SYN to {where}, nor any router on the way to "
            f"it ({asked} hops asked): cannot tell where it ends",
            (),
            f"ip route get {address[0]}; and while connecting, tcpdump -ni "
            f"any host {address[0]}",
        )
    last = heard[-1]
    routers = " or ".join(_hosts(last)) or "a router without a name"
    silent = asked - last.distance
    return Finding(
        WRONG,
        "path-dies",
        f"the SYN to {where} gets as far as {routers}, hop {last.distance}; "
        "behind it nobody answers",
        (
            f"{silent} more {_plural(silent, 'hop')} asked, no answer from "
            f"any: {routers} or the next machine drops the SYN, or "
            f"{address[0]} is down, or its answers do not come back; from "
            "here these look the same",
            *_facts(heard),
        ),
        f"ask who runs {routers} for a firewall, and see on {address[0]} "
        f"whether the SYN comes: tcpdump -ni any tcp port {address[1]}",
    )


def _facts(way: Sequence[Any]) -> tuple[str, ...]:
    """What the hops on the way show beside the end."""
    facts = []
    for hop in way:
        if len(hosts := _hosts(hop)) > 1:
            facts.append(
                f"hop {hop.distance} is {' or '.join(hosts)}: there are "
                "several ways, and each connect may take another"
            )
    last = max((hop.distance for hop in way if hop.answers), default=0)
    silent = [
        str(hop.distance)
        for hop in way
        if not hop.answers and hop.distance < last
    ]
    if silent:
        word = _plural(len(silent), "hop")
        facts.append(
            f"{word} {', '.join(silent)} said nothing and let the SYN "
            "through: silence alone means nothing"
        )
    return tuple(facts)


def _lost(direct: Any, hop: Any) -> tuple[str, ...]:
    """SYNs that should have come as far, and were not answered."""
    facts = []
    if not direct.answers:
        facts.append("the first SYN of all was not answered")
    elif direct.end is not None and direct.end.kind != hop.end.kind:
        facts.append(
            f"a connect of full reach met something else: "
            f"{_KINDS[direct.end.kind]} of {direct.end.host}, on another way"
        )
    missing = hop.tries - len(hop.answers)
    if missing and hop.distance is not None:
        facts.append(
            f"{missing} of {hop.tries} connects to hop {hop.distance} got no "
            "answer: on one of several ways it is lost, or now and then"
        )
    if hop.end.elapsed > _SENT_AGAIN:
        facts.append("the SYN had to be sent again: the first was lost")
    return tuple(facts)


def _hosts(hop: Any) -> list[str]:
    named = (answer.host for answer in hop.answers if answer.host)
    return list(dict.fromkeys(named))


def _distance(hop: Any) -> str:
    return "" if hop.distance is None else f" at hop {hop.distance}"


def _plural(count: int, word: str) -> str:
    return word if count == 1 else f"{word}s"


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
