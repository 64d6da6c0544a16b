"""The same answer by flask (WSGI) and as plain ASGI."""

import flask

app = flask.Flask(__name__)


@app.get("/")
def hello():
    return "hello"


async def asgi(scope, receive, send):
    assert scope["type"] == "http"
    await send(
        {
            "type": "http.response.start",
            "status": 200,
            "headers": [(b"content-length", b"5")],
        }
    )
    await send({"type": "http.response.body", "body": b"hello"})
