"""What this machine can still tell of a failure: one file a subject.

Each function takes a case, asks the kernel, and returns what it found as
data: no sentences here. `None` means that there is nothing to know. It may
raise what it likes: whoever asks takes that for no evidence. What can be long
goes through `case.budget.within()`.
"""
