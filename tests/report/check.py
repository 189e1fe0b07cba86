#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Opens reports in a headless Chromium: nothing asks a network, nothing complains, each chart is drawn, names stay text.

Usage: check.py LOOM RESULTS...    exit 77 where no Chromium is installed
"""
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from browser import Page, program

SECONDS = 2  # to open a page
SIZE_BYTES = 2_000_000
PAYLOADS = (Path(__file__).parent / "payloads.txt").read_text().splitlines()
OPEN_ALL = "for (const one of document.querySelectorAll('main details')) one.open = true"
ALL_IN_OPEN = "[...document.querySelectorAll('figure.chart')].every((one) => !one.clientWidth || one.querySelector('.drawn'))"
SEE_ALL = """(async () => {
  for (const one of document.querySelectorAll('figure.chart')) {
    one.scrollIntoView();
    for (let i = 0; i < 200 && !one.querySelector('.drawn svg.marks'); ++i) await new Promise((done) => setTimeout(done, 20));
  }
  return document.querySelectorAll('figure.chart').length - document.querySelectorAll('.drawn svg.marks').length;
})()"""


def hostile_copy(results, folder):
    """The same results with arms, suites' sources and reasons named by the payloads; marks that go with an index."""
    copy = Path(folder) / "hostile"
    shutil.copytree(results, copy)
    (copy / "plan.json").chmod(0o644)
    plan = json.loads((copy / "plan.json").read_text())
    names = {}
    for row in plan["rows"]:
        name = names.setdefault(row["arm"], f"{PAYLOADS[len(names) % len(PAYLOADS)]} {len(names)}")
        row["arm"] = name
        row["reason"] = row["reason"] and PAYLOADS[len(row["reason"]) % len(PAYLOADS)]
    for at, suite in enumerate(plan["suites"].values()):
        suite["domains"] = [f"{PAYLOADS[(at + i) * 7 % len(PAYLOADS)]} {i}" for i in range(len(suite["domains"]))]
    (copy / "plan.json").write_text(json.dumps(plan))
    return copy


def faults(loom, results, folder):
    file = Path(folder) / "report.html"
    subprocess.run([loom, "report", str(results), "-o", str(file)], check=True, stdout=subprocess.DEVNULL)
    if file.stat().st_size >= SIZE_BYTES:
        yield f"{file.stat().st_size} bytes"
    with Page() as page:
        page.open(file)  # the first page of a browser also waits for the browser
        begin = time.monotonic()
        page.open(file)
        page.value("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        page.wait_for("(document.documentElement.dataset.drawing || 0) == 0")  # what stands in view or near it
        seconds = time.monotonic() - begin
        if seconds >= SECONDS:
            yield f"opened in {seconds:.2f} s"
        page.wait_for(ALL_IN_OPEN)  # nobody scrolls before a print
        page.value(OPEN_ALL)
        if missing := page.value(SEE_ALL):
            yield f"{missing} charts are not drawn"
        page.value("document.querySelectorAll('.controls input').forEach((one) => one.click())")
        page.value("document.querySelectorAll('thead th button').forEach((one) => one.click())")
        page.value("document.getElementById('theme').click()")
        page.value("new Promise((done) => setTimeout(done, 500))")
        yield from (f"console: {text}" for text in page.errors)
        yield from (f"asks for {url}" for url in page.requests)
        if page.value("window.hacked") is not None:
            yield "a name ran as a script"
        if page.value("document.querySelectorAll('iframe, object, base, img').length"):
            yield "a name became an element"
        wide = page.value("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            yield f"the page is {wide} pixels wider than its window"
    with Page(scripts=False) as page:
        page.open(file)
        yield from (f"without scripts: {text}" for text in page.errors + page.requests)
    print(f"{results}: {file.stat().st_size} bytes, opened in {seconds:.2f} s", file=sys.stderr)


def main():
    loom, *all_results = sys.argv[1:]
    if program() is None:
        print("skipped: no Chromium is installed (apt-get install chromium)")
        return 77
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for results in all_results + [hostile_copy(all_results[0], folder)]:
            found += [f"{results}: {fault}" for fault in faults(loom, results, folder)]
    print(*found, sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
