"""grpcio: two questions, a failure in between."""

from pathlib import Path

import grpc


def client(at):
    target = f"{at.host}:{at.port}"
    if at.tls:
        trusted = Path(at.ca_file).read_bytes()
        channel = grpc.secure_channel(
            target, grpc.ssl_channel_credentials(trusted)
        )
    else:
        channel = grpc.insecure_channel(target)
    call = channel.unary_unary("/ours.Service/Ask")
    call(b"", timeout=at.patience)
    at.pause()
    call(b"", timeout=at.patience)
