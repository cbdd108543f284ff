#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Law: the shared library exports every symbol of the committed list, as the same
kind and, for data, with the same size: programs that were linked before still
run.  As with abidiff, what is new is compatible; it is named, so that it gets
into the list.  usage: exports.py LIBRARY LIST [--write]"""
import re
import subprocess
import sys


def exported(library):
    """Name and what it is: function or data; the size of data is ABI, too."""
    table = subprocess.run(["nm", "-D", "-S", "--defined-only", library],
                           stdout=subprocess.PIPE, text=True, check=True).stdout
    found = {}
    for line in table.splitlines():
        words = line.split()
        name = words[-1].split("@")[0]
        if re.fullmatch(r"UIOMMUFD_\d+", name):
            continue
        kind = words[-2]
        size = int(words[1], 16) if len(words) == 4 else 0
        found[name] = "function" if kind in "TtWw" else f"data {size}"
    return found


def committed(path):
    with open(path, encoding="utf-8") as lines:
        return dict(line.rstrip("\n").split(" ", 1) for line in lines
                    if line.strip() and not line.startswith("#"))


def breaks(before, now):
    for name in sorted(before):
        if name not in now:
            yield f"{name}: removed ({before[name]}): a new soname is due"
        elif before[name] != now[name]:
            yield f"{name}: was {before[name]}, is {now[name]}"


def main():
    library, path = sys.argv[1:3]
    now = exported(library)
    if sys.argv[3:] == ["--write"]:
        with open(path, "w", encoding="utf-8") as out:
            out.write("# Exported by libuiommufd.so.0: tests/lint/exports.py\n")
            out.writelines(f"{name} {now[name]}\n" for name in sorted(now))
        return 0
    before = committed(path)
    faults = list(breaks(before, now))
    new = sorted(now.keys() - before.keys())
    print("\n".join(faults) or f"{len(before)} exported symbols are as listed")
    if faults or new:
        print("".join(f"{name}: new ({now[name]})\n" for name in new) +
              f"tests/lint/exports.py {library} {path} --write writes the list")
    return 1 if faults or not before else 0


if __name__ == "__main__":
    sys.exit(main())
