"""Connections that stand still: dead peers, and programs that do not read."""

from __future__ import annotations

from pysock.explain.finding import DOUBTFUL, WRONG, Finding
from pysock.explain.machine.survey import host_of, shown, top
from pysock.explain.words import duration, many, size
from pysock.tcp.state import TcpState

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pysock.explain.machine.survey import Survey
    from pysock.sock_diag.entry import Entry

_CONNECTED = (
    TcpState.ESTABLISHED,
    TcpState.CLOSE_WAIT,
    TcpState.FIN_WAIT1,
    TcpState.LAST_ACK,
    TcpState.CLOSING,
)
# Seconds of silence that no working connection has while data waits.
_SILENT = 1.0
_UNREAD = 2.0


def findings(survey: Survey) -> Iterator[Finding]:
    """Look at each connection that has something to do."""
    silent: list[Entry] = []
    closed: list[Entry] = []
    unread: dict[int, Entry] = {}
    for entry in survey.in_state(*_CONNECTED):
        if is_silent(survey, entry):
            silent.append(entry)
        elif _is_shut(survey, entry):
            closed.append(entry)
        elif _is_unread(survey, entry):
            unread[entry.cookie] = entry
    yield from _silent(survey, silent)
    for entry in closed:
        reader = survey.peer_of(entry)
        if reader is None or not reader.inode:
            yield _peer_not_reading(survey, entry)
        else:
            # Both ends are here: it is the reader that has to be named.
            unread[reader.cookie] = reader
    yield from _not_reading(survey, list(unread.values()))


def is_silent(survey: Survey, entry: Entry) -> bool:
    """Whether the peer has stopped to acknowledge anything."""
    if not entry.retransmits or entry.timer not in ("on", "keepalive"):
        return False
    both = survey.both(entry)
    if both is None:
        return False
    stall = both[0].stall(both[1])
    return (
        stall is not None
        and stall.kind == "peer_silent"
        and _silence(entry) >= _SILENT
    )


def _silence(entry: Entry) -> float:
    info = entry.tcp_info
    return 0.0 if info is None else (info.last_ack_recv_ms or 0) / 1000


def _silent(survey: Survey, entries: list[Entry]) -> Iterator[Finding]:
    """The dead peers, one finding for each."""
    peers: dict[str, list[Entry]] = {}
    for entry in entries:
        peers.setdefault(host_of(entry.remote), []).append(entry)
    for host, dead in peers.items():
        worst = max(dead, key=_silence)
        data = sum(entry.send_queue for entry in dead)
        if data:
            what = f"{size(data)} waiting for an acknowledgement, sent again"
        else:
            what = "asked whether it is there (keepalive)"
        times = many(worst.retransmits, "time")
        yield Finding(
            WRONG,
            "peer-silent",
            f"{host} has not answered on {many(len(dead), 'connection')} for "
            f"{duration(_silence(worst))}: {what} {times}; its host is gone, "
            "or something on the way drops what belongs to the connection",
            (
                f"held by {top(survey.who(entry) for entry in dead)}",
                f"for example {shown(worst.local)} to {shown(worst.remote)}",
            ),
            f"pysock path {host} {worst.remote_port}",
        )


def _is_shut(survey: Survey, entry: Entry) -> bool:
    """Whether the peer takes no more, at both looks."""
    both = survey.both(entry)
    if both is None or not both[0].notsent_bytes or not both[1].notsent_bytes:
        return False
    stall = both[0].stall(both[1])
    return (
        stall is not None
        and stall.kind == "window_closed"
        and both[0].bytes_acked == both[1].bytes_acked
    )


def _peer_not_reading(survey: Survey, entry: Entry) -> Finding:
    info = entry.tcp_info
    probes = info.probes if info is not None else None
    seen = [f"on {shown(entry.local)} to {shown(entry.remote)}"]
    if probes:
        seen.append(
            f"{many(probes, 'probe')} of the window unanswered: the peer may "
            "be gone as well"
        )
    return Finding(
        DOUBTFUL,
        "window-closed",
        f"{shown(entry.remote)} takes no more data from "
        f"{survey.who(entry)}: its program does not read, its window is "
        f"closed, and {size(entry.send_queue)} wait here",
        tuple(seen),
        f"on {host_of(entry.remote)}: pysock sockets {entry.remote_port}, "
        "and pysock ps of the process there",
    )


def _is_unread(survey: Survey, entry: Entry) -> bool:
    """Whether data lies here that the program has not taken for long."""
    before = survey.earlier.get(entry.cookie)
    info = entry.tcp_info
    if before is None or info is None or not entry.inode:
        return False
    # In CLOSE_WAIT one of the bytes is the FIN; that is another finding.
    if entry.state is TcpState.CLOSE_WAIT:
        return False
    return (
        entry.recv_queue > 0
        and before.recv_queue > 0
        and entry.recv_queue >= before.recv_queue
        and (info.last_data_recv_ms or 0) / 1000 >= _UNREAD
    )


def _not_reading(survey: Survey, entries: list[Entry]) -> Iterator[Finding]:
    """The programs that do not read, one finding for each."""
    programs: dict[str, list[Entry]] = {}
    for entry in entries:
        programs.setdefault(survey.who(entry), []).append(entry)
    for who, unread in programs.items():
        most = max(unread, key=lambda entry: entry.recv_queue)
        waits = [
            (info.last_data_recv_ms or 0) / 1000
            for entry in unread
            if (info := entry.tcp_info) is not None
        ]
        held = survey.holders(most)
        yield Finding(
            DOUBTFUL,
            "not-reading",
            f"{who} does not read: "
            f"{size(sum(entry.recv_queue for entry in unread))} on "
            f"{many(len(unread), 'connection')} wait for it, the last came "
            f"{duration(max(waits, default=0))} ago",
            (
                f"the most on {shown(most.local)} from "
                f"{shown(most.remote)}: {size(most.recv_queue)}",
            ),
            f"pysock ps {held[0].pid}" if held else None,
        )
