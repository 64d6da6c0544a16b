"""The part of the build that pyproject.toml cannot say: the cffi module."""

import re
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

# It asks for the platform's compiler, so it comes after.
from setuptools.command.build_ext import build_ext  # noqa: E402

# A free-threaded interpreter has no stable ABI that setuptools can tag.
free_threaded = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
wheel_options = {} if free_threaded else {"py_limited_api": OLDEST_PYTHON}


class BuildExt(build_ext):
    """Names the module so that the oldest Python finds it."""

    def get_ext_filename(self, fullname):
        # 3.15 has a suffix for the stable ABI that also says the machine;
        # of the two that it looks for, older ones know only the plain one.
        name = super().get_ext_filename(fullname)
        return re.sub(r"\.abi3-[^.]*\.so$", ".abi3.so", name)


setup(
    cmdclass={"build_ext": BuildExt},
    cffi_modules=["csrc/build_ffi.py:ffibuilder"],
    options={"bdist_wheel": wheel_options},
)
