"""One socket read twice, as an entry and as a column of one: the same."""

from pysock.errors import show_address
from pysock.sock_diag.columns import Columns

# Bytes of TCP_INFO up to the last field that a column has.
NEEDED = 104


def assert_same(entry):
    """Everything that `Columns` has is what the entry says."""
    columns = Columns([entry])
    info, remote = entry.tcp_info, entry.remote
    if info is not None and len(info.raw) < NEEDED:
        info = None
    expected = {
        "states": int(entry.state),
        "recv_queues": entry.recv_queue,
        "send_queues": entry.send_queue,
        "retransmits": entry.retransmits,
        "inodes": entry.inode,
        "local": show_address(entry.local),
        "remote": show_address(remote) if entry.remote_port else "*",
        "peers": show_address((remote[0], None, *remote[2:])),
        "rtt_us": info and info.rtt_us,
        "snd_cwnd": info and info.snd_cwnd,
        "total_retrans": info and info.total_retrans,
        "drops": entry.drops,
    }
    if not entry.remote_port:
        expected["peers"] = "*"
    for name, value in expected.items():
        column = getattr(columns, name)
        assert list(column() if callable(column) else column) == [value], name
    assert (columns.timers[0] == 0) == (entry.timer is None)
