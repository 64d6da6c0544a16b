"""A row out of an entry; `test_sock_diag.py` reads any bytes by it."""

import socket

from pysock import sock_diag
from pysock.raw.calls import ffi, lib


def test_row_of_a_listener():
    with socket.create_server(("127.0.0.1", 0), backlog=7) as listener:
        port = listener.getsockname()[1]
        [entry] = sock_diag.sockets("LISTEN", local_port=port, memory=True)
        rows = ffi.new("struct pysock_diag_row[3]")
        raw = entry.raw
        assert lib.pysock_diag_row(raw, 0, len(raw), rows, 1) == 1
        row = rows[1]
        assert bytes(row.local_ip)[:4] == bytes([127, 0, 0, 1])
        assert (row.local_port, row.remote_port) == (port, 0)
        assert (row.family, row.state) == (socket.AF_INET, 10)
        assert (row.recv_queue, row.send_queue) == (0, 7)
        assert row.inode == entry.inode
        assert (row.has_info, row.has_memory) == (0, 1)
        # The neighbours are as they were.
        nothing = bytes(ffi.sizeof("struct pysock_diag_row"))
        assert bytes(ffi.buffer(rows + 0, len(nothing))) == nothing
        assert bytes(ffi.buffer(rows + 2, len(nothing))) == nothing


def test_no_whole_entry():
    rows = ffi.new("struct pysock_diag_row[1]")
    size = lib.PYSOCK_DIAG_HEADER
    block = b"\x02" * size
    assert lib.pysock_diag_row(block, 0, size, rows, 0) == 1
    assert rows[0].has_info == rows[0].has_memory == 0
    for start, end in ((0, size - 1), (1, size), (5, 3)):
        assert lib.pysock_diag_row(block, start, end, rows, 0) == 0
        assert not any(bytes(ffi.buffer(rows)))
