"""A Celery application with one task; the broker is in the environment."""

import os

from celery import Celery

app = Celery("celery_app", broker=os.environ["BROKER"], backend="rpc://")
app.conf.broker_connection_retry_on_startup = True
app.conf.worker_hijack_root_logger = False


@app.task
def add(a, b):
    return a + b
