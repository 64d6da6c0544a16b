"""`pysock path` through real routers: where the SYN dies, and who says so."""

import json
import re

import pytest

from lab.routers import Line, left, right
from pysock.cli import main
from support import child
from support.command import interrupt, pysock_command, start

pytest_plugins = ["lab.fixtures"]

CLOSED = 9
FAST = "--timeout", "1.3"


@pytest.fixture
def line(lab_is_possible):
    """This machine, two routers, a target."""
    made = Line(4)
    yield made
    made.close()


def path(line, *words):
    """Run it on the first machine: status, and what it found as JSON."""
    with line.entered():
        done = pysock_command("path", *words, "--json")
    assert done.stderr == ""
    [found] = json.loads(done.stdout)
    return done.returncode, found


def hosts(found):
    """Who answered at each distance."""
    return {
        hop["distance"]: {answer["host"] for answer in hop["answers"]}
        for hop in found["hops"]
        if hop["distance"] is not None
    }


def test_open(line, version):
    server = line.listen(version)
    address = server.getsockname()
    status, found = path(line, *address[:2])
    assert status == 0
    assert found["open"] is True
    assert hosts(found) == {
        1: {right(0, version)},
        2: {right(1, version)},
        3: {line.target(version)},
    }
    assert found["verdict"]["code"] == "path-open"
    assert "at hop 3" in found["verdict"]["why"]
    assert found["verdict"]["seen"] == []
    assert found["verdict"]["try"] is None


def test_table(line, version):
    host, port = line.listen(version).getsockname()[:2]
    where = f"[{host}]:{port}" if version == 6 else f"{host}:{port}"
    with line.entered():
        done = pysock_command("path", where)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == where
    assert lines[1].split() == [
        "hop", "answer", "of", "after", "what", "it", "says",
    ]  # fmt: skip
    assert [row.split()[:2] for row in lines[2:5]] == [
        ["1", right(0, version)],
        ["2", right(1, version)],
        ["3", host],
    ]
    assert lines[4].endswith("SYN-ACK")
    assert lines[6].startswith("why ")


def test_closed_port(line, version):
    status, found = path(line, line.target(version), CLOSED)
    assert status == 1
    assert found["verdict"]["code"] == "path-refused"
    assert "RST" in found["verdict"]["why"]
    assert f"sport = :{CLOSED}" in found["verdict"]["try"]
    assert hosts(found)[3] == {line.target(version)}


def test_router_that_prohibits(line, version):
    target = line.target(version)
    line.on(2, f"ip -{version} route add prohibit {target}")
    status, found = path(line, target, CLOSED)
    assert status == 1
    assert found["verdict"]["code"] == "path-icmp"
    assert f"router {right(1, version)}" in found["verdict"]["why"]
    assert "administratively prohibited" in found["verdict"]["why"]
    assert right(1, version) in found["verdict"]["try"]


def test_target_whose_firewall_refuses(line, version):
    line.on(
        3,
        "nft add table inet lab",
        "nft add chain inet lab in '{ type filter hook input priority 0; }'",
        "nft add rule inet lab in meta l4proto tcp "
        "reject with icmpx port-unreachable",
    )
    status, found = path(line, line.target(version), CLOSED)
    assert status == 1
    assert found["verdict"]["code"] == "path-icmp"
    assert f"{line.target(version)} itself" in found["verdict"]["why"]
    assert "port unreachable" in found["verdict"]["why"]


def drop(line, number, hook, what="meta l4proto tcp"):
    """Let a machine drop what passes its firewall, and say nothing."""
    line.on(
        number,
        "nft add table inet lab",
        "nft add chain inet lab there "
        f"'{{ type filter hook {hook} priority 0; }}'",
        f"nft add rule inet lab there {what} drop",
    )


