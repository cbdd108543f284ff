#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Laws of the report page in a real browser: no console message, every plot
drawn, nothing wider than a phone, dark and light differ, and it prints.  Keeps
screenshots.  usage: test_page.py UIOMMUFD ARTEFACT_FOLDER"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

uiommufd, folder = sys.argv[1], pathlib.Path(sys.argv[2])
chromium = shutil.which("chromium") or shutil.which("chromium-browser")
if not chromium:
    print("no chromium")
    sys.exit(77)
PLOTS = ["breakdown", "throughput-queues", "throughput-cpus", "throughput-batch",
         "latency-queues", "latency-cpus", "latency-batch", "latency-tail", "mmio",
         "occupancy"]
STUDY = ["breakdown-guest", "breakdown-host"]
MEASURED = ["measured-throughput", "measured-mmio"]
# Appended to a copy of the page: what the browser made of it, as text.
PROBE = """<pre id="probe"></pre><script>
document.getElementById("probe").textContent = JSON.stringify({
  wide: document.documentElement.scrollWidth, view: window.innerWidth,
  body: getComputedStyle(document.body).backgroundColor,
  plots: [...document.querySelectorAll("figure")].map(f => [f.id,
    f.querySelector("svg").getBoundingClientRect().width,
    f.querySelectorAll("svg path.line, svg rect").length,
    Math.min(...[...f.querySelectorAll("svg text")].map(
      t => t.getBoundingClientRect().height))])});
</script>"""
passed = failed = 0


def check(name, good, why=""):
    global passed, failed
    passed += bool(good)
    failed += not good
    if not good:
        print(f"{name}: {why}")


def browse(work, *args):
    return subprocess.run(
        [chromium, "--headless", "--no-sandbox", "--disable-gpu",
         "--disable-dev-shm-usage", "--hide-scrollbars", "--enable-logging=stderr",
         f"--user-data-dir={work}/profile", *args],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=240)


def make(work, name, *args):
    path = os.path.join(work, name)
    got = subprocess.run([uiommufd, "vcmdq", "-q", "--report", path, *args],
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                         timeout=400)
    check(name, got.returncode == 0, got.stderr)
    return path


def probe(work, path, width, *args):
    """What the browser sees; the window is exactly so wide inside a frame."""
    page = pathlib.Path(path).read_text()
    probed = pathlib.Path(work, "probed.html")
    probed.write_text(page.replace("</body>", PROBE + "</body>"))
    got = browse(work, f"--window-size={width},900", "--dump-dom", *args,
                 f"file://{probed}")
    console = [line for line in got.stderr.splitlines() if "CONSOLE" in line]
    check("no console message", not console, console)
    text = re.search(r'id="probe">(.*?)</pre>', got.stdout, re.S)
    check("the page runs", text, got.stdout[-300:] + got.stderr[-300:])
    return __import__("json").loads(text.group(1).replace("&amp;", "&"))


def look(work, path, names, label):
    seen = None
    for width in (500, 1280):
        seen = probe(work, path, width)
        check(f"{label} {width} fits", seen["wide"] <= seen["view"], seen)
        plots = {plot[0]: plot for plot in seen["plots"]}
        for name in names:
            plot = plots.get(name)
            check(f"{label} {width} {name}", plot and plot[1] > 200 and plot[2] > 0,
                  plot)
            # Letters stay readable.
            check(f"{label} {width} {name} letters", plot and plot[3] > 8, plot)
    return seen


def keep(work, path, label):
    for width, height, name in ((390, 3000, "phone"), (1280, 2400, "desktop")):
        shot = folder / f"{label}-{name}.png"
        browse(work, f"--window-size={width},{height}", f"--screenshot={shot}",
               f"file://{path}")
        check(f"screenshot {shot.name}", shot.exists() and shot.stat().st_size > 20000)
    shot = folder / f"{label}-dark.png"
    browse(work, "--window-size=1280,2400", "--force-dark-mode",
           "--blink-settings=preferredColorScheme=0", f"--screenshot={shot}",
           f"file://{path}")
    check("dark screenshot", shot.exists())
    pdf = folder / f"{label}.pdf"
    browse(work, f"--print-to-pdf={pdf}", "--no-pdf-header-footer", f"file://{path}")
    check("prints", pdf.exists() and pdf.read_bytes()[:5] == b"%PDF-")


folder.mkdir(parents=True, exist_ok=True)
with tempfile.TemporaryDirectory() as work:
    predicted = make(work, "predicted.html", "--predict", "--policy", "guest-direct",
                     "--queues", "2", "--lists", "1000")
    both = make(work, "both.html", "-n", "20000")
    study = make(work, "study.html", "--study", "published")
    compared = make(work, "compared.html", "--seeds", "5", "--compare", "tegra241",
                    "tegra241-many-syncs")
    light = look(work, predicted, PLOTS + ["breakdown-run"], "predicted")
    look(work, both, PLOTS + MEASURED, "both")
    look(work, study, STUDY, "study")
    look(work, compared, ["comparison"], "compared")
    dark = probe(work, predicted, 1280, "--blink-settings=preferredColorScheme=0")
    check("dark differs", dark["body"] != light["body"], dark["body"])
    for path, label in ((predicted, "predicted"), (both, "both"), (study, "study"),
                        (compared, "compared")):
        keep(work, path, label)
print(f"[  PASSED  ] {passed} test(s).")
if failed:
    print(f"[  FAILED  ] {failed} test(s)")
sys.exit(1 if failed else 0)
