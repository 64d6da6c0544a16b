"""Many connections at once: accept loops, connects in parallel, races.

May import `dropin` and every wing below it.
"""
