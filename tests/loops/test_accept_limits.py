"""accept_loop with nothing left to accept with, and with nothing to do."""

from support.queued import run_child

# Makes `limit(spare)`: from then on so many descriptors can still be opened.
CHILD = """
import errno, os, resource, signal, socket, sys, threading, time, pysock
def limit(spare):
    held = [os.open("/dev/null", os.O_RDONLY) for _ in range(spare + 1)]
    resource.setrlimit(resource.RLIMIT_NOFILE, (held[-1], 4096))
    for fd in held:
        os.close(fd)
ls = pysock.create_server(("127.0.0.1", 0), backlog=100)
def connect(count):
    return [socket.create_connection(ls.getsockname()) for _ in range(count)]
"""


def test_out_of_descriptors_keeps_the_queue_and_does_not_spin():
    run_child(
        CHILD
        + """
theirs = connect(3)
said = []
loop = pysock.accept_loop(ls, on_error=lambda error, stats: said.append(error))
limit(0)
freed = []
def free():
    resource.setrlimit(resource.RLIMIT_NOFILE, (1000, 4096))
timer = threading.Timer(0.6, free)
timer.start()
cpu = time.process_time()
got = [next(loop) for _ in range(3)]
cpu = time.process_time() - cpu
timer.join()
assert [a for _, a in got] == [c.getsockname() for c in theirs]
# 5 ms, doubled: after 0.6 s it is the eighth try.
assert 6 <= len(said) <= 9, len(said)
assert loop.stats.pauses == loop.stats.errors == len(said)
assert all(type(e) is pysock.errors.DescriptorLimitError for e in said)
assert cpu < 0.2, cpu
# The pause is forgotten after a success.
theirs += connect(1)
limit(0)
before = len(said)
timer = threading.Timer(0.05, free)
timer.start()
got.append(next(loop))
timer.join()
assert len(said) - before >= 2, len(said) - before
loop.close()
for sock, _ in got: sock.close()
for sock in theirs: sock.close()
ls.close()
"""
    )


def test_out_of_descriptors_sheds_with_a_reset():
    run_child(
        CHILD
        + """
theirs = connect(10)
said = []
ls.settimeout(0.3)
loop = pysock.accept_loop(
    ls, batch=4, out_of_descriptors="shed",
    on_error=lambda error, stats: said.append((type(error), stats.shed)),
)
limit(3)
got = []
try:
    for pair in loop:
        got.append(pair)
except TimeoutError:
    pass
assert [a for _, a in got] == [c.getsockname() for c in theirs[:3]]
assert loop.stats.shed == 7, loop.stats
assert said[0] == (pysock.errors.DescriptorLimitError, 4), said
for sock in theirs[3:]:
    try:
        sock.recv(1)
    except ConnectionResetError:
        continue
    raise AssertionError("not reset")
resource.setrlimit(resource.RLIMIT_NOFILE, (1000, 4096))
theirs += connect(1)
got.append(next(loop))
stats = loop.stats
assert stats.accepted + stats.shed == 11, stats
loop.close()
for sock, _ in got: sock.close()
for sock in theirs: sock.close()
ls.close()
"""
    )


def test_without_the_reserve_it_pauses_instead_of_shedding():
    run_child(
        CHILD
        + """
theirs = connect(2)
ls.settimeout(0)
# The eventfd takes the last descriptor, so none is left for the reserve.
limit(1)
loop = pysock.accept_loop(ls, out_of_descriptors="shed")
assert list(loop) == []
assert loop.retry_in > 0
assert loop.stats.shed == 0 and loop.stats.pauses == 1, loop.stats
assert list(loop) == []
resource.setrlimit(resource.RLIMIT_NOFILE, (1000, 4096))
deadline = time.monotonic() + 10
got = []
while len(got) < 2:
    assert time.monotonic() < deadline
    time.sleep(loop.retry_in)
    got += loop
assert loop.retry_in == 0
loop.close()
for sock, _ in got: sock.close()
for sock in theirs: sock.close()
ls.close()
"""
    )


def test_an_idle_loop_uses_no_cpu():
    used = run_child(
        CHILD
        + """
loop = pysock.accept_loop(ls)
threading.Timer(3, ls.close).start()
cpu = time.process_time()
assert list(loop) == []
print(time.process_time() - cpu)
"""
    )
    assert float(used) < 0.05