def test_firewall_of_a_router_drops(line, version):
    drop(line, 2, "forward")
    status, found = path(line, line.target(version), CLOSED, *FAST)
    assert status == 1
    verdict = found["verdict"]
    assert verdict["code"] == "path-dies"
    assert f"as far as {right(1, version)}, hop 2" in verdict["why"]
    assert "these look the same" in verdict["seen"][0]
    assert f"tcp port {CLOSED}" in verdict["try"]


def test_route_of_a_router_drops(line, version):
    target = line.target(version)
    line.on(2, f"ip -{version} route add blackhole {target}")
    status, found = path(line, target, CLOSED, *FAST)
    assert status == 1
    assert f"as far as {right(0, version)}, hop 1" in found["verdict"]["why"]


def test_target_drops(line, version):
    drop(line, 3, "input")
    status, found = path(line, line.target(version), CLOSED, *FAST)
    assert status == 1
    assert found["verdict"]["code"] == "path-dies"
    assert f"as far as {right(1, version)}, hop 2" in found["verdict"]["why"]


def say_nothing(line, number, version):
    """Let a router keep to itself that hops are used up."""
    kind = "icmp" if version == 4 else "icmpv6"
    drop(line, number, "output", f"{kind} type time-exceeded")


def test_silent_router_is_no_fault(line, version):
    say_nothing(line, 1, version)
    address = line.listen(version).getsockname()
    status, found = path(line, *address[:2], *FAST)
    assert status == 0
    assert found["verdict"]["code"] == "path-open"
    [fact] = found["verdict"]["seen"]
    assert fact.startswith("hop 1 said nothing and let the SYN through")
    assert hosts(found)[1] == set()
    assert hosts(found)[2] == {right(1, version)}


def test_nobody_answers(line, version):
    say_nothing(line, 1, version)
    say_nothing(line, 2, version)
    drop(line, 3, "input")
    status, found = path(line, line.target(version), CLOSED, *FAST)
    assert status == 1
    assert found["verdict"]["code"] == "path-silent"
    assert "8 hops asked" in found["verdict"]["why"]
    assert "cannot tell" in found["verdict"]["why"]


def test_circle(line, version):
    target = line.target(version)
    back = left(1, version)
    line.on(2, f"ip -{version} route add {target} via {back}")
    status, found = path(line, target, CLOSED, "--hops", "12", *FAST)
    assert status == 1
    verdict = found["verdict"]
    assert verdict["code"] == "path-circle"
    # The first router has two addresses; over IPv6 it speaks by the nearer.
    assert right(1, version) in verdict["why"]
    assert right(0, version) in verdict["why"] or back in verdict["why"]


NOBODY = {4: "203.0.113.9", 6: "2001:db8:3::9"}


def ask_once(line, number):
    """One question for an Ethernet address, not three a second apart."""
    for family in ("ipv4", "ipv6"):
        name = f"net.{family}.neigh.next.mcast_solicit"
        line.on(number, f"sysctl -qw {name}=1")


def test_nobody_has_the_address(line, version):
    """The last router asks in vain for the Ethernet address."""
    route = f"ip -{version} route add {NOBODY[version]}"
    line.on(0, f"{route} via {right(0, version)}")
    line.on(1, f"{route} via {right(1, version)}")
    line.on(2, f"{route} dev next")
    ask_once(line, 2)
    status, found = path(line, NOBODY[version], CLOSED)
    assert status == 1
    assert found["verdict"]["code"] == "path-icmp"
    assert f"router {right(1, version)}" in found["verdict"]["why"]
    assert "unreachable" in found["verdict"]["why"]


def test_nobody_has_the_address_on_this_network(line, version):
    line.on(0, f"ip -{version} route add {NOBODY[version]} dev next")
    ask_once(line, 0)
    status, found = path(line, NOBODY[version], CLOSED)
    assert status == 1
    assert found["verdict"]["code"] == "path-no-neighbour"
    assert "ip neigh" in found["verdict"]["try"]


