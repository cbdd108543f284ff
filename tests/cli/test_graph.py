#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Laws of `uiommufd graph`: a wrong option is named and ends with 2; every form
comes out of an unmodified program; the program's status is passed on.
usage: test_graph.py UIOMMUFD CLIENT"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

uiommufd, client = map(os.path.abspath, sys.argv[1:3])
CLIENT = [client, "-p", "viommu", "-s", "1", "-n", "40"]


def graph(*args, **more):
    return subprocess.run([uiommufd, "graph", *args], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=120, **more)


def refusals(work):
    for args, word in ((["--nonsense", "x"], "--nonsense"),
                       (["--form", "pdf", "x"], "--form"),
                       (["--form", "dot", "-o", "a.txt", "x"], "--output"),
                       (["--why", "-1", "x"], "--why"),
                       ([], "no PROGRAM"), (["--"], "no PROGRAM"),
                       (["--", "--platform", "pc", "x"], "--platform")):
        got = graph(*args)
        assert got.returncode == 2 and word in got.stderr, (args, got)
    assert graph("/no/such/program").returncode == 127


def status_is_passed_on(work):
    assert graph("/bin/sh", "-c", "exit 7").returncode == 7
    assert graph("--", "--platform", "smmuv3", "/bin/sh", "-c", "exit 3").returncode == 3


def text_goes_to_stderr(work):
    got = graph(*CLIENT)
    assert got.returncode == 0, got.stderr
    assert "\nVIOMMU " in got.stderr and "# context of process" in got.stderr


def forms_go_to_files(work):
    for form in "json", "dot", "html":
        got = graph("--form", form, *CLIENT, cwd=work)
        assert got.returncode == 0 and (work / f"graph.{form}").exists(), got
    document = json.loads((work / "graph.json").read_text())
    assert any(row["stack"] for row in document["claims"])
    got = graph("--form", "html", "--output", str(work / "a.html"), *CLIENT)
    assert got.returncode == 0 and (work / "a.html").exists()


def reasons(work):
    got = graph("--why", "1", *CLIENT)
    assert "the way there:" in got.stderr and "IOAS 1" in got.stderr, got.stderr
    assert "# context" not in got.stderr
    got = graph("--refused", *CLIENT)
    assert "gives EBUSY" in got.stderr or "nobody needs it" in got.stderr, got.stderr


laws = [refusals, status_is_passed_on, text_goes_to_stderr, forms_go_to_files, reasons]
os.environ.pop("UIOMMUFD_DEBUG", None)
for law in laws:
    with tempfile.TemporaryDirectory() as name:
        law(pathlib.Path(name))
    print(law.__name__)
print(f"[  PASSED  ] {len(laws)} test(s).")
