"""Every failure of TCP, typed.

All classes are `SocketError`, which is an `OSError`. `CATALOGUE` has the
failures as data, and what each of their causes means.

Nothing of it is loaded before somebody asks: most programs never do.
"""

import sys as _sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pysock.errors.attempts import AllAttemptsFailedError
    from pysock.errors.base import SocketError, show_address, variant
    from pysock.errors.catalogue import CATALOGUE
    from pysock.errors.choose import (
        class_for,
        deadline_error,
        error_for,
        transfer_class,
    )
    from pysock.errors.delivery import Delivery
    from pysock.errors.failure import Cause, Failure
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

# Where the names are; the last two are for who asks for them.
_PARTS = ("base", "origin", "delivery", "tree", "attempts", "choose")
_FOR_FEW = {
    "CATALOGUE": "catalogue",
    "Cause": "failure",
    "Failure": "failure",
}

if not TYPE_CHECKING:  # a checker would take any name for one of ours

    def __getattr__(name: str) -> object:
        """Give what is loaded late."""
        if name not in __all__:
            raise AttributeError(
                f"module {__name__!r} has no attribute {name!r}"
            )
        for part in (_FOR_FEW[name],) if name in _FOR_FEW else _PARTS:
            whole = f"{__name__}.{part}"
            __import__(whole)
            names = vars(_sys.modules[whole])
            for each in __all__:
                if each in names:
                    globals().setdefault(each, names[each])
        return globals()[name]


def __dir__() -> list[str]:
    """Name what is loaded late too."""
    return sorted({*globals(), *__all__})
