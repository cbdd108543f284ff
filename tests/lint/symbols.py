#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Law: the shared library exports names that start with uiommufd_ or uik_ and
no others: a preloaded library must not interpose in programs by accident.  The
static one takes no others either: a program may have functions of any name, a
driver that the library has as well among them.  usage: symbols.py LIBRARY"""
import re
import subprocess
import sys

table = subprocess.run(["nm", "--defined-only",
                        "-g" if sys.argv[1].endswith(".a") else "-D",
                        sys.argv[1]],
                       stdout=subprocess.PIPE, text=True, check=True).stdout
names = [line.split()[-1].split("@")[0] for line in table.splitlines()
         if line.count(" ") > 1]
names = [n for n in names if not re.fullmatch(r"UIOMMUFD_\d+", n)]
foreign = [n for n in names if not n.startswith(("uiommufd_", "uik_"))]
print("\n".join(foreign) or f"{len(names)} exported symbols, all ours")
sys.exit(1 if foreign or not names else 0)
