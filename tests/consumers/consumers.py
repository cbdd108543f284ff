#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Law: other people's builds find the library and run with it.

  consumers.py installed SOURCE BUILD   pkg-config and CMake on a DESTDIR install
  consumers.py subproject SOURCE        Meson, with the source as a subproject
"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

SKIP = 77


def run(command, **more):
    print("+", *command, flush=True)
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, **more)
    if done.returncode:
        print(done.stdout[-6000:])
        sys.exit(1)
    return done.stdout


def copy_consumers(source, work):
    shutil.copytree(source / "tests/consumers", work / "consumers")
    return work / "consumers"


def environment(tree):
    """To build against an installation that is not where it will be."""
    folder = next(tree.rglob("uiommufd.pc")).parent
    env = dict(os.environ, PKG_CONFIG_PATH=str(folder),
               LD_LIBRARY_PATH=str(folder.parent))
    # Not PKG_CONFIG_SYSROOT_DIR: it would move GLib, too.
    for name in ("uiommufd.pc", "uiommufd-driver.pc"):
        path = folder / name
        path.write_text(path.read_text().replace("prefix=", f"prefix={tree}", 1))
    return env


def installed(source, build):
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        tree = work / "tree"
        run(["meson", "install", "-C", build, "--no-rebuild", "--destdir", tree])
        env = environment(tree)
        here = copy_consumers(source, work)
        run(["make", "-C", here / "pkgconfig"], env=env)
        run([here / "pkgconfig/client"], env=env)
        run([here / "pkgconfig/client-static"], env=env)
        prefix = next(tree.rglob("bin/uiommufd"))
        assert "uiommufd" in run([prefix, "--version"], env=env)
        if not shutil.which("cmake"):
            print("no cmake here")
            return SKIP
        run(["cmake", "-S", here / "cmake", "-B", work / "cmake-build"], env=env)
        run(["cmake", "--build", work / "cmake-build"], env=env)
        run([work / "cmake-build/client"], env=env)
    return 0


def subproject(source):
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        here = copy_consumers(source, work) / "subproject"
        (here / "subprojects/uiommufd").symlink_to(source)
        run(["meson", "setup", work / "build", here])
        run(["ninja", "-C", work / "build", "client", "libdriver.a"])
        run([work / "build/client"])
    return 0


kind, *paths = sys.argv[1:]
sys.exit({"installed": installed, "subproject": subproject}[kind](
    *(pathlib.Path(path).resolve() for path in paths)))
