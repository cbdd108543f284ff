#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Law: a register row that is wrong in itself does not compile; a right one
does, so that it is the row that the compiler refuses."""
import subprocess
import sys

RIGHT = [
    '"R", 0x10, 4, 0xff, 0xff00, 0xff0000',
    '"R", 0x10, 8, 0xffull << 32, 0, 0, .count = 4',
]
WRONG = {
    "width": '"R", 0x10, 2, 0, 0, 0',
    "alignment": '"R", 0x12, 4, 0, 0, 0',
    "alignment of 64 bits": '"R", 0x14, 8, 0, 0, 0',
    "read-only wider than the register": '"R", 0x10, 4, 1ull << 32, 0, 0',
    "write-1-clear wider": '"R", 0x10, 4, 0, 1ull << 32, 0',
    "reserved wider": '"R", 0x10, 4, 0, 0, 1ull << 32',
    "read-only and write-1-clear": '"R", 0x10, 4, 3, 2, 0',
    "read-only and reserved": '"R", 0x10, 4, 3, 0, 1',
    "write-1-clear and reserved": '"R", 0x10, 4, 0, 3, 1',
}


def compiles(compiler, include, row):
    source = ("#include <uiommufd/mmio.h>\n"
              "const struct uiommufd_mmio_register r[] = {\n"
              f"\tUIOMMUFD_MMIO_ROW({row}, .reset = 0),\n}};\n")
    return subprocess.run([*compiler, "-std=gnu11", f"-I{include}", "-x", "c",
                           "-fsyntax-only", "-"], input=source.encode(),
                          stderr=subprocess.DEVNULL).returncode == 0


def main(include, *compiler):
    faults = [f"refused: {row}" for row in RIGHT
              if not compiles(compiler, include, row)]
    faults += [f"compiles in spite of its {name}" for name, row in WRONG.items()
               if compiles(compiler, include, row)]
    print("\n".join(faults) or f"{len(WRONG)} wrong rows are refused")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
