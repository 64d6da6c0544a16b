"""What four pages of docs/errors/ say of a connection that was kept open."""

# What had happened, by the code that it gives.
CODES = {
    "peer-closed": "its FIN had come; the read of the answer found it",
    "broken-pipe": (
        "the same, and the program wrote once more after the RST that "
        "answered the request"
    ),
    "peer-reset-unanswered": (
        "the request was answered with a RST: the server, or a machine in "
        "between, had forgotten the connection"
    ),
    "peer-reset-idle": "a RST had come before the request",
}


def section(code):
    """Give the paragraphs for a code; none if it is not one of these."""
    if code not in CODES:
        return
    yield "## Was the connection kept from an earlier request?"
    yield (
        "A client that keeps connections, such as a `requests.Session` or a "
        "pool, can meet this with nothing wrong in its request. The server "
        "closes what has lain unused for too long, and the client learns of "
        "it with its next request. The code depends on what came when:"
    )
    yield "\n".join(
        ["| code | what had happened |", "| --- | --- |"]
        + [
            f"| {named(each, code)} | {happened} |"
            for each, happened in CODES.items()
        ]
    )
    yield (
        "How long it had lain unused decides. The note under `pysock run` "
        "says so where it is known (`the connection had lain unused for "
        "75 s`); a typed exception has `error.idle`, the seconds since data "
        "last came from the peer. If that is the server's limit or more "
        "(nginx: `keepalive_timeout`, gunicorn: `--keep-alive`, uvicorn: "
        "`--timeout-keep-alive`), this is the likely reason. If an answer "
        "had begun, or none had ever come over this connection, it is not "
        "the reason: the server gave up on this very request, and its log of "
        "that moment may say why."
    )
    yield (
        "Keep unused connections for less long than the server does. Send "
        "again, on a new connection, what may be repeated: [may I send it "
        "again?](../howto/retry.md) In requests "
        '`session.mount("http://", HTTPAdapter(max_retries=Retry(2)))` does '
        "it, for idempotent methods only."
    )


def named(code, here):
    return f"`{code}`, this page" if code == here else f"[{code}]({code}.md)"
