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
NOT_FIRST = " is not the first of struct "
NOT_CORE = " is no struct CORE"
# Body, and what the compiler says of it; None: nothing, it compiles.
SIZES = [
    ("size_t f(void) { return SIZE(struct first, core); }", None),
    ("size_t f(void) { return SIZE(struct nested, inner.core); }", None),
    ("char f[SIZE(struct first, core) == sizeof(struct first) ? 1 : -1];", None),
    ("_Static_assert(SIZE(struct nested, inner.core) =="
     " sizeof(struct nested), 'size');".replace("'", '"'), None),
    ("const struct iommufd_viommu_ops ops = "
     "{ .vdevice_size = SIZE(struct first, core) };", None),
    ("size_t f(void) { return SIZE(struct second, core); }",
     "core" + NOT_FIRST + "second"),
    ("size_t f(void) { return SIZE(struct late, inner.core); }",
     "inner.core" + NOT_FIRST + "late"),
    ("size_t f(void) { return SIZE(struct foreign, core); }",
     "core" + NOT_CORE),
    ("size_t f(void) { return SIZE(struct pointer, core); }",
     "core" + NOT_CORE),
    ("size_t f(void) { return SIZE(struct first, own); }",
     "own" + NOT_CORE),
    ("size_t f(void) { return SIZE(struct first, missing); }",
     "missing"),
]
QUEUES = """#include <linux/iommufd.h>
struct queue { struct iommufd_hw_queue core; };
struct other { struct iommufd_hw_queue core; };
struct vdev { struct iommufd_vdevice core; };
"""
DEPENDS = [
    ("int f(struct queue *a, struct queue *b)"
     "{ return iommufd_hw_queue_depend(a, b, core); }", None),
    ("void f(struct queue *a, struct queue *b)"
     "{ iommufd_hw_queue_undepend(a, b, core); }", None),
    ("int f(struct queue *a, struct other *b)"
     "{ return iommufd_hw_queue_depend(a, b, core); }", "assert"),
    ("int f(struct vdev *a, struct vdev *b)"
     "{ return iommufd_hw_queue_depend(a, b, core); }", "assert"),
    ("void f(struct queue *a, struct other *b)"
     "{ iommufd_hw_queue_undepend(a, b, core); }", "assert"),
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
        cases += [(head + body.replace("SIZE(", macro + "("),
                   says and says.replace("CORE", core))
                  for body, says in SIZES]
    cases += [(QUEUES + body, says) for body, says in DEPENDS]
    faults = 0
    for text, says in cases:
        run = compiles(command, text)
        told = says is not None and says in run.stderr
        if (run.returncode == 0) != (says is None) or \
                (run.returncode and not told):
            faults += 1
            print(f"{'compiles' if says else 'fails'}, or for another reason:"
                  f" {text.splitlines()[-1]}\n{run.stderr[:600]}")
    print(f"{len(cases) - faults} of {len(cases)} as they should be")
    return 1 if faults else 0


sys.exit(main())
