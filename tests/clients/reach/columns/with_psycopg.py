"""psycopg: two questions, a failure in between."""

import psycopg


def client(at):
    tls = {"sslmode": "disable"}
    if at.tls:
        tls = {"sslmode": "verify-ca", "sslrootcert": at.ca_file}
    connection = psycopg.connect(
        host=at.host, port=at.port, user="me", dbname="ours", autocommit=True,
        connect_timeout=at.patience, tcp_user_timeout=at.patience * 1000,
        gssencmode="disable", **tls,
    )  # fmt: skip
    connection.execute("select 42")
    at.pause()
    connection.execute("select 42")
