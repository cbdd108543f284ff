#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Law: clang-tidy finds nothing in lib/, examples/ and include/uiommufd.
.clang-tidy says what it looks for.

usage: tidy.py SOURCE BUILD few       what the last commit changed, and the next
                                      files in turn: a dozen
       tidy.py SOURCE BUILD all
       tidy.py SOURCE BUILD FILE...   these, named from SOURCE
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

FEW = 12
OURS = ("lib/", "examples/", "include/uiommufd/")
COMMAND = "cc -x c -std=gnu11 -D_GNU_SOURCE -I{0}/include -I{0}/include/uapi"
HEADER_NEEDS = {"include/uiommufd/gtest.h": "glib-2.0"}


def commands(source, build):
    """What is compiled how: one command a file, headers as they are used."""
    found = {}
    with open(build / "compile_commands.json", encoding="utf-8") as database:
        for entry in json.load(database):
            path = os.path.normpath(os.path.join(entry["directory"], entry["file"]))
            name = os.path.relpath(path, source)
            if name.startswith(OURS) and name.endswith(".c"):
                found.setdefault(name, {**entry, "file": path})
    for header in sorted((source / "include/uiommufd").glob("*.h")):
        name = str(header.relative_to(source))
        command = COMMAND.format(source)
        if name in HEADER_NEEDS:
            command += " " + subprocess.run(
                ["pkg-config", "--cflags", HEADER_NEEDS[name]], check=True,
                stdout=subprocess.PIPE, text=True).stdout.strip()
        found[name] = {"directory": str(source), "file": str(header),
                       "command": f"{command} {header}"}
    return found


def git(source, *args):
    done = subprocess.run(["git", "-C", str(source), *args], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return done.stdout.split() if done.returncode == 0 else []


def few(source, names):
    """A dozen: the last commit's files first, then whose turn it is."""
    changed = [name for name in git(source, "diff", "--name-only", "HEAD~1", "HEAD")
               if name in names]
    turn = int((git(source, "rev-list", "--count", "HEAD") or ["0"])[0])
    start = turn * FEW % len(names)
    chosen = dict.fromkeys(changed + names[start:] + names)
    return list(chosen)[:FEW]


def choose(source, names, words):
    if words == ["few"]:
        return few(source, names)
    if words == ["all"]:
        return names
    unknown = [name for name in words if name not in names]
    if unknown:
        sys.exit(f"tidy.py: not compiled here: {' '.join(unknown)}")
    return words


def tidy(tool, source, database, name):
    done = subprocess.run(
        [tool, "-p", database, "--quiet", str(source / name)], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=source)
    silent = r"\d+ warnings? (generated|treated as errors?)\.?\n?"
    errors = re.sub(silent, "", done.stderr) if done.returncode else ""
    return name, done.returncode, (done.stdout + errors).strip()


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    source, build = (pathlib.Path(arg).resolve() for arg in sys.argv[1:3])
    tool = shutil.which("clang-tidy")
    if not tool:
        print("no clang-tidy")
        return 77
    found = commands(source, build)
    chosen = choose(source, sorted(found), sys.argv[3:])
    failed = 0
    with tempfile.TemporaryDirectory() as database:
        with open(os.path.join(database, "compile_commands.json"), "w",
                  encoding="utf-8") as out:
            json.dump(list(found.values()), out)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for name, status, said in pool.map(
                    lambda name: tidy(tool, source, database, name), chosen):
                failed += status != 0 or bool(said)
                if said or status:
                    print(f"== {name}\n{said}", flush=True)
    print(f"clang-tidy: {len(chosen)} of {len(found)} files, {failed} with findings")
    return 1 if failed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