def test_no_route_here(line, version):
    nowhere = "203.0.113.9" if version == 4 else "2001:db8:9::9"
    status, found = path(line, nowhere, CLOSED)
    assert status == 1
    assert found["hops"] == []
    assert found["error"]["error"] == "NetworkUnreachableError"
    with line.entered():
        done = pysock_command("path", nowhere, CLOSED)
    assert "this machine sends no SYN there" in done.stdout


def two_links(line):
    """Router 1 shares the load by port between two links to router 2."""
    first, second = line.machines[1], line.machines[2]
    with first.entered():
        first.ip(
            f"link add other type veth peer name other netns {second.path}",
            "link set other up",
            "address add 203.0.113.1/30 dev other",
        )
        first.sysctl("net.ipv4.fib_multipath_hash_policy", 1)
    with second.entered():
        second.ip("link set other up", "address add 203.0.113.2/30 dev other")
        second.sysctl("net.ipv4.icmp_errors_use_inbound_ifaddr", 1)
        second.sysctl("net.ipv4.conf.all.rp_filter", 0)
    with first.entered():
        first.ip(
            f"route add {line.target(4)} nexthop via {right(1, 4)} "
            "nexthop via 203.0.113.2"
        )


def test_several_ways(line):
    two_links(line)
    address = line.listen(4).getsockname()
    status, found = path(line, *address[:2], "--tries", "16")
    assert status == 0
    assert hosts(found)[2] == {right(1, 4), "203.0.113.2"}
    assert any("several ways" in fact for fact in found["verdict"]["seen"])


def test_one_of_several_ways_drops(line):
    two_links(line)
    drop(line, 2, "forward", "iifname other meta l4proto tcp")
    address = line.listen(4).getsockname()
    status, found = path(line, *address[:2], "--tries", "16", *FAST)
    assert status == 0
    assert found["verdict"]["code"] == "path-open"
    assert re.search(
        r"\d+ of 16 connects to hop 3 got no answer: on one of several ways",
        " ".join(found["verdict"]["seen"]),
    )


def test_without_any_privilege(line, version):
    """As nobody; what it is made of is loaded before, root may own it."""
    address = line.listen(version).getsockname()
    script = """
    import os, sys
    from pysock.cli import main
    assert main(["path", *sys.argv[1:]]) == 0
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
    print("nobody:")
    sys.exit(main(["path", *sys.argv[1:]]))
    """
    with line.entered():
        done = child.run(script, *address[:2])
    assert done.stderr == ""
    said = done.stdout.partition("nobody:")[2]
    assert right(1, version) in said
    assert "SYN-ACK" in said


def test_target_sees_no_more_than_it_must(line):
    """One connection for the first, and tries for the last hops together."""
    server = line.listen(4, backlog=64)
    path(line, *server.getsockname())
    server.setblocking(False)
    accepted = 0
    while True:
        try:
            server.accept()[0].close()
        except BlockingIOError:
            break
        accepted += 1
    assert accepted == 1 + 2 * 2  # hops 3 and 4 are of one wave


def test_name_that_does_not_resolve():
    done = pysock_command(
        "path", "no-such-host.invalid", 80, env={"RES_OPTIONS": "attempts:1"}
    )
    assert done.returncode == 1
    assert done.stderr.startswith("pysock path: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("127.0.0.1",),
        ("127.0.0.1", "80", "--hops", "0"),
        ("127.0.0.1", "80", "--tries", "65"),
        ("127.0.0.1", "80", "--timeout", "0"),
    ],
)
def test_bad_usage(words):
    done = pysock_command("path", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: pysock path")


def test_ctrl_c_ends_at_once(line):
    drop(line, 3, "input")
    with line.entered():
        running = start("path", line.target(4), CLOSED, "--timeout", "50")
    with running:
        assert running.stdout.readline()
        status, _, err, _ = interrupt(running)
    assert (status, err) == (130, "")


def test_main_can_be_called(line, capsys):
    address = line.listen(4).getsockname()
    with line.entered():
        assert main(["path", f"{address[0]}:{address[1]}"]) == 0
    assert "SYN-ACK" in capsys.readouterr().out
