#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Law: programs in the README compile and pass as they stand there.

A program is a fenced block of C after a comment line that names this test.
"""
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

PROGRAM = re.compile(r"<!-- tests/readme compiles and runs this -->\n```c\n(.*?)```",
                     re.S)


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    if done.returncode:
        sys.exit(f"{shlex.join(command)}\n{done.stdout}")
    print(done.stdout)


def main(root, compiler, library, *flags):
    programs = PROGRAM.findall(pathlib.Path(root, "README.md").read_text())
    if not programs:
        sys.exit("the README has no program")
    for text in programs:
        with tempfile.TemporaryDirectory() as work:
            source = pathlib.Path(work, "program.c")
            source.write_text(text)
            run(shlex.split(compiler) + ["-Wall", "-Wextra", "-Werror",
                "-Wno-unused-parameter", f"-I{root}/include",
                f"-I{root}/include/uapi", str(source), "-o", f"{work}/program",
                library, f"-Wl,-rpath,{pathlib.Path(library).parent}", "-lcmocka",
                *flags])
            run([f"{work}/program"])


main(*sys.argv[1:])
