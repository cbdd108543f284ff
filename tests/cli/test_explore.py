#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Laws of `uiommufd explore`: a wrong option is named and ends with 2; the seed
is printed first; what is clean ends with 0; a trail replays; a signal must end a
scenario twice.
usage: test_explore.py UIOMMUFD [LIBRARY]"""
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import trace_events  # noqa: E402

uiommufd = os.path.abspath(sys.argv[1])
dying = sys.argv[2:]
NAME = "vdevice-alloc-viommu-destroy"
TRAIL = f"""uiommufd trail 1
scenario {NAME}
law -
absent 0
failures 0
s 6 2
s 6 1
end 2
"""


def explore(*args, **more):
    return subprocess.run([uiommufd, "explore", *args], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=200, **more)


def refusals(work):
    (work / "bad.trail").write_text(TRAIL.replace("s 6 1", "s 6 7"))
    (work / "other.trail").write_text(TRAIL.replace(NAME, "no-such"))
    (work / "none").write_bytes(b"")
    (work / "film").write_bytes(bytes(5000))
    (work / "bare").mkdir()
    (work / "good").mkdir()
    (work / "good" / "one").write_bytes(b"\1\2")
    for args, word in ((["--nonsense"], "--nonsense"),
                       (["--strategy", "luck", NAME], "--strategy"),
                       (["--budget", "soon", NAME], "--budget"),
                       (["--threads", "0", NAME], "--threads"),
                       (["--preemptions", "-2", NAME], "--preemptions"),
                       (["no-such"], "no-such"), ([], "--list"),
                       (["--replay", "/no/such"], "/no/such"),
                       (["--corpus", "/no/such"], "/no/such"),
                       (["--corpus", str(work / "none")], "none: is empty"),
                       (["--corpus", str(work / "film")], "film: "),
                       (["--corpus", str(work / "bare")], "bare: no input"),
                       (["--corpus", str(work / "good"), NAME], "--corpus"),
                       (["--corpus", str(work / "good"), "--platform", "tv"],
                        "--platform=tv"),
                       (["--platform", "mock", NAME], "--platform"),
                       (["--replay", "x.trail", "--corpus",
                         str(work / "good")], "--replay"),
                       (["--replay", str(work / "bad.trail")], "bad.trail:7"),
                       (["--replay", str(work / "other.trail")], "no-such")):
        got = explore(*args)
        assert got.returncode == 2 and word in got.stderr, (args, got)


def lists(work):
    got = explore("--list")
    assert got.returncode == 0 and NAME in got.stdout


def clean_ends_with_0(work):
    got = explore("--strategy", "dpor", "--failures", "0", "--seed", "7", NAME)
    assert got.returncode == 0, got
    assert got.stdout.startswith("seed 7\n") and "nothing is left" in got.stdout


def equal_seeds_are_equal(work):
    runs = [explore("--strategy", "random", "--executions", "500", NAME)
            for _ in range(2)]
    counts = [r.stdout.split(" executions")[0] for r in runs]
    assert runs[0].returncode == 0 and counts[0] == counts[1], runs


def trails_replay(work):
    (work / "a.trail").write_text(TRAIL)
    got = explore("--replay", str(work / "a.trail"), "--trace", str(work / "a.json"))
    assert got.returncode == 0, got
    assert "no law is broken" in got.stdout and "alloc" in got.stdout
    assert not trace_events.wrong((work / "a.json").read_text())


def signals_come_again(work):
    for library in dying:
        for when, status, word in (("once", 0, ""),
                                   ("always", 1, "ends by signal 9")):
            env = {**os.environ, "LD_PRELOAD": library, "DYING": when}
            got = explore("--all", "--budget", "60s", env=env)
            assert got.returncode == status and word in got.stdout, got
            assert ("scenario: vdevice-one-id" in got.stdout) == status, got


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as work:
        for law in (refusals, lists, clean_ends_with_0, equal_seeds_are_equal,
                    trails_replay, signals_come_again):
            law(pathlib.Path(work))
            print("ok", law.__name__)
