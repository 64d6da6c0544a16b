"""The object behind the pytest fixture: every manager, ended together."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pysock.testing
from pysock.testing.address import Address
from pysock.testing.network import NetworkAddress
from pysock.testing.phases import Failure
from pysock.testing.unavailable import Unavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any


class Failing:
    """Each manager of `pysock.testing` as a method that gives its address.

    What the methods start ends when this does, in the opposite order.

    Attributes:
        address: where the failure is that the test is run under by
            ``pysock_failures``; ``None`` without that mark.
    """

    def __init__(
        self,
        failure: Failure | None = None,
        skip: Callable[[str], Any] | None = None,
    ) -> None:
        """Begin.

        Args:
            failure: brought about on entering.
            skip: called with the reason where a failure cannot be brought
                about here; ``None``: the methods raise `Unavailable`.
        """
        self.address: Address | None = None
        self._failure = failure
        self._skip = skip
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Failing:
        if self._failure is not None:
            self.address = self._begin(self._failure.begin)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    def run_in(
        self, address: NetworkAddress, *args: Any, **kwargs: Any
    ) -> Any:
        """Do as `pysock.testing.run_in`; skip where it is unavailable."""
        return self._or_skip(
            lambda: pysock.testing.run_in(address, *args, **kwargs)
        )

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_") or name not in pysock.testing.MANAGERS:
            raise AttributeError(f"pysock.testing has no manager {name!r}")
        manager = getattr(pysock.testing, name)

        def begin(*args: Any, **kwargs: Any) -> Any:
            return self._begin(lambda: manager(*args, **kwargs))

        return begin

    def __dir__(self) -> list[str]:
        """Name the managers too."""
        return sorted({*super().__dir__(), *pysock.testing.MANAGERS})

    def _begin(self, make: Callable[[], Any]) -> Any:
        return self._or_skip(lambda: self._stack.enter_context(make()))

    def _or_skip(self, call: Callable[[], Any]) -> Any:
        try:
            return call()
        except Unavailable as error:
            if self._skip is None:
                raise
            return self._skip(str(error))
