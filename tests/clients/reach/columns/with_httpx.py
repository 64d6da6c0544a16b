"""httpx: two questions, a failure in between."""

import ssl

import httpx


def client(at):
    url = f"{'https' if at.tls else 'http'}://{at.host}:{at.port}/"
    context = ssl.create_default_context(cafile=at.ca_file)
    with httpx.Client(
        verify=context, timeout=at.patience, trust_env=False
    ) as session:
        session.get(url)
        at.pause()
        session.get(url)
