"""asyncio's streams over uvloop: two questions, a failure in between."""

import uvloop
from asyncio_streams import talk


def client(at):
    uvloop.run(talk(at))
