#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Laws of `uiommufd vcmdq`: it plays the built-in and a given stream, ends
clean, says the same in text and JSON, and names what is wrong with an option
or a file.  usage: test_vcmdq.py UIOMMUFD DATA_FOLDER [UNCLEAN_LIBRARY]"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import trace_events  # noqa: E402

uiommufd, data = sys.argv[1:3]
unclean = sys.argv[3:]
quick = ["--replay", os.path.join(data, "k612-churn-2cpu.cmdq.xz"), "-n", "2000"]
passed = failed = 0


def run(*args, env=None):
    return subprocess.run([uiommufd, *args], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=240,
                          env=env)


def check(name, good, why=""):
    global passed, failed
    passed += bool(good)
    failed += not good
    if not good:
        print(f"{name}: {why}")


def replay_ends_clean():
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "report.json")
        got = run("vcmdq", *quick, "--json", out)
        check("exit status", got.returncode == 0, got.stderr + got.stdout)
        check("audit line", "audit    objects 0, blocks 0, locks 0, mappings 0, "
              "warnings 0: clean" in got.stdout, got.stdout)
        check("EBUSY thrice", got.stdout.count(": EBUSY") == 3, got.stdout)
        with open(out, encoding="utf-8") as report:
            tree = json.load(report)
    check("audit in JSON", tree["audit"]["clean"] is True, tree["audit"])
    load = tree["workload"]
    # The recording has 10,294 commands; nothing is lost on the way.
    check("commands", load["commands"] + load["trapped"] == 10294, load)
    check("syncs", load["syncs"] == 5085, load)
    made = tree["objects"]
    check("the page", f"offset {made['vintf_page_offset']:#x}, "
          f"{made['vintf_page_bytes']} bytes" in got.stdout, made)
    check("event", tree["error"]["events"] == 1 and tree["error"]["recovered"],
          tree["error"])


def json_in_place():
    """What --json names is written, not replaced: it may be a device."""
    with tempfile.TemporaryDirectory() as folder:
        real, link, full = (os.path.join(folder, n) for n in ("real", "link", "full"))
        os.symlink(real, link)
        os.symlink("/dev/full", full)
        got = run("vcmdq", *quick, "-q", "--json", link)
        check("through a link", got.returncode == 0 and os.path.islink(link) and
              json.loads(pathlib.Path(real).read_text())["complete"], got.stderr)
        got = run("vcmdq", *quick, "--json", full, "--csv", full)
        check("a full device", got.returncode == 1 and os.path.islink(full) and
              got.stderr.count("No space left") == 2, got.stderr)
        check("the report is not lost", "audit    objects 0" in got.stdout, got.stdout)


def shapes():
    got = run("vcmdq", *quick, "--vintfs", "4", "--vcmdqs", "64", "--devices", "3",
              "--entries", "256", "--queues", "16")
    check("another shape", got.returncode == 0, got.stderr + got.stdout)
    check("its queues", "16 command queues of 256 entries" in got.stdout, got.stdout)


def faults():
    """Each kind strikes as asked, and a guest that mends gets through."""
    want = {"illegal-opcode,queue=2,skip=10,times=3": "illegal-opcode, queue 2, "
            "skip 10, times 3: struck 3",
            "illegal-operand,queue=2,times=2": "times 2: struck 2",
            "fetch-abort,queue=3,skip=100": "times 1: struck 1",
            "slow,queue=2,opcode=0x46,delay=10": "queue 2 opcode 0x46",
            "stuck-enable,queue=3,times=2": "struck 2",
            "stuck-enable,vintf=1,times=3": "vintf 1, skip 0, times 3: struck 3",
            "spurious-interrupt": "spurious-interrupt, cmdqv, skip 0, times 1: "
            "struck 1"}
    args = [a for spec in want for a in ("--inject", spec)]
    got = run("vcmdq", *quick, *args)
    check("faults", got.returncode == 0, got.stderr + got.stdout)
    for spec, line in want.items():
        check(spec, line in got.stdout, got.stdout)
    first = run("vcmdq", *quick, "--inject-random", "5", "--seed", "3")
    again = run("vcmdq", *quick, "--inject-random", "5", "--seed", "3")
    lines = [[line.split(":")[0] for line in got.stdout.splitlines()
              if line.startswith("fault")] for got in (first, again)]
    check("random faults", len(lines[0]) == 5 and lines[0] == lines[1], lines)


def stuck_guest():
    """A VINTF that never comes on: no guest, and what was for one did not strike."""
    got = run("vcmdq", *quick, "--inject", "illegal-opcode,queue=2",
              "--inject", "stuck-enable,vintf=1,times=0")
    check("no guest", got.returncode == 1 and "VIOMMU_ALLOC" in got.stderr, got.stderr)
    check("no command", "queue 2, skip 0, times 1: struck 0" in got.stdout, got.stdout)


