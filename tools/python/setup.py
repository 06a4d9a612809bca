"""Builds libganbend with CMake and puts it into the package. Everything else is in pyproject.toml."""
import os
import pathlib
import re
import shutil
import subprocess

from setuptools import Distribution, setup
from setuptools.command.build_py import build_py
from wheel.bdist_wheel import bdist_wheel

ROOT = pathlib.Path(__file__).resolve().parents[2]
VERSION = re.search(r'#define GB_VERSION_STRING "([0-9.]+)"', (ROOT / "engine/ganbend.h").read_text()).group(1)


class BuildWithLibrary(build_py):
    """$GANBEND_CMAKE_OPTIONS is passed to CMake: "-DGANBEND_CUDA=ON"."""

    def run(self):
        super().run()
        build = pathlib.Path(self.get_finalized_command("build").build_temp).resolve() / "ganbend"
        subprocess.run(["cmake", "-S", ROOT, "-B", build, "-DCMAKE_BUILD_TYPE=Release", "-DGANBEND_TOOLS=OFF",
                        "-DGANBEND_TESTS=OFF", *os.environ.get("GANBEND_CMAKE_OPTIONS", "").split()], check=True)
        subprocess.run(["cmake", "--build", build, "--target", "ganbend_shared", "-j", str(os.cpu_count())], check=True)
        library, = {path.resolve() for path in build.rglob("libganbend.so")}
        shutil.copyfile(library, pathlib.Path(self.build_lib) / "ganbend" / "libganbend.so")


class PlatformWheel(bdist_wheel):
    """A library for ctypes depends on the machine, but not on the version of Python."""

    def get_tag(self):
        return "py3", "none", super().get_tag()[2]


class WithLibrary(Distribution):
    def has_ext_modules(self):
        return True


setup(version=VERSION, cmdclass={"build_py": BuildWithLibrary, "bdist_wheel": PlatformWheel}, distclass=WithLibrary)
