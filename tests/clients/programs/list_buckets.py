"""As much of S3 as it takes to list one bucket, over http.server."""

import http.server
import sys

ANSWER = b"""<?xml version="1.0" encoding="UTF-8"?>
<ListAllMyBucketsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
<Owner><ID>me</ID></Owner>
<Buckets><Bucket><Name>one</Name></Bucket></Buckets>
</ListAllMyBucketsResult>
"""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(ANSWER)))
        self.end_headers()
        self.wfile.write(ANSWER)

    def log_message(self, *args):
        pass


address = ("127.0.0.1", int(sys.argv[1]))
with http.server.ThreadingHTTPServer(address, Handler) as server:
    server.serve_forever()
