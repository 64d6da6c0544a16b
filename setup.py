"""The part of the build that pyproject.toml cannot say: the cffi module."""

import sys
import sysconfig

from setuptools import setup

OLDEST_PYTHON = "cp311"  # the same as requires-python in pyproject.toml

# Elsewhere the compiler would answer with pages about missing headers.
if sys.platform != "linux":
    sys.exit(
        "pysock works on Linux only: it reads TCP state through kernel "
        f"interfaces that {sys.platform} does not have."
    )

# A free-threaded interpreter has no stable ABI that setuptools can tag.
free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
wheel_options = {} if free_threaded else {"py_limited_api": OLDEST_PYTHON}

setup(
    cffi_modules=["csrc/build_ffi.py:ffibuilder"],
    options={"bdist_wheel": wheel_options},
)
