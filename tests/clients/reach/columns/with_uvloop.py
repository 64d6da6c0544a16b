import uvloop
from asyncio_streams import talk


def client(at):
    uvloop.run(talk(at))
