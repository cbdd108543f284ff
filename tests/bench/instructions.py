#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Instructions of each command, counted by callgrind, next to those that
Linux 7.3.4 spends in the kernel on the same step (the system call itself not
included).  usage: instructions.py BENCH_IOCTL"""
import re
import subprocess
import sys
import tempfile

COUNT = 400


def collected(bench, row, half, count):
    """Instructions below uiommufd_ioctl(), in the measured calls."""
    with tempfile.NamedTemporaryFile() as out:
        subprocess.run(
            ["valgrind", "--tool=callgrind", "--callgrind-out-file=" + out.name,
             "--toggle-collect=measured_call", bench, "--row", row, "--half",
             half, "--count", str(count)], stderr=subprocess.DEVNULL, check=True)
        text = subprocess.run(["callgrind_annotate", "--inclusive=yes",
                               "--threshold=100", out.name], check=True,
                              stdout=subprocess.PIPE, text=True).stdout
    return int(re.search(r"^ *([\d,]+) .*:uiommufd_ioctl\b", text,
                         re.M).group(1).replace(",", ""))


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


if __name__ == "__main__":
    main()
