#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Law: a file of lib/, tests/ or examples/ has at most 800 lines (two named
below excepted) and a function of lib/ at most 70; lines of lib/ and include/ have at
most 100 columns; examples are as short as they are said to be; every source names its
licence."""
import pathlib
import sys

FILE_LINES, FUNCTION_LINES, COLUMNS = 800, 70, 100
# The ABI in its one header, a client that is built without the rest.
LONG_FILES = {"include/uapi/linux/iommufd.h", "tests/conformance/conform.c"}
# What the documentation says of examples.
PROMISED = {"examples/own_driver.c": 150, "examples/dma_engine.c": 200}
NO_SPDX = {"tests/conformance/conform.c"}


def functions(lines):
    start = None
    for number, line in enumerate(lines, 1):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start:
            yield start, number - start
            start = None


def check(root):
    faults, files = [], 0
    for top in ("lib", "include", "tests", "examples"):
        for path in sorted((root / top).rglob("*.[ch]")):
            files += 1
            name = str(path.relative_to(root))
            lines = path.read_text().splitlines()
            most = PROMISED.get(name, FILE_LINES)
            if len(lines) > most and name not in LONG_FILES:
                faults.append(f"{name}: {len(lines)} lines")
            if name not in NO_SPDX and (not lines or "SPDX-License-Identifier: MIT"
                                        not in lines[0]):
                faults.append(f"{name}:1: no SPDX line")
            if top == "lib":
                faults += [f"{name}:{at}: a function of {n} lines"
                           for at, n in functions(lines) if n > FUNCTION_LINES]
            if top in ("lib", "include"):
                faults += [f"{name}:{n}: {len(s.expandtabs(8))} columns"
                           for n, s in enumerate(lines, 1)
                           if len(s.expandtabs(8)) > COLUMNS]
    return faults, files


if __name__ == "__main__":
    faults, files = check(pathlib.Path(sys.argv[1]).resolve())
    print("\n".join(faults) or f"{files} files keep their size")
    sys.exit(1 if faults or not files else 0)
