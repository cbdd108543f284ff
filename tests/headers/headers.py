#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Laws about headers:

 - every header of include/uiommufd and include/uapi compiles alone as C11 and
   as C++17;
 - every header of include/kernel compiles as gnu11 alone, and with every libc
   header and GLib's in both orders: all of them before it, all of them after it.
   The latter takes a while to read, so some go together;
 - a header that drivers include for another's name, as in the kernel, leads there.
"""
import os
import pathlib
import shlex
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

LIBC = """assert ctype dirent dlfcn endian errno fcntl inttypes limits locale math
poll pthread sched setjmp signal stdarg stdatomic stdbool stddef stdint stdio stdlib
string strings sys/epoll sys/eventfd sys/ioctl sys/mman sys/param sys/resource
sys/socket sys/stat sys/syscall sys/time sys/types sys/uio sys/wait time ucontext
unistd wchar""".split()
TOGETHER = 8
# What drivers take from a header that is not its own.
LEADS = {
    "linux/slab.h": """
struct unit { char byte; } ____cacheline_aligned_in_smp;
phys_addr_t unit(unsigned long page);
phys_addr_t unit(unsigned long page)
{
	return __pa(page & PAGE_MASK) >> PAGE_SHIFT;
}
extern char units[PAGE_SIZE << MAX_PAGE_ORDER];
""",
}


def compile_text(job):
    name, command, text = job
    with tempfile.NamedTemporaryFile("w", suffix=job[1][-1]) as source:
        source.write(text)
        source.flush()
        run = subprocess.run(command[:-1] + [source.name], stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, text=True)
    return None if run.returncode == 0 else f"{name}\n{run.stdout[:1500]}"


def precompile(command, text, folder):
    """What to give to the compiler instead of @text, which many jobs begin with."""
    header = pathlib.Path(folder) / "libc_first.h"
    header.write_text(text)
    subprocess.run(command[:-1] + ["-x", "c-header", str(header), "-o",
                                   f"{header}.gch"], check=True)
    return ["-include", str(header)]


def jobs(root, cc, cxx, glib, folder):
    strict = ["-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-fsyntax-only"]
    public = [f"-I{root}/include", f"-I{root}/include/uapi"] + glib
    kernel = [f"-I{root}/include/kernel", f"-I{root}/include", "-D_GNU_SOURCE",
              "-Wno-sign-compare"] + glib
    libc = "".join(f"#include <{h}.h>\n" for h in LIBC) + "#include <glib.h>\n"
    for base in ("include/uiommufd", "include/uapi"):
        for path in sorted((root / base).rglob("*.h")):
            line = f'#include "{path}"\nextern int unit;\n'
            yield (f"{path} as C11",
                   cc + ["-std=c11", "-pedantic"] + strict + public + [".c"], line)
            yield (f"{path} as C++17",
                   cxx + ["-std=c++17"] + strict + public + [".cc"], line)
    command = cc + ["-std=gnu11"] + strict + kernel + [".c"]
    # The options are part of what is precompiled, but for the one against output.
    after_libc = precompile([o for o in command if o != "-fsyntax-only"], libc, folder)
    everything = [f"#include <{path.relative_to(root / 'include/kernel')}>\n"
                  for path in sorted((root / "include/kernel").rglob("*.h"))]
    for line in everything:
        text = line + "extern int unit;\n"
        yield (f"{line}after libc", command[:-1] + after_libc + [".c"], text)
        yield (f"{line}alone", command, text)
    groups = -(-len(everything) // TOGETHER)
    for first in range(groups):
        some = "".join(everything[first::groups])
        yield (f"{some}before libc", command, some + libc)
    for header, text in LEADS.items():
        yield (f"what {header} leads to", command, f"#include <{header}>\n{text}")
    yield ("all kit headers", command, "".join(everything))
    yield ("all kit headers, last first", command, "".join(reversed(everything)))


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    cc, cxx = shlex.split(sys.argv[2]), shlex.split(sys.argv[3])
    glib = subprocess.run(["pkg-config", "--cflags", "glib-2.0"],
                          stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    with tempfile.TemporaryDirectory() as folder, \
            ThreadPoolExecutor(os.cpu_count()) as pool:
        work = list(jobs(root, cc, cxx, glib, folder))
        faults = [f for f in pool.map(compile_text, work) if f]
    print("\n".join(faults[:20]))
    print(f"{len(work) - len(faults)} compilations passed, {len(faults)} failed")
    return 1 if faults or not work else 0


sys.exit(main())
