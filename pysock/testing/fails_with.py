"""An assertion: a block fails, and by which failure of a socket."""

from __future__ import annotations

from _thread import allocate_lock

from pysock.explain.chain import details
from pysock.integrations import noting
from pysock.integrations.install import install, uninstall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType

    from pysock.errors import SocketError


_lock = allocate_lock()
# Blocks that are going on now, in whatever thread or task.
_blocks = 0
# Whether the noted face is there for them alone.
_is_ours = False


class fails_with:
    """Assert that a block fails by a failure of a socket, whoever wraps it.

    As `pytest.raises`, but the exception may be any client library's: what
    counts is what `pysock.details` finds behind it. For that the block runs
    under `pysock.install()`, in the whole process, unless it is there anyway.

    Attributes:
        exception: what the block raised; ``None`` before.
        details: the typed exception behind it; ``None`` before.
    """

    def __init__(
        self,
        *,
        code: str | tuple[str, ...] = (),
        error: type[BaseException] | tuple[type[BaseException], ...] = (
            Exception
        ),
    ) -> None:
        """Say what is expected.

        Args:
            code: of the failure, such as ``"connect-refused-reset"``, or
                several of which it must be one; none given: any.
            error: what the block must raise. Anything else passes through.
        """
        self.exception: BaseException | None = None
        self.details: SocketError | None = None
        self._codes = (code,) if isinstance(code, str) else tuple(code)
        self._error = error

    def __enter__(self) -> fails_with:
        _begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        _end()
        expected = " or ".join(self._codes) or "a failure of a socket"
        if error is None:
            raise AssertionError(f"nothing failed; expected: {expected}")
        if not isinstance(error, self._error):
            return False
        found = details(error)
        if found is None:
            raise AssertionError(
                f"{type(error).__name__} has no failure of a socket behind "
                f"it; expected: {expected}"
            ) from error
        if self._codes and found.code not in self._codes:
            raise AssertionError(
                f"expected: {expected}; it was {found.code}\n{found.explain()}"
            ) from error
        self.exception, self.details = error, found
        return True


def _begin() -> None:
    """Have the noted face for one block more."""
    global _blocks, _is_ours
    with _lock:
        if not noting.active:
            install()
            _is_ours = True
        _blocks += 1


def _end() -> None:
    """The last block of all leaves the process as the first found it."""
    global _blocks, _is_ours
    with _lock:
        _blocks -= 1
        if _is_ours and not _blocks:
            _is_ours = False
            uninstall()
