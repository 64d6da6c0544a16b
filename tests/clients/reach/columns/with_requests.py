"""requests: two questions, a failure in between."""

import requests


def client(at):
    url = f"{'https' if at.tls else 'http'}://{at.host}:{at.port}/"
    with requests.Session() as session:
        session.trust_env = False
        session.verify = at.ca_file or True
        session.get(url, timeout=at.patience)
        at.pause()
        session.get(url, timeout=at.patience)
