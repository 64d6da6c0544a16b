"""asyncio's streams over uvloop: two questions, and a pause in which the failure happens."""

import uvloop
from asyncio_streams import talk


def client(at):
    uvloop.run(talk(at))
