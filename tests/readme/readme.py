#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Law: programs in the README and the guide compile and pass as they stand, and
commands print what they are shown to print.

A program is a fenced block of C after a comment line that names this test; it
is a client, or with 'as a driver' a translation unit of the driver kit, which
is linked with the client that follows it.  Of a session, commands of the build
folder are run: each line shown below one must be among what it prints, in that
order; a line of three dots stands for lines left out.
"""
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

PROGRAM = re.compile(r"<!-- tests/readme compiles (and runs this|this as a driver) -->\n"
                     r"```c\n(.*?)```", re.S)
SESSION = re.compile(r"<!-- tests/readme runs this -->\n```\n(.*?)```", re.S)
COMMON = ["-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter"]


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True)
    if done.returncode:
        sys.exit(f"{shlex.join(command)}\n{done.stdout}")
    print(done.stdout)
    return done.stdout


def check_session(path, text, build):
    """Runs its commands; stops at a line that is shown but not printed."""
    printed = iter(())
    for line in text.splitlines():
        if line.startswith("$ "):
            words = shlex.split(line[2:])
            if words[0].startswith("build/"):
                words[0] = str(build / words[0].removeprefix("build/"))
                printed = iter(run(words).splitlines())
        elif line.strip() != "..." and line not in printed:
            sys.exit(f"{path}: not printed, or not here: {line}")


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
    programs = sessions = 0
    for path in pages:
        for text in SESSION.findall(path.read_text()):
            check_session(path, text, pathlib.Path(library).parent.parent)
            sessions += 1
        with tempfile.TemporaryDirectory() as work:
            programs += check(root, shlex.split(compiler), library, path,
                              pathlib.Path(work))
    if programs < 3 or not sessions:
        sys.exit("programs or sessions are missing")
    print(f"[  PASSED  ] {programs + sessions} test(s).")


main(*sys.argv[1:])
