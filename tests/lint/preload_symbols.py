#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Law: the preload object exports the libc functions of names.h and nothing
else, its version script says the same, and no call from within leads back to
one of them: such a reference would meet a sanitizer's or the program's own.
usage: preload_symbols.py OBJECT SOURCES"""
import pathlib
import re
import subprocess
import sys


def output(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True,
                          check=True).stdout


def main():
    obj, sources = sys.argv[1], pathlib.Path(sys.argv[2])
    listed = re.findall(r"^\tX\([\w\s*]+?,\s*(\w+),",
                        (sources / "names.h").read_text()
                        .split("define PRELOAD_WRAPPED")[0], re.M)
    script = re.findall(r"^\t(\w+);", (sources / "preload.map").read_text(), re.M)
    table = output("nm", "-D", obj).splitlines()
    exported = {line.split()[-1].split("@")[0] for line in table
                if line.split()[-2] in "TtWDBR"} if table else set()
    undefined = {line.split()[-1].split("@")[0] for line in table
                 if line.split()[-2] in "Uw"}
    relocated = {word.split("@")[0] for line in
                 output("readelf", "-rW", obj).splitlines()
                 for word in line.split()[4:5]}
    faults = [f"{n}: exported but not listed" for n in exported - set(listed)]
    faults += [f"{n}: listed but not exported" for n in set(listed) - exported]
    faults += [f"{n}: in one of names.h and preload.map only"
               for n in set(listed) ^ set(script)]
    faults += [f"{n}: called from within"
               for n in exported & (undefined | relocated)]
    libc = output("nm", "-D", "--defined-only",
                  re.search(r"libc\.so\.6 => (\S+)", output("ldd", obj)).group(1))
    known = {line.split()[-1].split("@")[0] for line in libc.splitlines()}
    faults += [f"{n}: is no function of libc" for n in exported - known]
    print("\n".join(sorted(faults)) or f"{len(exported)} names, all libc's")
    return 1 if faults or not exported else 0


sys.exit(main())
