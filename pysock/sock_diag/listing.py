"""Entries made of the blocks that the kernel answered with."""

from __future__ import annotations

from itertools import chain, repeat

from pysock.sock_diag.entry import Entry, inode_of
from pysock.sock_diag.processes import Process, owners

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pysock.sock_diag.netlink import Block


def each_once(
    blocks: list[Block],
    protocol: int,
    held: dict[int, tuple[Process, ...]] | None,
) -> Iterator[Entry]:
    """Make the entries; one that came twice only the second time.

    A socket that changes its state, or its neighbours in the table, while
    the kernel walks there may be met again.
    """
    met = set().union(*(block.cookies for block in blocks))
    if len(met) == sum(len(block.cookies) for block in blocks):
        # Without a frame of ours: a generator takes a fifth longer.
        return chain.from_iterable(
            map(
                Entry,
                repeat(block.content),
                block.starts,
                block.ends,
                repeat(protocol),
                repeat(held),
            )
            for block in blocks
        )
    latest = {}
    for block in blocks:
        for cookie, start, end in zip(
            block.cookies, block.starts, block.ends, strict=True
        ):
            latest[cookie] = (block.content, start, end)
    return (Entry(*where, protocol, held) for where in latest.values())


def owners_of(blocks: list[Block]) -> dict[int, tuple[Process, ...]]:
    """Find out who holds the sockets of these blocks; walks `/proc`."""
    inodes = {
        inode_of(block.content, start)
        for block in blocks
        for start in block.starts
    }
    return owners(inodes - {0})
