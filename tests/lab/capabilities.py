"""Run something without root's powers, in a thread that gave them up."""

import ctypes
import os
import struct
import threading

_VERSION_3 = 0x20080522
_libc = ctypes.CDLL(None, use_errno=True)


def call_without_capabilities(function):
    """Run a function in a thread of its own, with no capability left.

    Returns what it returns, raises what it raises.
    """
    outcome = {}

    def run():
        try:
            header = struct.pack("Ii", _VERSION_3, 0)  # 0: this thread
            if _libc.capset(header, bytes(24)) != 0:
                number = ctypes.get_errno()
                raise OSError(number, f"capset: {os.strerror(number)}")
            outcome["result"] = function()
        except BaseException as error:
            outcome["error"] = error

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if "error" in outcome:
        raise outcome["error"].with_traceback(None)
    return outcome["result"]
