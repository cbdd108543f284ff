#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Laws of `uiommufd run`: a wrong option is named and ends with 2, a program
that is not there with 127, one that cannot be run with 126 and the reason; else
the program's own status is passed on.  Reports at exit do what they say.
usage: test_run.py UIOMMUFD CLIENT STATIC_CLIENT"""
import os
import subprocess
import sys
import tempfile

uiommufd, client, static = sys.argv[1:4]
passed = failed = 0


def run(*args, **more):
    return subprocess.run([uiommufd, "run", *args], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=120, **more)


def check(name, got, status, *words):
    global passed, failed
    good = got.returncode == status and \
        all(word in got.stderr + got.stdout for word in words)
    passed += good
    failed += not good
    if not good:
        print(f"{name}: {got.returncode} instead of {status}, {words}\n"
              f"{got.stderr}{got.stdout}")


def refusals():
    for args, word in ((["--nonsense"], "--nonsense"),
                       (["--platform", "pc"], "--platform"),
                       (["--devices", "99"], "--devices"),
                       (["--devices", "x"], "x"),
                       (["--pasid-bits", "21"], "--pasid-bits"),
                       (["--seed", "-1"], "--seed"),
                       (["--log", "loud"], "--log"),
                       (["--leak-check=some"], "--leak-check"),
                       (["--graph=a;b"], "--graph"),
                       (["--fail-nth", "0"], "--fail-nth"),
                       (["--fail-nth", "1:disk"], "--fail-nth")):
        check(" ".join(args), run(*args, "--", client), 2, word)
    check("no program", run(), 2, "PROGRAM")
    check("no program after --", run("--"), 2, "PROGRAM")


def programs():
    check("absent", run("--", "/nonexistent"), 127, "/nonexistent")
    check("absent in PATH", run("--", "no-such-program"), 127)
    check("no program file", run("--", os.path.dirname(__file__) + "/meson.build"), 126)
    check("directory", run("--", "/tmp"), 126)
    check("static", run("--", static), 126, "statically linked")
    check("status", run("--", "sh", "-c", "exit 7"), 7)
    check("signal", run("--", "sh", "-c", "kill -TERM $$"), -15)
    with tempfile.TemporaryDirectory() as folder:
        script = os.path.join(folder, "script")
        with open(script, "w", encoding="utf-8") as out:
            out.write("#!/bin/sh\nexit 5\n")
        os.chmod(script, 0o755)
        check("script", run("--", script), 5)


def reports():
    play = ["-p", "core", "-s", "1", "-n"]
    check("clean", run("--leak-check", "--", client, *play, "50"), 0)
    check("clean to the end", run("--leak-check=all", "--", client, *play, "50"), 0)
    check("left open", run("--leak-check", "--", client, "-k", *play, "50"), 0)
    check("left open is a leak",
          run("--leak-check=all", "--", client, "-k", *play, "50"), 99,
          "leak: descriptor", "/dev/iommu")
    check("graph", run("--graph", "--", client, "-k", *play, "50"), 0, "IOAS ")
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "graph")
        check("graph file", run(f"--graph={out}", "--", client, "-k", *play, "50"), 0)
        with open(out, encoding="utf-8") as graph:
            check("its text", subprocess.CompletedProcess([], 0, graph.read(), ""),
                  0, "IOAS ")


def failures():
    play = ["--", client, "-p", "core", "-s", "1", "-n", "20"]
    check("a failure", run("--fail-nth", "3:alloc", *play), 0, "-ENOMEM")
    plain = run(*play)
    plain.returncode = "-ENOMEM" in plain.stdout
    check("none without", plain, 0)


refusals()
programs()
reports()
failures()
print(f"[  PASSED  ] {passed} test(s).")
if failed:
    print(f"[  FAILED  ] {failed} test(s)")
sys.exit(1 if failed else 0)
