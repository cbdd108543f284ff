#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Law (spec/15, top): a CMDQV driver and its header compile without any
diagnostic, under gcc and clang, without and with optimisation and
CONFIG_IOMMU_DEBUGFS.  usage: compilers.py SOURCE_ROOT"""
import os
import shutil
import subprocess
import sys

root = sys.argv[1]
here = os.path.join(root, "tests/drivers")
strict = ["-std=gnu11", "-Wall", "-Wextra", "-Wno-unused-parameter",
          "-Wno-sign-compare", "-Werror", "-D_GNU_SOURCE",
          # What the kernel's own build asks for.
          "-Wundef", "-Wstrict-prototypes", "-Wmissing-prototypes",
          "-Wmissing-declarations", "-Wold-style-definition", "-Wvla",
          "-Wimplicit-fallthrough", "-fno-strict-aliasing", "-fno-common",
          "-fno-strict-overflow", "-fno-delete-null-pointer-checks",
          "-fshort-wchar", "-fms-extensions",
          '-DKBUILD_MODNAME="arm_smmu_v3"', "-c", "-o", os.devnull]
include = [f"-I{root}/include/kernel", f"-I{root}/include",
           f"-I{here}/full_header", f"-I{root}/lib/drivers/arm-smmu-v3"]
sources = ["full_header/tegra241-cmdqv.c", "cmdqv_names.c", "kit_prototypes.c",
           "smmu_prototypes.c",
           "test_driver_kit.c", "glue_smmu.c"]
passed = failed = 0
for compiler in filter(shutil.which, ("gcc", "clang")):
    for options in (["-O0"], ["-O2", "-DCONFIG_IOMMU_DEBUGFS"]):
        for source in sources:
            run = subprocess.run([compiler, *strict, *options, *include,
                                  os.path.join(here, source)],
                                 stdout=subprocess.PIPE,
                                 stderr=subprocess.STDOUT, text=True)
            passed += run.returncode == 0
            failed += run.returncode != 0
            if run.returncode:
                print(compiler, *options, source, run.stdout[:2000], sep="\n")
print(f"[  PASSED  ] {passed} test(s).")
if failed:
    print(f"[  FAILED  ] {failed} test(s)")
sys.exit(1 if failed else 0)
