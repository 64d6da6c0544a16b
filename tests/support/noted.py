"""Pieces of the scripts that try the noted face, each in a process."""

# A refused connect, and whether an exception is noted; to be indented.
FAIL = """
    import contextlib, socket, pysock

    def refused(make=socket.socket):
        with socket.socket() as bound, make() as sock:
            bound.bind(("127.0.0.1", 0))
            sock.settimeout(5)
            try:
                sock.connect(bound.getsockname())
            except OSError as error:
                return error

    def is_noted(error):
        noted = hasattr(error, "__notes__")
        assert noted == (pysock.details(error) is not None)
        return noted
"""
