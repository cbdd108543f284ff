#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Law: programs in the README and the guide compile and pass as they stand.

A program is a fenced block of C after a comment line that names this test; it
is a client, or with 'as a driver' a translation unit of the driver kit, which
is linked with the client that follows it.
"""
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

PROGRAM = re.compile(r"<!-- tests/readme compiles (and runs this|this as a driver) -->\n"
                     r"```c\n(.*?)```", re.S)
COMMON = ["-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter"]


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    if done.returncode:
        sys.exit(f"{shlex.join(command)}\n{done.stdout}")
    print(done.stdout)


def check(root, compiler, library, path, work):
    """How many programs @path has, all of them good."""
    objects, programs = [], 0
    for number, (kind, text) in enumerate(PROGRAM.findall(path.read_text())):
        source, target = work / f"{number}.c", work / f"{number}.o"
        source.write_text(text)
        driver = "driver" in kind
        flags = (["-std=gnu11", "-D_GNU_SOURCE", "-fno-strict-aliasing",
                  "-Wno-sign-compare", f"-I{root}/include/kernel"] if driver
                 else [f"-I{root}/include/uapi"])
        run(compiler + COMMON + flags + [f"-I{root}/include", "-c", str(source),
            "-o", str(target)])
        objects.append(str(target))
        if driver:
            continue
        run(compiler + objects + ["-o", f"{work}/program", library,
            f"-Wl,-rpath,{pathlib.Path(library).parent}", "-lcmocka"])
        run([f"{work}/program"])
        objects, programs = [], programs + 1
    if objects:
        sys.exit(f"{path}: a driver without a client")
    return programs


def main(root, compiler, library):
    pages = [pathlib.Path(root, "README.md"),
             *sorted(pathlib.Path(root, "examples/guide").glob("*.md"))]
    programs = 0
    for path in pages:
        with tempfile.TemporaryDirectory() as work:
            programs += check(root, shlex.split(compiler), library, path,
                              pathlib.Path(work))
    if programs < 3:
        sys.exit("programs are missing")
    print(f"[  PASSED  ] {programs} test(s).")


main(*sys.argv[1:])
