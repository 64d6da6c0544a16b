"""Where pysock meets what others wrote: a whole process, other libraries.

May import `loops`, `dropin` and every wing below them.
"""
