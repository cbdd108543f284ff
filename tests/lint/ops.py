#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Law: tests see every call of a driver's op.  The rooms that call ops do so
through driver_call() and driver_tell(); every op of the list is a member of the
kit's ops tables and is called somewhere; every member of these tables that is
in the list is called nowhere around them."""
import pathlib
import re
import sys

TABLES = ["iommu_ops", "iommu_domain_ops", "iommu_dirty_ops", "pt_iommu_ops",
          "iommufd_viommu_ops"]
# Members that several tables have carry their object's name.
NAMED_BY_OBJECT = {"viommu_destroy", "vdevice_destroy", "hw_queue_destroy",
                   "access_unmap"}
MEMBER = re.compile(r"\(\*(\w+)\)\(")


def members(root):
    found = set()
    for path in sorted((root / "include/kernel/linux").rglob("*.h")):
        text = path.read_text()
        for table in TABLES:
            body = re.search(r"^struct %s \{\n(.*?)^\}" % table, text,
                             re.M | re.S)
            if body:
                found |= set(MEMBER.findall(body.group(1)))
    return found


def listed(root):
    text = (root / "lib/kit/driver_op.h").read_text()
    rows = text[text.index("#define DRIVER_OPS"):text.index("enum driver_op {")]
    return set(re.findall(r"\bop\((\w+), [A-Z]+\)", rows))


def check(root):
    known, ops, called, faults = members(root), listed(root), set(), []
    for name in sorted(ops - known - NAMED_BY_OBJECT):
        faults.append(f"lib/kit/driver_op.h: {name} is no member of an ops table")
    for room in ["iommu", "objects"]:
        for path in sorted((root / "lib" / room).glob("*.[ch]")):
            text = path.read_text()
            for match in re.finditer(
                    r"driver_tell_as\(\s*(\w+),|"
                    r"driver_(?:call|ask|tell)\(\s*[^,;]+,\s*(\w+),", text):
                called.add(match.group(1) or match.group(2))
            bare = re.sub(r"driver_tell_as\([^;]*;", "", text)
            for match in re.finditer(r"\bops->(\w+)\(|\b(destroy)\((?:queue|vdev)\)", bare):
                name = match.group(1) or match.group(2)
                if name in known | {"destroy", "unmap"}:
                    faults.append(f"{path.relative_to(root)}: {name} is called "
                                  "where no test sees it")
    for name in sorted(ops - called):
        faults.append(f"lib/kit/driver_op.h: {name} is called nowhere")
    return faults, len(called)


if __name__ == "__main__":
    faults, called = check(pathlib.Path(sys.argv[1]).resolve())
    print("\n".join(faults) or f"calls of {called} ops are seen")
    sys.exit(1 if faults or not called else 0)
