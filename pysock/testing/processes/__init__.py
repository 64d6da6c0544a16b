"""Programs that run as processes of their own.

They import the standard library and one another, and nothing else of pysock,
which is not there in their process. `process` starts them.
"""
