#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Law: the preload object exports the libc functions of names.h and nothing
else, its version script says the same, and no call from within leads back to
one of them: such a reference would meet a sanitizer's or the program's own.
What the linker leads past us is not called by another file here, as it would go
past us too.
usage: preload_symbols.py OBJECT SOURCES"""
import pathlib
import re
import subprocess
import sys


def output(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True,
                          check=True).stdout


# What a program reaches a device by, at least.
NEEDED = """
    open open64 openat openat64 __open_2 __openat_2 __open64_2 __openat64_2 creat
    creat64 fopen fopen64 freopen opendir access faccessat eaccess stat stat64
    lstat lstat64 fstat fstat64 fstatat fstatat64 __xstat __lxstat __fxstat
    statx readlink readlinkat realpath ioctl mmap mmap64 munmap mremap mprotect
    read write readv writev pread pread64 pwrite pwrite64 preadv preadv64
    pwritev pwritev64 preadv2 pwritev2 __read_chk __pread_chk __pread64_chk
    lseek poll ppoll __poll_chk __ppoll_chk select pselect epoll_ctl dup dup2
    dup3 fcntl fcntl64 close close_range closefrom fclose sendmsg recvmsg
    sendmmsg recvmmsg fork vfork clone execl execle
    execlp execve execveat execv execvp execvpe fexecve
    posix_spawn posix_spawnp sigaction signal sigprocmask pthread_sigmask
    syscall""".split()


def gone_past(sources):
    """Calls of a file's to a wrapped function of another's."""
    wrapped = re.findall(r"^\tX\([\w\s*]+?,\s*(\w+),",
                         (sources / "names.h").read_text()
                         .split("define PRELOAD_WRAPPED")[1]
                         .split("define PRELOAD_BARE")[0], re.M)
    for source in sources.glob("*.c"):
        text = source.read_text()
        for name in wrapped:
            if (re.search(rf"\bpreload_{name}\(", text) and not
                    re.search(rf"^\w[\w\s*]*\bpreload_{name}\(", text, re.M)):
                yield f"{source.name}: preload_{name}() would go past us: own_"


def main():
    obj, sources = sys.argv[1], pathlib.Path(sys.argv[2])
    listed = re.findall(r"^\tX\([\w\s*]+?,\s*(\w+),",
                        (sources / "names.h").read_text()
                        .split("define PRELOAD_WRAPPED")[0], re.M)
    script = re.findall(r"^\t(\w+);", (sources / "preload.map").read_text(), re.M)
    table = output("nm", "-D", obj).splitlines()
    exported = {line.split()[-1].split("@")[0] for line in table
                if line.split()[-2] in "TtWDBR"} if table else set()
    undefined = {line.split()[-1].split("@")[0] for line in table
                 if line.split()[-2] in "Uw"}
    relocated = {word.split("@")[0] for line in
                 output("readelf", "-rW", obj).splitlines()
                 for word in line.split()[4:5]}
    faults = [f"{n}: exported but not listed" for n in exported - set(listed)]
    faults += [f"{n}: listed but not exported" for n in set(listed) - exported]
    faults += [f"{n}: not interposed" for n in set(NEEDED) - exported]
    faults += gone_past(sources)
    faults += [f"{n}: in one of names.h and preload.map only"
               for n in set(listed) ^ set(script)]
    faults += [f"{n}: called from within"
               for n in exported & (undefined | relocated)]
    libc = output("nm", "-D", "--defined-only",
                  re.search(r"libc\.so\.6 => (\S+)", output("ldd", obj)).group(1))
    known = {line.split()[-1].split("@")[0] for line in libc.splitlines()}
    faults += [f"{n}: is no function of libc" for n in exported - known]
    print("\n".join(sorted(faults)) or f"{len(exported)} names, all libc's")
    return 1 if faults or not exported else 0


sys.exit(main())
