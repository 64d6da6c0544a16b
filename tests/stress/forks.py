"""Forks while threads connect; run as a script of its own.

    python forks.py CHILDREN

Threads connect, talk and close all the time. Meanwhile the main thread forks;
each child connects, uses what it inherited, and must end well, and nothing
may happen to the parent's connections. Prints the counts as JSON.
"""

import faulthandler
import json
import os
import signal
import sys
import threading
import warnings

import pysock

THREADS = 4


def serve(listener):
    """Echo what comes, one connection after the other."""
    for sock, _ in listener:
        with sock:
            sock.settimeout(5)
            try:
                sock.sendall(sock.recv_exactly(5))
            except pysock.errors.SocketError:
                pass  # a child that ended before it spoke


def talk(where):
    with pysock.socket(pysock.AF_INET) as sock:
        sock.connect(where)
        sock.setblocking(True)
        sock.sendall(b"hello")
        if sock.recv_exactly(5) != b"hello":
            raise AssertionError("not the echo")
        if not os.get_blocking(sock.fileno()):
            raise AssertionError("left non-blocking")


def child(where, inherited):
    """What a forked child may do; its exit status says whether it went."""
    # Not faulthandler's timer: its thread is not in the child, and starting it
    # anew waits for that.
    signal.alarm(20)
    talk(where)
    try:
        inherited.connect(("127.0.0.1", 1))
    except pysock.errors.ConnectRefusedError as error:
        str(error), error.to_dict()
    inherited.close()
    os._exit(0)


def main():
    children = int(sys.argv[1])
    faulthandler.enable()
    faulthandler.dump_traceback_later(30 + children, exit=True)
    # 3.12 and later: a fork beside threads is what is tested here.
    warnings.simplefilter("ignore", DeprecationWarning)
    listener = pysock.create_server(("127.0.0.1", 0), backlog=1000)
    where = listener.getsockname()
    loop = pysock.accept_loop(listener)
    server = threading.Thread(target=serve, args=(loop,))
    server.start()
    stop = threading.Event()
    talks, failures = [0] * THREADS, []

    def work(number):
        while not stop.is_set():
            try:
                talk(where)
                talks[number] += 1
            except BaseException as error:
                failures.append(repr(error))
                return

    threads = [
        threading.Thread(target=work, args=(n,)) for n in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    bad = []
    for number in range(children):
        inherited = pysock.socket()
        pid = os.fork()
        if pid == 0:
            try:
                child(where, inherited)
            finally:
                os._exit(1)
        inherited.close()
        _, status = os.waitpid(pid, 0)
        if status != 0:
            bad.append((number, status))
    stop.set()
    for thread in threads:
        thread.join()
    listener.close()
    server.join()
    loop.close()
    print(json.dumps({"talks": talks, "failures": failures, "bad": bad}))


main()
