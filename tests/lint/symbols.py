#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Law: the shared library exports names that start with uiommufd_ or uik_ and
no others: a preloaded library must not interpose in programs by accident."""
import re
import subprocess
import sys

table = subprocess.run(["nm", "-D", "--defined-only", sys.argv[1]],
                       stdout=subprocess.PIPE, text=True, check=True).stdout
names = [line.split()[-1].split("@")[0] for line in table.splitlines()]
names = [n for n in names if not re.fullmatch(r"UIOMMUFD_\d+", n)]
foreign = [n for n in names if not n.startswith(("uiommufd_", "uik_"))]
print("\n".join(foreign) or f"{len(names)} exported symbols, all ours")
sys.exit(1 if foreign or not names else 0)
