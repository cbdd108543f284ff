#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Law: cppcheck finds nothing in lib/, examples/ and the headers they include
but what cppcheck.txt, next to this file, says is none.

usage: cppcheck.py SOURCE BUILD few       as tidy.py chooses them
       cppcheck.py SOURCE BUILD all
       cppcheck.py SOURCE BUILD FILE...   these, named from SOURCE
"""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

import tidy

COMMAND = ["cppcheck", "--enable=warning,performance,portability", "--quiet",
           "--inline-suppr", "-D__x86_64__=1", "--library=gnu",
           "--error-exitcode=1", "--template={file}:{line}: {message} [{id}]"]


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    source, build = (pathlib.Path(arg).resolve() for arg in sys.argv[1:3])
    if not shutil.which("cppcheck"):
        print("no cppcheck")
        return 77
    found = {name: entry for name, entry in tidy.commands(source, build).items()
             if name.endswith(".c")}
    chosen = tidy.choose(source, sorted(found), sys.argv[3:])
    with tempfile.TemporaryDirectory() as work:
        project = os.path.join(work, "compile_commands.json")
        with open(project, "w", encoding="utf-8") as out:
            json.dump([found[name] for name in chosen], out)
        done = subprocess.run(
            [*COMMAND, f"-j{os.cpu_count()}", f"--project={project}",
             f"--suppressions-list={pathlib.Path(__file__).with_name('cppcheck.txt')}"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(done.stdout.replace(str(source) + "/", ""), end="")
    print(f"cppcheck: {len(chosen)} files")
    return 1 if done.returncode or not chosen else 0


if __name__ == "__main__":
    sys.exit(main())
