"""The cancel scopes of trio and anyio that have cancelled the running task.

One of them raises the timeout, perhaps in another task: whose nursery or task
group this one is in.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_BACKEND = "anyio._backends._asyncio"
# So many scopes, one in another, are looked at.
_DEEP = 1000


def cancelled_in_trio(task: Any) -> Iterator[Any]:
    """The cancelled scopes around a task of trio's."""
    status = getattr(task, "_cancel_status", None)
    for _ in range(_DEEP):
        if status is None:
            return
        # Not cancel_called: that looks at the clock, and cancels.
        if status._scope._cancel_called:
            yield status._scope
        status = status._parent


def cancelled_in_asyncio(task: Any) -> Iterator[Any]:
    """The cancelled scopes of anyio's around a task of asyncio's.

    asyncio's own timeouts leave the cancellation in the exception's chain.
    """
    states: Any = getattr(sys.modules.get(_BACKEND), "_task_states", {})
    scope = getattr(states.get(task), "cancel_scope", None)
    for _ in range(_DEEP):
        if scope is None:
            return
        if scope._cancel_called:
            yield scope
        scope = scope._parent_scope
