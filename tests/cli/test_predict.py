#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Laws of the predicting modes of `uiommufd vcmdq`: every output says that it
is predicted, the same seed gives the same bytes, the study lands inside both
published bands, shares are 100 %, bad options and files are named.
usage: test_predict.py UIOMMUFD DATA_FOLDER LAB_POLICY.so"""
import csv
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "support"))
import trace_events  # noqa: E402

uiommufd, data, module = sys.argv[1:4]
passed = failed = 0


def run(*args, **kwargs):
    return subprocess.run([uiommufd, "vcmdq", *args], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, timeout=400, **kwargs)


def check(name, good, why=""):
    global passed, failed
    passed += bool(good)
    failed += not good
    if not good:
        print(f"{name}: {why}")


def outputs(folder):
    names = {form: os.path.join(folder, "out." + form)
             for form in ("json", "csv", "html", "trace")}
    got = run("--predict", "--lists", "300", "--json", names["json"], "--csv",
              names["csv"], "--report", names["html"], "--trace", names["trace"],
              "--illegal-ppm", "20000")
    check("predict", got.returncode == 0, got.stderr)
    check("text says it", got.stdout.startswith("PREDICTED"), got.stdout[:80])
    check("text sums up", "sum 100.0 %" in got.stdout, got.stdout)
    check("conserved", "conserved:" in got.stdout, got.stdout)
    tree = json.loads(pathlib.Path(names["json"]).read_text())
    check("JSON says it", tree["mode"] == "predicted" and tree["clock"] == "virtual")
    check("JSON has the profile", len(tree["profile"]["values"]) > 40)
    check("sources", all(v["source"] for v in tree["profile"]["values"]))
    for one in tree["runs"]:
        total = sum(one["percent_of_time"].values())
        check("shares", abs(total - 100) < 0.001, total)
    for axis in ("run", "policy", "queues", "cpus", "batch"):
        check(axis, any(r["set"] == axis for r in tree["runs"]))
    check("range of CPUs", {1, 144} <= {r["design"]["cpus"] for r in tree["runs"]})
    check("range of queues", {1, 128} <= {r["design"]["queues"]
                                          for r in tree["runs"]})
    with open(names["csv"], encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    check("CSV is even", len({len(row) for row in rows}) == 1)
    check("CSV says it", {row[0] for row in rows[1:]} == {"predicted"})
    check("CSV has all", len(rows) - 1 == len(tree["runs"]))
    one, cells = tree["runs"][0], dict(zip(rows[0], rows[1]))
    for name in "invalidations", "commands":
        rate, good = float(cells[name + "_per_second"]), \
            one[name] / one["virtual_ns"] * 1e9
        check(name + " a second", abs(rate / good - 1) < 1e-6, (rate, good))
    page = pathlib.Path(names["html"]).read_text()
    check("page says it", ">predicted</span>" in page)
    check("page needs nothing", "http" not in page and "<script" not in page)
    text = pathlib.Path(names["trace"]).read_text()
    check("trace events", not trace_events.wrong(text), trace_events.wrong(text))
    events = json.loads(text)["traceEvents"]
    tracks = {(e["pid"], e["args"]["name"]) for e in events
              if e["name"] == "thread_name"}
    check("tracks", {(1, "CPU 3"), (2, "queue 3")} <= tracks, tracks)
    check("interrupts", any(e["pid"] == 3 and e["ph"] == "X" for e in events))
    run("-q", "--predict", "--policy", "cmdlist", "--lists", "100", "--illegal-ppm",
        "50000", "--trace", names["trace"])
    events = json.loads(pathlib.Path(names["trace"]).read_text())["traceEvents"]
    tracks = {(e["pid"], e["args"]["name"]) for e in events
              if e["name"] == "thread_name" and e["pid"] > 1}
    check("the SMMU's own", tracks == {(2, "SMMU's own queue"),
                                       (3, "SMMU's own queue")}, tracks)


def same_bytes(folder):
    texts = []
    for i in range(2):
        name = os.path.join(folder, f"same{i}.json")
        run("-q", "--predict", "--policy", "guest-trapped", "--queues", "2",
            "--cpus", "5", "--seed", "7", "--json", name)
        texts.append(pathlib.Path(name).read_bytes())
    check("same seed, same bytes", texts[0] and texts[0] == texts[1])


def study(folder):
    name = os.path.join(folder, "study.json")
    got = run("--study", "published", "--json", name)
    check("study", got.returncode == 0, got.stdout + got.stderr)
    found = json.loads(pathlib.Path(name).read_text())["study"]
    guest, host = found["guest"], found["host"]
    check("guest inside", guest["inside"] and guest["predicted_low"] >= 0.7
          and guest["predicted_high"] <= 0.9, guest)
    check("host inside", host["inside"] and 0 < host["predicted_high"] <= 0.2, host)
    keys = {row["key"]: row for row in found["sensitivity"]}
    check("sensitivity", len(keys) > 30 and "device.sync_slots" in keys, keys)
    # It must show what the host's figure hangs on.
    check("it hangs on the back end",
          keys["device.sync_slots"]["host_doubled"] > 0.2, keys)
    check("breakdown", got.stdout.count("(100 %)") >= 4, got.stdout)


def study_outside(folder):
    name = os.path.join(folder, "odd.ini")
    pathlib.Path(name).write_text("[profile]\nbased_on = tegra241\n[device]\n"
                                  "sync_slots = 16 syncs | assumed\n")
    got = run("--study", "published", "--no-sensitivity", "--profile", name)
    check("outside is said", got.returncode == 1 and "OUTSIDE" in got.stdout,
          got.stdout)


def compare(folder):
    a, b = (os.path.join(folder, n) for n in ("a.ini", "b.ini"))
    out = os.path.join(folder, "compare.json")
    pathlib.Path(a).write_text("[profile]\nbased_on = tegra241\n[design]\n"
                               "policy = cmdlist\ncpus = 16\n")
    pathlib.Path(b).write_text("[design]\n"
                               "policy = per-cpu\ncpus = 16\nqueues = 16\n")
    got = run("--compare", a, b, "--seeds", "5", "--json", out)
    check("compare", got.returncode == 0 and "95 % confidence" in got.stdout,
          got.stdout + got.stderr)
    found = json.loads(pathlib.Path(out).read_text())["comparison"]
    ratio = found["latency_b_to_a"]
    check("ratio", ratio["low95"] <= ratio["mean"] <= ratio["high95"] < 1, ratio)
    check("by seed", len(ratio["by_seed"]) == 5, ratio)
    table = os.path.join(folder, "compare.csv")
    page = os.path.join(folder, "compare.html")
    got = run("--compare", "tegra241", "tegra241-many-syncs", "--seeds", "3",
              "--json", out, "--csv", table, "--report", page)
    found = json.loads(pathlib.Path(out).read_text())["comparison"]
    differ = [(d["key"], d["a"], d["b"]) for d in found["profile_differences"]]
    check("differences", differ == [("device.sync_slots", 1, 16)], differ)
    check("text differs", "device.sync_slots: A 1, B 16" in got.stdout, got.stdout)
    check("page differs", 'id="differences"' in pathlib.Path(page).read_text())
    rows = pathlib.Path(table).read_text().splitlines()
    check("CSV by seed", len(rows) == 1 + 2 * 3, rows)
    check("CSV tells A from B", [row.split(",")[-1] for row in rows[1:3]] ==
          ["tegra241", "tegra241-many-syncs"], rows)
    odd = os.path.join(folder, 'o"d,d.ini')
    pathlib.Path(odd).write_text("[design]\nworkload = batched\nflush_after = 9\n")
    run("-q", "--compare", a, odd, "--seeds", "2", "--csv", table, "--json", out)
    with open(table, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    check("CSV quotes", [row[-1] for row in rows[1:3]] == [a, odd], rows)
    page_of = pathlib.Path(page).read_text
    check("near ratios", "logarithmic" not in page_of())
    pathlib.Path(b).write_text("[design]\nworkload = batched\nflush_after = 512\n")
    run("-q", "--compare", a, b, "--seeds", "2", "--report", page)
    check("far ratios", "ratio, logarithmic" in page_of())
    found = json.loads(pathlib.Path(out).read_text())["comparison"]
    check("JSON has all of a design", found["b_design"]["flush_after"] == 9, found)
    got = run("--compare", a, a, "--seeds", "3", "--json", out)
    ratio = json.loads(pathlib.Path(out).read_text())["comparison"]["latency_b_to_a"]
    check("against itself", ratio["mean"] == 1 and ratio["low95"] == 1, ratio)
    check("no difference", got.stdout.count(": no difference shown") == 2,
          got.stdout)


def tail_explained(folder):
    """CPUs without a queue of their own wait behind others; so do the slowest."""
    out = os.path.join(folder, "tail.json")
    got = run("--predict", "--policy", "shared-lock", "--cpus", "32", "--json", out)
    share = json.loads(pathlib.Path(out).read_text())["runs"][0][
        "percent_of_time_of_slowest_hundredth"]
    check("tail sums up", abs(sum(share.values()) - 100) < 1e-6, share)
    most = max(share, key=share.get)
    check("tail printed", "of the slowest 1 %, mean" in got.stdout and
          f"ns: {most} {share[most]:.1f} %" in got.stdout, got.stdout)


def compare_by_the_page(folder):
    """Twice the pages an invalidation: longer, yet less time a page."""
    names = [os.path.join(folder, f"{n}.ini") for n in ("eight", "sixteen")]
    out = os.path.join(folder, "pages.json")
    for name, batch in zip(names, (8, 16)):
        pathlib.Path(name).write_text(f"[design]\nbatch = {batch}\n")
    got = run("--compare", *names, "--seeds", "3", "--json", out)
    found = json.loads(pathlib.Path(out).read_text())["comparison"]
    whole, page = found["latency_b_to_a"], found["time_of_a_page_b_to_a"]
    check("pages known", (found["a_pages_an_invalidation"],
                          found["b_pages_an_invalidation"]) == (8, 16), found)
    check("by the page", page["mean"] < 1 < whole["mean"] and
          abs(2 * page["mean"] - whole["mean"]) < 1e-6, (whole, page))
    check("verdict", page["verdict"] == "B is better", page)
    check("verdict printed", "8 pages in A, for 16 in B" in got.stdout and
          got.stdout.count(": B is better") == 2, got.stdout)


def replays():
    for name in sorted(pathlib.Path(data).glob("*.cmdq*")):
        got = run("--predict", "--policy", "guest-direct", "--queues", "2",
                  "--lists", "3000", "--replay", str(name))
        check(name.name, got.returncode == 0 and "replay" in got.stdout, got.stderr)


def catches(process):
    """Has the process come so far that it takes Ctrl-C?"""
    try:
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    except OSError:
        return True
    caught = status.split("SigCgt:")[1].split()[0]
    return int(caught, 16) >> (signal.SIGINT - 1) & 1 or process.poll() is not None


def interrupt_twice():
    """Seconds between the signals, and what came of them."""
    process = subprocess.Popen([uiommufd, "vcmdq", "--predict", "--lists",
                                "90000000"], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    while not catches(process):
        time.sleep(0.01)
    time.sleep(0.5)
    start = time.monotonic()
    process.send_signal(signal.SIGINT)
    time.sleep(0.002)
    process.send_signal(signal.SIGINT)
    gap = time.monotonic() - start
    out, error = process.communicate(timeout=120)
    return gap, (process.returncode, out, error)


def interrupted():
    """Two signals at once, as timeout(1) sends, are one Ctrl-C."""
    for _ in range(5):
        gap, (code, out, error) = interrupt_twice()
        if gap < 0.1:  # else the machine is too busy for 'at once'
            break
    check("Ctrl-C", code == 0 and "(interrupted)" in out and "invalidations" in out,
          f"{gap} {code} {out} {error}")


def interrupted_measuring():
    """One batch size alone would take many minutes."""
    process = subprocess.Popen(
        [uiommufd, "vcmdq", "--replay", os.path.join(data, "k612-churn-2cpu.cmdq.xz"),
         "-n", "2000000000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not catches(process):
        time.sleep(0.01)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    try:
        out, error = process.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        out, error = process.communicate()
    check("Ctrl-C while measuring", process.returncode == 0 and
          "(interrupted" in out and "audit    objects 0" in out,
          f"{process.returncode} {out} {error}")


def standard_output(folder):
    out = os.path.join(folder, "closed.json")
    with open("/dev/full", "w", encoding="utf-8") as full:
        got = subprocess.run([uiommufd, "vcmdq", "--predict", "--lists", "10"],
                             stdout=full, stderr=subprocess.PIPE, text=True)
    check("full", got.returncode == 1 and "standard output:" in got.stderr,
          f"{got.returncode} {got.stderr}")
    got = subprocess.run(["sh", "-c", '"$0" vcmdq --predict --json "$1" '
                          '--report /dev/null >&-', uiommufd, out],
                         stderr=subprocess.PIPE, text=True)
    check("closed", got.returncode == 1 and "standard output:" in got.stderr and
          json.loads(pathlib.Path(out).read_text())["mode"] == "predicted",
          f"{got.returncode} {got.stderr}")


def measured_policies(folder):
    """--policy alone: real threads; every built-in one, and a loaded one."""
    out, page = (os.path.join(folder, n) for n in ("measured.json", "m.html"))
    table = os.path.join(folder, "measured.csv")
    load = ["--load", module]
    for name in ("shared-lock", "cmdlist", "per-cpu", "guest-direct",
                 "guest-trapped", "last-rings"):
        got = run(*load, "--policy", name, "--cpus", "2", "--queues", "2",
                  "--batch", "7", "--lists", "120", "--json", out, "--csv", table,
                  "--report", page)
        found = json.loads(pathlib.Path(out).read_text())
        row = found["measured"][0]
        check(f"measured {name}", got.returncode == 0 and "MEASURED" in got.stdout and
              found["clock"] == "wall" and row["policy"] == name and
              row["invalidations"] == 120 and row["commands"] >= 120 * 8 - 1,
              f"{got.returncode} {got.stdout}{got.stderr}{row}")
        with open(table, encoding="utf-8", newline="") as file:
            cells = list(csv.DictReader(file))[0]
        check(f"rates {name}", all(
            abs(float(cells[what + "_per_second"]) * row["duration_ns"] / 1e9 /
                row[what] - 1) < 1e-6 for what in ("invalidations", "commands")),
              (cells, row))
        check(f"table and page {name}",
              f"measured,run,{name}," in pathlib.Path(table).read_text() and
              name in pathlib.Path(page).read_text())
    got = run(*load, "--predict", "--policy", "last-rings", "--lists", "50",
              "--csv", table)
    check("loaded and predicted", got.returncode == 0 and
          "run      last-rings" in got.stdout, got.stdout + got.stderr)
    check("in the sweep", "policy,last-rings," in pathlib.Path(table).read_text())
    a, b = (os.path.join(folder, n) for n in ("la.ini", "lb.ini"))
    pathlib.Path(a).write_text("[design]\npolicy = last-rings\nlists = 50\n")
    pathlib.Path(b).write_text("[design]\npolicy = shared-lock\nlists = 50\n")
    got = run(*load, "--compare", a, b, "--seeds", "2")
    check("loaded and compared", got.returncode == 0 and
          "(last-rings," in got.stdout, got.stdout + got.stderr)


def refusals(folder):
    bad = os.path.join(folder, "bad.ini")
    pathlib.Path(bad).write_text("[profile]\nbased_on = tegra241\n\n[mmio]\n"
                                 "read = 5 ns\n")
    none, many = (os.path.join(folder, n) for n in ("none.ini", "many.ini"))
    pathlib.Path(none).write_text("[design]\npolicy = no\n")
    pathlib.Path(many).write_text("[design]\ncpus = 1000\n")
    for args, words in ((["--cpus", "3"], ["--cpus", "--predict"]),
                        (["--predict", "--cpus", "145"], ["--cpus"]),
                        (["--predict", "--cpus", "-3"], ["--cpus"]),
                        (["--predict", "--queues", "129"], ["--queues"]),
                        (["--predict", "--policy", "no"], ["--policy", "'no'"]),
                        (["--predict", "--workload", "no"], ["--workload"]),
                        (["--predict", "--illegal-ppm", "1000001"],
                         ["--illegal-ppm"]),
                        (["--predict", "--profile", bad], ["bad.ini:5:", "read"]),
                        (["--predict", "--profile", "/no.ini"], ["/no.ini"]),
                        (["--predict", "--study", "published"], ["--study"]),
                        (["--study", "else"], ["--study", "else"]),
                        (["--compare", "a.ini"], ["--compare"]),
                        (["--compare", bad, bad], ["--compare", "bad.ini:5:"]),
                        (["--seeds", "5"], ["--seeds"]),
                        (["--predict", "--seeds", "1"], ["--seeds"]),
                        (["--study", "published", "--trace", "x"],
                         ["--trace", "--study"]),
                        (["--policy", "no"], ["--policy", "'no'"]),
                        (["--policy", "per-cpu", "--gaps-percent", "3"],
                         ["--gaps-percent", "--predict"]),
                        (["--policy", "per-cpu", "--trace", "x"], ["--trace"]),
                        (["--policy", "per-cpu", "--dump-registers"],
                         ["--dump-registers"]),
                        (["--study", "published", "--policy", "per-cpu"],
                         ["--policy", "--predict"]),
                        (["--load", "/no.so"], ["--load", "/no.so"]),
                        (["--no-sensitivity"], ["--no-sensitivity"]),
                        (["--predict", "--cpus", "-1"], ["--cpus=-1"]),
                        (["--predict", "--queues", "-1"], ["--queues=-1"]),
                        (["--entries", "-1"], ["--entries=-1"]),
                        (["--predict", "--vintfs", "4"], ["--vintfs", "measured"]),
                        (["--study", "published", "--commands", "4"],
                         ["--commands", "measured"]),
                        (["--policy", "per-cpu", "--devices", "4"],
                         ["--devices", "measured"]),
                        (["--study", "published", "--queues", "4"],
                         ["--queues", "--study"]),
                        (["--compare", "tegra241", "tegra241", "--profile", "/no"],
                         ["--profile", "--compare"]),
                        (["--profile", "/no.ini"], ["--profile", "--report"]),
                        (["--seeds", "10"], ["--seeds", "--compare"]),
                        (["--predict", "--profile", none], [none, "policy", "'no'"]),
                        (["--predict", "--profile", many],
                         [many + ":2:", "cpus", "1000"])):
        got = run(*args)
        check(" ".join(args), got.returncode == 2 and
              all(word in got.stderr for word in words),
              f"{got.returncode} {got.stderr}")
    for option in "--json", "--csv", "--report", "--trace":
        for path, why in (("/nonexistent/x", "No such file"),
                          ("/dev/full", "No space left")):
            got = run("--predict", "--lists", "10", option, path)
            check(f"{option} {path}", got.returncode == 1 and
                  all(word in got.stderr for word in (option, path, why)),
                  f"{got.returncode} {got.stderr}")


with tempfile.TemporaryDirectory() as work:
    outputs(work)
    same_bytes(work)
    study(work)
    study_outside(work)
    compare(work)
    compare_by_the_page(work)
    tail_explained(work)
    measured_policies(work)
    refusals(work)
    standard_output(work)
replays()
interrupted()
interrupted_measuring()
print(f"[  PASSED  ] {passed} test(s).")
if failed:
    print(f"[  FAILED  ] {failed} test(s)")
sys.exit(1 if failed else 0)
