"""The standard http.client: two questions, a failure in between."""

import http.client
import ssl


def client(at):
    if at.tls:
        connection = http.client.HTTPSConnection(
            at.host, at.port, timeout=at.patience,
            context=ssl.create_default_context(cafile=at.ca_file),
        )  # fmt: skip
    else:
        connection = http.client.HTTPConnection(
            at.host, at.port, timeout=at.patience
        )
    connection.request("GET", "/")
    connection.getresponse().read()
    at.pause()
    connection.request("GET", "/")
    connection.getresponse().read()
