"""urllib3: two questions, a failure in between."""

import urllib3


def client(at):
    url = f"{'https' if at.tls else 'http'}://{at.host}:{at.port}/"
    pool = urllib3.PoolManager(
        timeout=at.patience, retries=False, ca_certs=at.ca_file
    )
    pool.request("GET", url)
    at.pause()
    pool.request("GET", url)
