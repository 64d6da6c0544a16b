"""Which calls are of one kind, by the names of the socket's methods."""

CONNECT = ("connect",)
BIND = ("bind", "listen")
ACCEPT = ("accept",)
RECEIVE = (
    "recv",
    "recv_into",
    "recvfrom",
    "recvfrom_into",
    "recvmsg",
    "recvmsg_into",
    "recv_exactly",
)
SEND = ("send", "sendall", "sendto", "sendmsg", "sendfile")
TRANSFER = RECEIVE + SEND
TLS = ("do_handshake", "read", "write", "unwrap")
DIAG = ("sockets", "find", "destroy", "obituaries", "syn_received")
ANY = ("any",)
