"""All causes there are, and those codes that others make."""

from lab.causes import (
    accepting,
    binding,
    connecting,
    ending,
    local,
    naming,
    nearby,
    odd,
    waiting,
)

EVERY = (
    *connecting.CAUSES,
    *nearby.CAUSES,
    *binding.CAUSES,
    *accepting.CAUSES,
    *ending.CAUSES,
    *waiting.CAUSES,
    *naming.CAUSES,
    *local.CAUSES,
    *odd.CAUSES,
)

# What only pysock's own class has: recv_exactly, take_error.
ONLY_TYPED = (*connecting.TYPED, *ending.TYPED)

# What the noted face leaves alone: it is no failure.
NOT_NOTED = frozenset(
    {"would-block", "accept-empty", "connect-in-progress", "connect-already"}
)

# Answers that say "it cannot be told", and what they may stand for.
CANNOT_TELL = {
    "connect-refused": ("connect-refused-reset", "connect-refused-icmp"),
    "peer-reset": (
        "peer-reset-idle",
        "peer-reset-unanswered",
        "peer-reset-at-once",
    ),
    "timeout": (
        "timeout-peer-silent",
        "timeout-program-slow",
        "timeout-window-closed",
        "timeout-nothing-sent",
    ),
}
