#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Laws of the *_STRUCT_SIZE and hw_queue_depend macros: right uses compile,
each wrong use does not, and says why.  They are integer constant expressions,
so static tables can use them."""
import pathlib
import shlex
import subprocess
import sys
import tempfile

HEAD = """#include <linux/iommufd.h>
#include <linux/iommu.h>
struct first { struct CORE core; int own; };
struct nested { struct { struct CORE core; int more; } inner; int own; };
struct second { int own; struct CORE core; };
struct late { struct { int more; struct CORE core; } inner; };
struct foreign { struct OTHER core; };
struct pointer { struct CORE *core; };
"""
KINDS = [
    ("VIOMMU_STRUCT_SIZE", "iommufd_viommu", "iommufd_vdevice"),
    ("VDEVICE_STRUCT_SIZE", "iommufd_vdevice", "iommufd_hw_queue"),
    ("HW_QUEUE_STRUCT_SIZE", "iommufd_hw_queue", "iommufd_viommu"),
]
# Body, and whether it compiles.
SIZES = [
    ("size_t f(void) { return SIZE(struct first, core); }", True),
    ("size_t f(void) { return SIZE(struct nested, inner.core); }", True),
    ("char f[SIZE(struct first, core) == sizeof(struct first) ? 1 : -1];", True),
    ("_Static_assert(SIZE(struct nested, inner.core) =="
     " sizeof(struct nested), 'size');".replace("'", '"'), True),
    ("const struct iommufd_viommu_ops ops = "
     "{ .vdevice_size = SIZE(struct first, core) };", True),
    ("size_t f(void) { return SIZE(struct second, core); }", False),
    ("size_t f(void) { return SIZE(struct late, inner.core); }", False),
    ("size_t f(void) { return SIZE(struct foreign, core); }", False),
    ("size_t f(void) { return SIZE(struct pointer, core); }", False),
    ("size_t f(void) { return SIZE(struct first, own); }", False),
    ("size_t f(void) { return SIZE(struct first, missing); }", False),
]
QUEUES = """#include <linux/iommufd.h>
struct queue { struct iommufd_hw_queue core; };
struct other { struct iommufd_hw_queue core; };
struct vdev { struct iommufd_vdevice core; };
"""
DEPENDS = [
    ("int f(struct queue *a, struct queue *b)"
     "{ return iommufd_hw_queue_depend(a, b, core); }", True),
    ("void f(struct queue *a, struct queue *b)"
     "{ iommufd_hw_queue_undepend(a, b, core); }", True),
    ("int f(struct queue *a, struct other *b)"
     "{ return iommufd_hw_queue_depend(a, b, core); }", False),
    ("int f(struct vdev *a, struct vdev *b)"
     "{ return iommufd_hw_queue_depend(a, b, core); }", False),
    ("void f(struct queue *a, struct other *b)"
     "{ iommufd_hw_queue_undepend(a, b, core); }", False),
]


def compiles(command, text):
    with tempfile.NamedTemporaryFile("w", suffix=".c") as source:
        source.write(text + "\n")
        source.flush()
        return subprocess.run(command + [source.name], capture_output=True,
                              text=True)


def main():
    root = pathlib.Path(sys.argv[1])
    glib = subprocess.run(["pkg-config", "--cflags", "glib-2.0"],
                          capture_output=True, text=True,
                          check=True).stdout.split()
    command = shlex.split(sys.argv[2]) + [
        "-std=gnu11", "-fsyntax-only", "-D_GNU_SOURCE", "-Wall", "-Werror",
        f"-I{root}/include/kernel", f"-I{root}/include"] + glib
    cases = []
    for macro, core, other in KINDS:
        head = HEAD.replace("CORE", core).replace("OTHER", other)
        cases += [(head + body.replace("SIZE(", macro + "("), good)
                  for body, good in SIZES]
    cases += [(QUEUES + body, good) for body, good in DEPENDS]
    faults = 0
    for text, good in cases:
        run = compiles(command, text)
        if (run.returncode == 0) != good:
            faults += 1
            print(f"{'fails' if good else 'compiles'}: "
                  f"{text.splitlines()[-1]}\n{run.stderr[:600]}")
    print(f"{len(cases) - faults} of {len(cases)} as they should be")
    return 1 if faults else 0


sys.exit(main())
