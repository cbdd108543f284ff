#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A call through the preload object, next to the library's own and to a system
call.  The programs take turns; the lowest of each counts: noise only adds.
usage: preload.py UIOMMUFD BENCH_PRELOAD"""
import subprocess
import sys

TURNS = 9


def main():
    run, bench = [sys.argv[1], "run", "--", sys.argv[2]], [sys.argv[2]]
    programs = {"library": bench, "preload": run, "foreign": run, "kernel": bench}
    lowest = {}
    subprocess.run(bench + ["state"], check=True)
    for _ in range(TURNS):
        for what, command in programs.items():
            out = subprocess.run(command + [what], stdout=subprocess.PIPE,
                                 text=True, check=True).stdout
            lowest[what] = min(lowest.get(what, 1e9), float(out))
    library, kernel = lowest["library"], lowest["kernel"]
    print(f"uiommufd_ioctl() of a context          {library:7.1f} ns")
    print(f"ioctl() through the preload object     {lowest['preload']:7.1f} ns  "
          f"{lowest['preload'] - library:+.1f} ns (goal: less than 100)")
    print(f"ioctl(2) on /dev/null                  {kernel:7.1f} ns  "
          f"{kernel / library:.1f}x of the library's call")
    print(f"the same past the preload object       {lowest['foreign']:7.1f} ns  "
          f"{lowest['foreign'] - kernel:+.1f} ns")


main()