def overflow():
    """More errors than the event queue can hold: events are lost, the run is not."""
    got = run("vcmdq", *quick, "--inject", "illegal-opcode,queue=2,times=1000")
    check("lost events", got.returncode == 0, got.stderr + got.stdout)


def stops():
    """A queue that nothing mends ends the run: an error, and nothing left."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "report.json")
        got = run("vcmdq", *quick, "--json", out,
                  "--inject", "illegal-opcode,queue=2,times=0")
        with open(out, encoding="utf-8") as report:
            tree = json.load(report)
    check("a run that stops", got.returncode == 1, got.returncode)
    check("what stopped it", "a queue stopped" in got.stderr, got.stderr)
    check("said", "STOPPED" in got.stdout, got.stdout)
    check("in JSON", tree["complete"] is False, tree)
    check("closed all the same", tree["audit"]["clean"] is True and
          tree["audit"]["objects"] == 0, tree["audit"])


def unclean_audit():
    """All went well, but something is left: the exit status says so."""
    for library in unclean:
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "report.json")
            got = run("vcmdq", *quick, "--json", out,
                      env={**os.environ, "LD_PRELOAD": library})
            with open(out, encoding="utf-8") as report:
                tree = json.load(report)
        check("unclean", got.returncode == 1, got.returncode)
        check("said to be", "objects 0, blocks 3, locks 0, mappings 0, "
              "warnings 1: NOT CLEAN" in got.stdout, got.stdout)
        check("complete, unclean JSON", tree["complete"] is True and
              tree["audit"]["clean"] is False, tree["audit"])


def dump():
    got = run("vcmdq", *quick, "--dump-registers")
    for line in ("0x001100 VINTF_CONFIG[1]",
                 "HYP_OWN=0", "0x000020 CR0", "SMMUEN=1 PRIQEN=0 EVTQEN=1",
                 "VCMDQ_BASE[2]"):
        check(f"dump of {line}", line in got.stdout,
              got.stdout[:3000])


def trace():
    with tempfile.TemporaryDirectory() as folder:
        name = os.path.join(folder, "trace.json")
        got = run("vcmdq", *quick, "--trace", name)
        check("trace", got.returncode == 0, got.stderr)
        with open(name, encoding="utf-8") as file:
            text = file.read()
    check("trace events", not trace_events.wrong(text), trace_events.wrong(text))
    events = json.loads(text)["traceEvents"]
    tracks = {(e["pid"], e["args"]["name"]) for e in events
              if e["name"] == "thread_name"}
    check("tracks", {(1, "CPU 0"), (2, "queue 0"), (3, "queue 0")} <= tracks, tracks)
    check("says which clock", any("wall clock" in str(e.get("args")) for e in events))
    spans = [e for e in events if e["ph"] == "X"]
    for name in ("build", "wait", "trapped", "doorbell to vEVENT"):
        check(name, any(e["name"] == name for e in spans))
    # The software of all CPUs is one thread here: nothing overlaps.
    cpu = [e for e in spans if e["pid"] == 1 and e["name"] != "build"]
    ends = [e["ts"] + e["dur"] for e in cpu]
    check("in order", all(a <= e["ts"] + 0.001 for a, e in zip(ends, cpu[1:])))


def refusals():
    for args, word in ((["--vintfs", "3"], "--vintfs"),
                       (["--vintfs", "1"], "from 2 to 64"),
                       (["--devices", "99"], "--devices"),
                       (["--devices", "1"], "the ATCs of 2 devices"),
                       (["--queues", "5"], "--queues"),
                       (["--vcmdqs", "64", "--queues", "2"], "a VINTF has 1"),
                       (["--nonsense"], "--nonsense"),
                       (["--replay", "/nonexistent.cmdq"], "/nonexistent.cmdq"),
                       (["--replay", __file__], os.path.basename(__file__)),
                       (["--inject", "nonsense"], "--inject=nonsense"),
                       (["--inject", "slow,delay"], "KEY=VALUE"),
                       (["--inject", "slow,delay=x"], "a number"),
                       (["--inject", "slow,queue=200"], "a queue"),
                       (["--vcmdqs", "64", "--inject", "slow,queue=64"],
                        "there are 64 queues (--vcmdqs)"),
                       (["--vintfs", "8", "--inject", "stuck-enable,vintf=8"],
                        "there are 8 VINTFs (--vintfs)"),
                       (["--inject", "stuck-enable,unit=smmu"], "be held up"),
                       (["--inject-random", "99"], "--inject-random"),
                       (["stray"], "stray")):
        got = run("vcmdq", *args)
        check(" ".join(args), got.returncode == 2 and word in got.stderr,
              f"{got.returncode} {got.stderr}")
    check("no command", run("nonsense").returncode == 2)


replay_ends_clean()
json_in_place()
shapes()
faults()
stuck_guest()
overflow()
stops()
unclean_audit()
dump()
trace()
refusals()
print(f"[  PASSED  ] {passed} test(s).")
if failed:
    print(f"[  FAILED  ] {failed} test(s)")
sys.exit(1 if failed else 0)
