#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Law: includes go downward only.  Each room of lib/ names the rooms it may
look into; public headers and the driver kit are open to every room, except
that drivers see nothing of the library at all."""
import pathlib
import re
import sys

ROOMS = {
    "kit": {"kit"},
    "core": {"core", "kit"},
    "iommu": {"iommu", "kit"},
    "objects": {"objects", "core", "iommu", "kit"},
    "drivers": set(),
    "sim": {"sim", "kit"},
    "client": {"client", "core", "objects", "kit"},
    "inspect": {"inspect", "core", "objects", "kit"},
    "fuzz": {"fuzz"},
    "explore": {"explore"},
    "lab": {"lab", "sim", "kit"},
    "cli": {"cli"},
}
# Angle-bracket prefixes each room may use; None: all.
ANGLE = {
    "drivers": ("linux/", "asm/", "uapi/"),
    "cli": None,
}
INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def check(root):
    faults, files = [], 0
    for path in sorted((root / "lib").rglob("*.[ch]")):
        room = path.relative_to(root / "lib").parts[0]
        if room not in ROOMS:
            faults.append(f"{path}: lib/{room} is not a known room")
            continue
        files += 1
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            kind, name = match.groups()
            where = f"{path.relative_to(root)}:{number}"
            if kind == '"':
                beside = (path.parent / name).exists()
                target = name.split("/")[0]
                if beside and "/" not in name or name.endswith(".inc"):
                    continue  # .inc: data that the build makes
                if room == "drivers":
                    beside = beside or any(path.parent.glob(f"*/{name}"))
                    if not beside and not (root / "include/kernel" / name).exists() \
                            and not name.startswith("../"):
                        faults.append(f"{where}: a driver includes {name}")
                elif target not in ROOMS[room]:
                    faults.append(f"{where}: {room} may not include {name}")
            elif room in ANGLE and ANGLE[room] and not name.startswith(ANGLE[room]):
                faults.append(f"{where}: a driver includes <{name}>")
            elif room == "cli" and name.startswith(("uik/", "linux/")) \
                    and name != "linux/iommufd.h":
                faults.append(f"{where}: the command uses public headers only")
    return faults, files


if __name__ == "__main__":
    faults, files = check(pathlib.Path(sys.argv[1]).resolve())
    print("\n".join(faults) or f"{files} files keep to their layers")
    sys.exit(1 if faults or not files else 0)
