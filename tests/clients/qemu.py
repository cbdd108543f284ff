#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Law: QEMU, unmodified, finds, binds, attaches, maps and resets the simulated
devices and lets go of everything.  usage: qemu.py UIOMMUFD

$QEMU names the program and its options; else it is qemu-system-x86_64.  Below
version 8.2 it does not know iommufd: nothing to test.
"""
import os
import re
import shlex
import shutil
import subprocess
import sys

DEVICES = ["d000:01:00.0", "d000:01:00.1"]
# As the guest's firmware has found it, and as QEMU has it.
FOUND, THERE = ("info pci", "PCI device 1b36:0005"), ("info qtree", "dev: vfio-pci,")
# A BAR is no memory that can be pinned: Linux refuses it just so.
EXPECTED = re.compile(r"IOMMU_IOAS_MAP failed: Bad address, PCI BAR|\(Bad address\)|"
                      r"PCI peer-to-peer")
FIRMWARE_S = 5
failures = cases = 0


def find_qemu():
    qemu = shlex.split(os.environ.get("QEMU", "qemu-system-x86_64"))
    if not shutil.which(qemu[0]):
        sys.exit(77)
    said = subprocess.run(qemu + ["--version"], stdout=subprocess.PIPE, text=True,
                          check=True).stdout
    version = re.search(r"version (\d+)\.(\d+)", said)
    if not version or tuple(map(int, version.groups())) < (8, 2):
        sys.exit(77)
    return qemu


def play(name, options, want, look=FOUND, commands=()):
    """Starts it, lets the firmware run, gives @commands to its monitor, then looks
    for @want devices."""
    global failures, cases
    cases += 1
    machine = ["-accel", "tcg", "-M", "q35", "-nodefaults", "-display", "none",
               "-monitor", "stdio"]
    vmm = subprocess.Popen(
        [uiommufd, "run", "-p", "smmuv3", "-d", "2", "--as-root", "--leak-check",
         "--"] + qemu + machine + options,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True)
    try:
        vmm.wait(FIRMWARE_S)
    except subprocess.TimeoutExpired:
        pass
    said, _ = vmm.communicate("".join(c + "\n" for c in [*commands, look[0], "quit"]), 60)
    odd = [line for line in said.splitlines()
           if re.search(r"qemu-system|rror", line) and not EXPECTED.search(line)]
    if vmm.returncode or odd or said.count(look[1]) != want:
        failures += 1
        print(f"{name}: status {vmm.returncode}, {said.count(look[1])} devices\n{said}")


uiommufd = sys.argv[1]
qemu = find_qemu()
iommufd = ["-object", "iommufd,id=iommufd0"]


def vfio(number, more=""):
    return f"vfio-pci,host={DEVICES[number]},id=v{number}{more}"


shared = ["-object", "memory-backend-memfd,id=ram,size=64M,share=on",
          "-machine", "memory-backend=ram"]
for name, memory in ("private", []), ("shared", shared):
    play(name + " memory",
         ["-m", "64", *memory, *iommufd,
          "-device", vfio(0, ",iommufd=iommufd0"),
          "-device", vfio(1, ",iommufd=iommufd0")], 2)
play("a container", ["-m", "64", "-device", vfio(0), "-device", vfio(1)],
     2)
play("an IOMMU of the guest's", ["-m", "64", *iommufd,
     "-device", "intel-iommu,caching-mode=on",
     "-device", vfio(0, ",iommufd=iommufd0")], 1)
play("memory and a device that come later, and a reset",
     ["-m", "64,slots=2,maxmem=1G", *iommufd, "-device", "pcie-root-port,id=rp0,slot=1"],
     1, THERE,
     ["object_add memory-backend-ram,id=more,size=128M",
      "device_add pc-dimm,id=dimm,memdev=more",
      "device_add " + vfio(0, ",iommufd=iommufd0,bus=rp0"),
      "system_reset"])
print(f"{cases - failures} passed, {failures} failed")
sys.exit(failures > 0)
