#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What schedule and failure points cost while nobody explores: instructions of
each command of bench_ioctl, next to the same tree without a trace of them.

A scratch copy of the tree is built with -Dhooks=false, and what still looks
whether hooks are there is rewritten to find none.
usage: hooks.py BENCH_IOCTL [SCRATCH]"""
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile

from instructions import COUNT, collected

TREE = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
LOOK = re.compile(r"(?<!struct )(?<!\w)uik_hooks(?![\w(])")
NONE = "((const struct uik_hooks *)0)"
# What declares, sets and serves them.
SPARED = re.compile(r"hook\.[ch]$|lib/(explore|inspect|lab|fuzz)/|/task\.c$")


def rewritten(name, text):
    if re.match(r"(lib|include)/.*\.[ch]$", name) and not SPARED.search(name):
        return LOOK.sub(NONE, text)
    return text


def fill(folder):
    names = subprocess.run(["git", "ls-files"], cwd=TREE, check=True,
                           stdout=subprocess.PIPE, text=True).stdout
    for name in names.splitlines():
        source, target = os.path.join(TREE, name), os.path.join(folder, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copy(source, target)
        if name.endswith((".c", ".h")):
            with open(source, encoding="utf-8") as text:
                old = text.read()
            new = rewritten(name, old)
            if new != old:
                with open(target, "w", encoding="utf-8") as out:
                    out.write(new)


def build(folder):
    fill(folder)
    if not os.path.exists(folder + "/build/build.ninja"):
        subprocess.run(["meson", "setup", "build", "--buildtype=release",
                        "-Dhooks=false", "-Dexamples=false", "-Dwerror=false"],
                       cwd=folder, check=True, stdout=subprocess.DEVNULL)
    subprocess.run(["ninja", "-C", "build", "tests/bench/bench_ioctl"],
                   cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return folder + "/build/tests/bench/bench_ioctl"


def per_call(bench, row, half):
    return (collected(bench, row, half, 2 * COUNT) -
            collected(bench, row, half, COUNT)) / COUNT


def compare(here, without):
    rows = subprocess.run([here, "--list"], stdout=subprocess.PIPE, text=True,
                          check=True).stdout.splitlines()
    logs = 0
    print(f"{'step':36} {'without':>8} {'off':>8} {'more':>7}")
    for line in rows:
        row, half, _, name = line.split(" ", 3)
        bare, off = per_call(without, row, half), per_call(here, row, half)
        logs += math.log(off / bare)
        print(f"{name:36} {bare:8.0f} {off:8.0f} {off / bare - 1:7.2%}",
              flush=True)
    print(f"{'all, geometric mean':36} {'':8} {'':8} "
          f"{math.exp(logs / len(rows)) - 1:7.2%}")


def main():
    if len(sys.argv) > 2:
        compare(sys.argv[1], build(os.path.abspath(sys.argv[2])))
        return
    with tempfile.TemporaryDirectory() as folder:
        compare(sys.argv[1], build(folder))


main()
