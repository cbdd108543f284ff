#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Laws of recording and replaying.  What `run --record` writes replays without a
difference, for every kind of call that the conformance client makes; a trace in
which one answer is changed differs in that line; the C program made of a trace
compiles and agrees; what is no trace is refused with its line.
usage: test_replay.py UIOMMUFD CONFORM VFIO_CLIENT SOURCE BUILD"""
import os
import re
import subprocess
import sys
import tempfile

uiommufd, conform, vfio, source, build = sys.argv[1:6]
passed = failed = 0
PROFILES = ("core", "hwpt", "dirty", "access", "fault", "pasid", "viommu",
            "vfio", "mixed")


def run(*args, **more):
    return subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=120, **more)


def check(name, good, *what):
    global passed, failed
    passed += bool(good)
    failed += not good
    if not good:
        print(name, *what)


def record(trace, *program):
    made = run(uiommufd, "run", "--record", trace, "--", *program)
    check(f"recorded {program}", made.returncode == 0, made.stdout[-500:])
    return made.stdout


def replay(trace, *args):
    return run(uiommufd, "replay", *args, trace)


def round_trips(folder):
    for profile in PROFILES:
        trace = os.path.join(folder, profile)
        arguments = [conform, "-p", profile, "-s", "3", "-n", "200"]
        plain = run(uiommufd, "run", "--", *arguments).stdout
        check(f"{profile}: recording changes nothing",
              record(trace, *arguments) == plain)
        again = replay(trace)
        calls = re.search(r"(\d+) calls, 0 differ, 0 skipped", again.stdout)
        check(f"{profile}: replays", again.returncode == 0 and calls and
              int(calls.group(1)) >= 200, again.stdout[-800:])


def changed_answers(folder):
    """Each kind of answer: an ID, an errno, a result, a byte that was read."""
    with open(os.path.join(folder, "fault"), encoding="utf-8") as trace:
        lines = trace.read().splitlines()
    changes = (("ID", r"out_ioas_id=(\d+)", lambda m: f"out_ioas_id={int(m[1]) + 70}"),
               ("errno", r"= -1 EINVAL", lambda m: "= -1 ENOSPC"),
               ("success", r"(ioctl.*) = 0$", lambda m: m[1] + " = -1 EBUSY"),
               ("bytes", r'read\((\d+), "\\x02', lambda m: f'read({m[1]}, "\\x03'))
    for name, pattern, change in changes:
        number = next((i for i, line in enumerate(lines)
                       if re.search(pattern, line)), None)
        check(f"{name}: there is one", number is not None)
        if number is None:
            continue
        wrong = os.path.join(folder, "wrong")
        with open(wrong, "w", encoding="utf-8") as out:
            out.write("\n".join(lines[:number] +
                                [re.sub(pattern, change, lines[number], count=1)] +
                                lines[number + 1:]) + "\n")
        again = replay(wrong)
        check(f"{name}: differs in line {number + 1}", again.returncode == 1 and
              f"line {number + 1}: " in again.stdout, again.stdout[-800:])
        check(f"{name}: quiet", not replay(wrong, "--quiet").stdout)


def programs(folder):
    for profile in ("core", "viommu", "dirty", "fault"):
        code = os.path.join(folder, profile + ".c")
        binary = os.path.join(folder, profile + ".bin")
        made = replay(os.path.join(folder, profile), "--emit-c", "-o", code)
        check(f"{profile}: emitted", made.returncode == 0, made.stdout)
        built = run("cc", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE",
                    f"-I{source}/include", f"-I{source}/include/uapi", code,
                    "-o", binary, f"-L{build}/lib", "-luiommufd",
                    f"-Wl,-rpath,{build}/lib")
        check(f"{profile}: compiles", built.returncode == 0, built.stdout[:800])
        if built.returncode == 0:
            ran = run(binary)
            check(f"{profile}: agrees", ran.returncode == 0, ran.stdout[-800:])
            wrong = code + ".wrong.c"
            with open(code, encoding="utf-8") as text:
                changed = text.read().replace('out_ioas_id, 0x1)',
                                              'out_ioas_id, 0x77)', 1)
            with open(wrong, "w", encoding="utf-8") as out:
                out.write(changed)
            run("cc", "-w", "-D_GNU_SOURCE", f"-I{source}/include",
                f"-I{source}/include/uapi", wrong, "-o", binary,
                f"-L{build}/lib", "-luiommufd", f"-Wl,-rpath,{build}/lib")
            ran = run(binary)
            check(f"{profile}: sees a difference", ran.returncode == 1 and
                  "out_ioas_id" in ran.stdout, ran.stdout[-300:])


STRACE = """\
1234  openat(AT_FDCWD, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = 3
1234  close(3)                          = 0
1234  mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f3b1c000000
1234  openat(AT_FDCWD, "/dev/iommu", O_RDWR) = 3
1234  ioctl(3, _IOC(_IOC_NONE, 0x3b, 0x81, 0), 0x7ffd4f1d8a60) = 0
1234  ioctl(3, _IOC(_IOC_NONE, 0x3b, 0x85, 0), 0x7ffd4f1d8a60 <unfinished ...>
1235  read(0, "abc"..., 4096)           = 3
1234  <... ioctl resumed>)              = 0
1234  ioctl(3, IOMMU_IOAS_MAP, {size=40, flags=0x7, ioas_id=1, user_va=0x7f3b1c000000, length=4096*2, iova=0x100000}) = 0
1234  ioctl(3, IOMMU_DESTROY, {size=8, id=7}) = -1 ENOENT (No such file or directory)
--- SIGCHLD {si_signo=SIGCHLD} ---
1234  close(3<anon>)                    = 0
1234  exit_group(0)                     = ?
1234  +++ exited with 0 +++
"""


def strace(folder):
    trace = os.path.join(folder, "strace")
    with open(trace, "w", encoding="utf-8") as out:
        out.write(STRACE)
    again = replay(trace)
    check("strace", again.returncode == 0 and "line 8: skipped" in again.stdout and
          "5 calls, 0 differ, 1 skipped" in again.stdout, again.stdout)


def refusals(folder):
    trace = os.path.join(folder, "broken")
    for text, word in (("ioctl(3, IOMMU_DESTROY, {size=8, id= = 0\n", "line 1"),
                       ("# uiommufd trace 9\n", "line 1"),
                       ("close(3) = -1 EWHAT\n", "line 1"),
                       ("x(" + "[" * 100 + "\n", "line 1"),
                       ("", "no calls")):
        with open(trace, "w", encoding="utf-8") as out:
            out.write(text)
        got = replay(trace)
        check(repr(text[:30]), got.returncode == 2 and word in got.stdout,
              got.returncode, got.stdout)
    for args, word in (([], "TRACE"), (["/nonexistent"], "/nonexistent"),
                       (["--platform", "pc", trace], "--platform"),
                       (["--devices", "3", trace], "--devices"),
                       (["-o", "x", trace], "--output")):
        got = run(uiommufd, "replay", *args)
        check(str(args), got.returncode == 2 and word in got.stdout, got.stdout)
    got = run(uiommufd, "run", "--record", "/nonexistent/x", "--", "true")
    check("record", got.returncode == 2 and "--record" in got.stdout, got.stdout)


def devices(folder):
    """A device's owner: descriptors in structures, device files."""
    trace = os.path.join(folder, "devices")
    made = run(uiommufd, "run", "--platform", "smmuv3", "--devices", "2",
               "--record", trace, "--", vfio)
    check("devices: recorded", made.returncode == 0, made.stdout)
    again = replay(trace).stdout
    check("devices: attach and map", not re.search(
        r"IOMMU_|BIND|ATTACH", again), again)
    with open(trace, encoding="utf-8") as text:
        check("devices: named", "VFIO_DEVICE_ATTACH_IOMMUFD_PT" in text.read())


with tempfile.TemporaryDirectory() as where:
    round_trips(where)
    changed_answers(where)
    programs(where)
    strace(where)
    refusals(where)
    devices(where)
print(f"{passed} passed, {failed} failed")
sys.exit(failed != 0)
