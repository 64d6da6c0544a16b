"""TCP_INFO, TCP states and stalls: the kernel's readings, decoded.

Pure: no system call, and nothing of pysock but this wing is imported.
"""
