"""Every failure of TCP, typed.

All classes are `SocketError`, which is an `OSError`. `CATALOGUE` has the
failures as data, and what each of their causes means; it is loaded when it is
asked for.
"""

from pysock.errors.attempts import AllAttemptsFailedError
from pysock.errors.base import SocketError, show_address, variant
from pysock.errors.choose import (
    class_for,
    deadline_error,
    error_for,
    transfer_class,
)
from pysock.errors.delivery import Delivery
from pysock.errors.origin import KINDS, Origin
from pysock.errors.tree import (
    AcceptAbortedError,
    AcceptError,
    AcceptNetworkError,
    AcceptTimeoutError,
    AcceptWouldBlockError,
    AddressInUseError,
    AddressUnavailableError,
    AlreadyConnectedError,
    BindDeniedError,
    BindError,
    BrokenConnectionError,
    ClosedSocketError,
    ConnectAlreadyError,
    ConnectDeniedError,
    ConnectError,
    ConnectInProgressError,
    ConnectionKilledError,
    ConnectRefusedError,
    ConnectResetError,
    ConnectTimeoutError,
    ConnectUnreachableError,
    DescriptorLimitError,
    DiagDeniedError,
    DiagError,
    HostUnreachableError,
    NetworkUnreachableError,
    NotConnectedError,
    NotListeningError,
    NotTcpError,
    PeerClosedError,
    PeerResetError,
    PeerSilentError,
    PeerUnreachableError,
    ReadAfterEndError,
    ResolveError,
    ResourceLimitError,
    TlsError,
    TransferError,
    TransferTimeoutError,
    TransferWouldBlockError,
    UnixConnectError,
    WriteAfterShutdownError,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.errors.catalogue import CATALOGUE
    from pysock.errors.failure import Cause, Failure

__all__ = [
    "CATALOGUE",
    "KINDS",
    "AcceptAbortedError",
    "AcceptError",
    "AcceptNetworkError",
    "AcceptTimeoutError",
    "AcceptWouldBlockError",
    "AddressInUseError",
    "AddressUnavailableError",
    "AllAttemptsFailedError",
    "AlreadyConnectedError",
    "BindDeniedError",
    "BindError",
    "BrokenConnectionError",
    "Cause",
    "ClosedSocketError",
    "ConnectAlreadyError",
    "ConnectDeniedError",
    "ConnectError",
    "ConnectInProgressError",
    "ConnectRefusedError",
    "ConnectResetError",
    "ConnectTimeoutError",
    "ConnectUnreachableError",
    "ConnectionKilledError",
    "Delivery",
    "DescriptorLimitError",
    "DiagDeniedError",
    "DiagError",
    "Failure",
    "HostUnreachableError",
    "NetworkUnreachableError",
    "NotConnectedError",
    "NotListeningError",
    "NotTcpError",
    "Origin",
    "PeerClosedError",
    "PeerResetError",
    "PeerSilentError",
    "PeerUnreachableError",
    "ReadAfterEndError",
    "ResolveError",
    "ResourceLimitError",
    "SocketError",
    "TlsError",
    "TransferError",
    "TransferTimeoutError",
    "TransferWouldBlockError",
    "UnixConnectError",
    "WriteAfterShutdownError",
    "class_for",
    "deadline_error",
    "error_for",
    "show_address",
    "transfer_class",
    "variant",
]

# A traceback names the place where users find a class, not our file.
for _public in list(vars().values()):
    if isinstance(_public, type) and _public.__module__.startswith(__name__):
        _public.__module__ = __name__


if not TYPE_CHECKING:  # a checker would take any name for one of ours

    def __getattr__(name: str) -> object:
        """Give what is loaded late: the catalogue, and what its rows are."""
        if name == "CATALOGUE":
            from pysock.errors import catalogue as module
        elif name in ("Cause", "Failure"):
            from pysock.errors import failure as module  # type: ignore[no-redef]
        else:
            raise AttributeError(
                f"module {__name__!r} has no attribute {name!r}"
            )
        value: object = vars(module)[name]
        globals()[name] = value
        return value
