"""Every cause that pysock names, made for real, and what looks like it.

The scenarios of `lab.scenarios` and `lab.established` say what the kernel
gives; these say which cause is behind it, and what must never be said of it.

    cause        what a cause is, and how a program meets it
    connecting   connects that fail
    nearby       connects to this machine: listeners, queues, its firewall
    binding      bind and listen
    accepting    accept
    ending       connections that end
    waiting      reads and writes that take too long
    naming       names
    local        UNIX sockets
    odd          calls out of order
    evidence     what each code rests on
    every        all of them
    page         docs/causes.md, made of them
"""
