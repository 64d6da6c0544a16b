"""pymysql: two questions, a failure in between."""

import pymysql


def client(at):
    tls = {"ssl_ca": at.ca_file, "ssl_verify_cert": True} if at.tls else {}
    connection = pymysql.connect(
        host=at.host, port=at.port, user="me", connect_timeout=at.patience,
        read_timeout=at.patience, autocommit=True, **tls,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("select 42")
        at.pause()
        cursor.execute("select 42")
