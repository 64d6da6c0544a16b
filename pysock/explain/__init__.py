"""What a failure means: evidence, and the sentences that are made of it.

May import `sock_diag`, `raw`, `errors` and `tcp`. Nothing here is loaded
before somebody asks, but for what `listen` needs at EMFILE.
"""
