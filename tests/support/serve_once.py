"""The source of `serve(act)`, for the scripts of children.

`act` gets the first connection, in a thread of its own; what is to stay open
is put into `held`.
"""

SERVE = """
    held = []

    def serve(act):
        listener = socket.create_server(("127.0.0.1", 0))
        held.append(listener)
        def run():
            with contextlib.suppress(OSError):
                act(listener.accept()[0])
        threading.Thread(target=run, daemon=True).start()
        return listener.getsockname()
"""
