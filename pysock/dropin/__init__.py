"""Class `socket` and the module's functions: the typed face.

May import every wing below: `explain`, `sock_diag`, `raw`, `errors`, `tcp`.
"""
