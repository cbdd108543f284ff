#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Instructions of each command, counted by callgrind, next to those that
Linux 7.3.4 spends in the kernel on the same step (the system call itself not
included).  usage: instructions.py BENCH_IOCTL"""
import re
import subprocess
import sys

COUNT = 400


def collected(bench, row, half, count):
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
         "--toggle-collect=measured_call", bench, "--row", row, "--half", half,
         "--count", str(count)], stderr=subprocess.PIPE, text=True, check=True)
    return int(re.search(r"Collected : (\d+)", run.stderr).group(1))


def main():
    bench = sys.argv[1]
    rows = subprocess.run([bench, "--list"], stdout=subprocess.PIPE, text=True,
                          check=True).stdout
    print(f"{'step':36} {'here':>8} {'Linux':>8} {'ratio':>6}")
    for line in rows.splitlines():
        row, half, linux, name = line.split(" ", 3)
        # The difference of two runs leaves warming up out.
        here = (collected(bench, row, half, 2 * COUNT) -
                collected(bench, row, half, COUNT)) / COUNT
        print(f"{name:36} {here:8.0f} {linux:>8} {here / int(linux):6.2f}",
              flush=True)


main()
