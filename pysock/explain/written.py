"""What became of what this program wrote, and what was heard since."""

from __future__ import annotations

from pysock.explain.words import duration, many, times

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.explain.case import Case
    from pysock.tcp.info import TcpInfo

# Calls that fail only if the kernel has taken nothing of what they were given.
_ALL_OR_NOTHING = ("send", "sendto", "sendmsg")


def see_delivery(case: Case) -> None:
    """What became of what this program wrote."""
    if case.error.call in _ALL_OR_NOTHING:
        case.facts.append("nothing of this write was taken")
    delivery = case.error.delivery
    if delivery is None:
        return
    told, left = delivery.acknowledged, delivery.unacknowledged
    if left:
        after = ", all written after its FIN had come"
        case.facts.append(
            f"{many(left, 'byte')} of this program's were not acknowledged"
            f"{after if delivery.fin_first else ''}"
        )
        if told:
            case.facts.append(f"{many(told, 'byte')} before them were")
    elif told:
        case.facts.append(
            f"all {many(told, 'byte')} of this program's were acknowledged"
        )
    see_handshake(case)


def see_handshake(case: Case) -> None:
    """Whether the connect had been slow: its first segment was lost.

    What was sent again without a byte of data is a SYN, a SYN-ACK or a FIN,
    and a FIN this program has not sent.
    """
    info, delivery = case.info, case.error.delivery
    if info is None or delivery is None or case.error._sent_fin:
        return
    if info.total_retrans and info.bytes_retrans == delivery[1] == 0:
        case.facts.append(
            "the handshake had been slow: its first segment was lost, and "
            f"sent again {times(info.total_retrans)}"
        )


def heard(info: TcpInfo) -> int | None:
    """Milliseconds since anything came from the peer's host."""
    return info.last_ack_recv_ms


def ago(milliseconds: int) -> str:
    """How long ago something was."""
    if milliseconds == 0:
        return "just now"
    return f"{duration(milliseconds / 1000)} ago"
