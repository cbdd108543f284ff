#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Laws of `uiommufd abi-check`: the same header agrees wherever it lies; each
kind of difference is named; a wrong path or a header that does not compile ends
with 2; the command has its own side with it.
usage: test_abi_check.py UIOMMUFD SOURCE"""
import os
import pathlib
import subprocess
import sys
import tempfile

uiommufd, source = map(os.path.abspath, sys.argv[1:3])
OURS = pathlib.Path(source, "include/uapi/linux/iommufd.h").read_text()
passed = 0


def check(path, **environment):
    return subprocess.run([uiommufd, "abi-check", *map(str, path)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env={**os.environ, **environment})


def expect(got, status, *words):
    global passed
    for word in words:
        assert word in got.stdout + got.stderr, (word, got)
    assert got.returncode == status, got
    passed += 1


def with_text(work, text):
    tree = work / "linux"
    place = tree / "include/uapi/linux/iommufd.h"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)
    return [tree]


def changed(work, old, new):
    assert old in OURS, old
    return with_text(work, OURS.replace(old, new, 1))


# Wherever it is installed, and whatever has become of the tree.
command = pathlib.Path(uiommufd).read_bytes()
assert b"struct iommu_ioas_alloc {" in command
assert (source + "/include/uapi").encode() not in command
with tempfile.TemporaryDirectory() as name:
    work = pathlib.Path(name)
    expect(check([source + "/include/uapi"]), 0, "0 differ, 0 are only in ours")
    expect(check(with_text(work, OURS)), 0, "0 differ")
    expect(check(with_text(work, OURS), CC="env LANG=C cc"), 0, "0 differ")
    expect(check(with_text(work, OURS), CC="'cc"), 2, "CC: ")
    expect(check([work / "linux/include/uapi/linux/iommufd.h"]), 0, "0 differ")
    expect(check(changed(work, "struct iommu_destroy {\n\t__u32 size;",
                         "struct iommu_destroy {\n\t__u64 size;")), 1,
           "sizeof struct iommu_destroy is 8 in ours, 16 in theirs",
           "offset of struct iommu_destroy.id is 4 in ours, 8 in theirs")
    expect(check(changed(work, "#define IOMMUFD_TYPE (';')", "#define IOMMUFD_TYPE (':')")),
           1, "IOMMUFD_TYPE is 0x3b in ours, 0x3a in theirs")
    expect(check(with_text(work, OURS.replace("out_ioas_id", "out_id"))), 1,
           "offset of struct iommu_ioas_alloc.out_ioas_id (8) is only in ours",
           "offset of struct iommu_ioas_alloc.out_id (8) is only in theirs")
    expect(check(with_text(work, OURS + "\nenum more { MORE_OF_IT = 77, };\n")), 1,
           "MORE_OF_IT (0x4d) is only in theirs")
    expect(check(with_text(work, OURS + "\nstruct broken { int\n")), 2, "error:")
    expect(check(with_text(work, "nothing\n")), 2, "no structure in it")
    expect(check([work / "nowhere"]), 2, "nowhere: no linux/iommufd.h")
    expect(check([]), 2, "one PATH")
    expect(check(["--wrong"]), 2, "--wrong")
print(f"[  PASSED  ] {passed} test(s).")
