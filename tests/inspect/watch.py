#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Laws of lib/inspect/watch.c: the environment gets what it asks for."""
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

PROGRAM = sys.argv[1]


def run(when_ready=lambda process: None, **environment):
    """Its standard error; the program ends when its input does."""
    env = {name: value for name, value in os.environ.items()
           if not name.startswith("UIOMMUFD_")}
    with subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True,
                          env={**env, **environment}) as process:
        assert process.stdout.readline() == "ready\n"
        when_ready(process)
        _, errors = process.communicate()
    assert process.returncode == 0, errors
    return errors


def nothing_unasked(work):
    assert run() == ""
    assert not list(work.iterdir())


def text_of_every_context(work):
    path = work / "graph.txt"
    run(UIOMMUFD_GRAPH=str(path))
    text = path.read_text()
    assert text.count("# context of process") == 2, text
    assert text.count(", when it was closed") == 1
    assert text.count(", open at exit") == 1, "a duplicate is not another context"
    assert "\nHWPT_PAGING 3 users 2 wait 1 ioas 1 auto\n" in text
    assert "# context" in run(UIOMMUFD_GRAPH="-")


def a_file_for_each_form(work):
    for form in "dot", "json", "html":
        run(UIOMMUFD_GRAPH=str(work / f"graph.{form}"))
    closed = json.loads((work / "graph.json").read_text())
    still = json.loads((work / "graph-2.json").read_text())
    assert [row["type"] for row in closed["objects"]] == ["IOAS"]
    assert [row["type"] for row in still["objects"]] == ["IOAS", "DEVICE", "HWPT_PAGING"]
    assert (work / "graph-2.dot").read_text().startswith("digraph")
    assert "</svg>" in (work / "graph-2.html").read_text()


def lives_of_objects(work):
    """Each object's slices nest and follow its life, counts add up."""
    path = work / "life.json"
    run(UIOMMUFD_TRACE=str(path))
    assert not trace_events.wrong(path.read_text(), unfinished=True)
    events = [e for e in json.loads(path.read_text())]
    names = {(e["pid"], e["tid"]): e["args"]["name"] for e in events
             if e["name"] == "thread_name"}
    assert sorted(names.values()) == ["DEVICE 2", "HWPT_PAGING 3", "IOAS 1", "IOAS 1"], names
    for track, name in names.items():
        own = [e for e in events if (e["pid"], e.get("tid")) == track]
        slices = [e["name"] for e in own if e["ph"] == "B"]
        assert slices == ["reserved", "live"], (name, slices)
        open_slices = sum({"B": 1, "E": -1}.get(e["ph"], 0) for e in own)
        # The first context is closed, the other is open at exit.
        assert open_slices == (0 if track[0] == 1 else 1), (name, open_slices)
        times = [e["ts"] for e in own if "ts" in e]
        assert times == sorted(times)
        for count in "users", "wait_cnt":
            value = 1
            for change in own:
                words = change["name"].split()
                if change["ph"] != "i" or count not in words:
                    continue
                values = change["args"]
                assert values["before"] == value, (name, change)
                value = values["after"]
                expected = "get" if value > values["before"] else \
                    "put" if value < values["before"] else "look"
                assert words[0] == expected
                assert values["caller"]
    callers = [e["args"]["caller"] for e in events if e["ph"] == "i"]
    assert any("iommufd_hwpt_paging_alloc" in c for c in callers), callers
    assert "Is a directory" in run(UIOMMUFD_TRACE=str(work))


def why_and_refusals(work):
    errors = run(UIOMMUFD_EXPLAIN="1")
    assert errors.count("IOMMU_DESTROY gives EBUSY") == 1, errors
    assert "  HWPT_PAGING 3\n" in errors
    errors = run(UIOMMUFD_WHY="1")
    assert "nobody needs it" in errors and "the way there:" in errors, errors


def on_a_signal(work):
    path = work / "graph.txt"

    def ask(process):
        process.send_signal(signal.SIGUSR2)
        for _ in range(600):
            if path.exists() and "when the signal came" in path.read_text():
                return
            time.sleep(0.05)
        raise AssertionError("no graph came")

    run(ask, UIOMMUFD_GRAPH=str(path), UIOMMUFD_GRAPH_SIGNAL="USR2")


def mistakes_are_named(work):
    errors = run(UIOMMUFD_GRAPH=str(work / "none/graph.txt"))
    assert "UIOMMUFD_GRAPH: " in errors and "No such file" in errors, errors
    errors = run(UIOMMUFD_GRAPH="-", UIOMMUFD_GRAPH_SIGNAL="KILL")
    assert "UIOMMUFD_GRAPH_SIGNAL: 'KILL'" in errors, errors


laws = [nothing_unasked, text_of_every_context, a_file_for_each_form,
        lives_of_objects, why_and_refusals, on_a_signal, mistakes_are_named]
for law in laws:
    with tempfile.TemporaryDirectory() as name:
        law(pathlib.Path(name))
    print(law.__name__)
print(f"[  PASSED  ] {len(laws)} test(s).")
