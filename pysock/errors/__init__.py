"""Every failure of TCP, typed.

`CATALOGUE` has the failures as data; the classes are made from the same
rows. All of them are `SocketError`, which is an `OSError`.
"""

from pysock.errors.attempts import AllAttemptsFailedError
from pysock.errors.base import SocketError, show_address, variant
from pysock.errors.catalogue import CATALOGUE
from pysock.errors.choose import (
    class_for,
    deadline_error,
    error_for,
    transfer_class,
)
from pysock.errors.failure import Failure
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
    ResolveError,
    ResourceLimitError,
    TransferError,
    TransferTimeoutError,
    TransferWouldBlockError,
    WriteAfterShutdownError,
)

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
    "ClosedSocketError",
    "ConnectAlreadyError",
    "ConnectDeniedError",
    "ConnectError",
    "ConnectInProgressError",
    "ConnectRefusedError",
    "ConnectTimeoutError",
    "ConnectUnreachableError",
    "ConnectionKilledError",
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
    "ResolveError",
    "ResourceLimitError",
    "SocketError",
    "TransferError",
    "TransferTimeoutError",
    "TransferWouldBlockError",
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
