"""Describe the module pysock._ffi to cffi; run by setup.py, never imported.

The declarations are not repeated here: they are the parts of the headers
between their two cffi marks.
"""

import os
import re
from pathlib import Path

from cffi import FFI

CSRC = Path(__file__).parent
SHARED = re.compile(r"/\* cffi: begin \*/(.*?)/\* cffi: end \*/", re.DOTALL)

# In the order in which one builds on another.
HEADERS = ("pysock.h", "snapshot.h", "diag_row.h")
DECLARED = [
    part
    for name in HEADERS
    for part in SHARED.findall((CSRC / name).read_text(encoding="utf-8"))
]

# A declaration that nothing defines, and a pointer of another type, are only
# warnings to gcc 12 and a broken import or a crash to the user.
WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Werror=implicit-function-declaration",
    "-Werror=incompatible-pointer-types",
]
if os.environ.get("PYSOCK_WERROR") == "1":
    WARNINGS.append("-Werror")

ffibuilder = FFI()
ffibuilder.cdef("".join(DECLARED))
ffibuilder.set_source(
    "pysock._ffi",
    "".join(f'#include "{name}"\n' for name in HEADERS),
    sources=sorted(str(path) for path in CSRC.glob("*.c")),
    include_dirs=[str(CSRC)],
    depends=sorted(str(path) for path in CSRC.glob("*.[hp]*")),
    define_macros=[("_GNU_SOURCE", None)],
    extra_compile_args=["-std=c11", "-fvisibility=hidden", *WARNINGS],
)
