#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Opens reports in a headless Chromium: nothing asks a network, nothing complains, each chart is drawn, names stay text,
and a print holds every table and chart, light.

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


# Header cells whose words nobody would see.
UNSEEN_HEADERS = """[...document.querySelectorAll('thead th')].filter((one) => {
  const words = document.createRange();
  words.selectNodeContents(one);
  return one.textContent.trim() && ![...words.getClientRects()].some((box) => box.width > 0 && box.height > 0);
}).length"""
# Runs after the page's own listener: what stands on the paper.
WATCH_PRINT = """addEventListener('beforeprint', () => {
  const all = (what) => [...document.querySelectorAll(what)];
  window.printed = {
    closed: all('main details:not([open])').filter((one) => !one.closest('.vega-embed')).length,
    undrawn: all('figure.chart').length - all('.drawn svg.marks').length,
    dark: all('figure.chart svg.marks *').filter((one) => /#(f0953f|e8eaed)/i.test(one.getAttribute('stroke') + one.getAttribute('fill'))).length,
  };
})"""
NUMBER_OPEN = "document.querySelectorAll('main details[open]').length"


def arms(results):
    return len({row["arm"] for row in json.loads((Path(results) / "plan.json").read_text())["rows"]})


def hostile_copy(results, folder, first):
    """The same results with arms, domains and reasons named by the payloads from `first` on, bare while they last."""
    copy = Path(folder) / f"hostile{first}"
    shutil.copytree(results, copy)
    (copy / "plan.json").chmod(0o644)
    plan = json.loads((copy / "plan.json").read_text())
    names = {}

    def payload(i):
        return PAYLOADS[(first + i) % len(PAYLOADS)] + ("" if i < len(PAYLOADS) else f" {i}")

    for row in plan["rows"]:
        row["arm"] = names.setdefault(row["arm"], payload(len(names)))
        row["reason"] = row["reason"] and PAYLOADS[len(row["reason"]) % len(PAYLOADS)]
    for at, suite in enumerate(plan["suites"].values()):
        suite["domains"] = [payload(at * 7 + i) for i in range(len(suite["domains"]))]
    (copy / "plan.json").write_text(json.dumps(plan))
    return copy


def print_faults(page):
    """From a dark screen with most of the page closed."""
    page.medium("print")
    if unseen := page.value(UNSEEN_HEADERS):
        yield f"{unseen} headers of tables vanish in print"
    page.medium("")
    was_open = page.value(NUMBER_OPEN)
    page.value(WATCH_PRINT)
    if not page.pdf().startswith(b"%PDF"):
        yield "nothing is printed"
    yield from (f"print: {count} {what}" for what, count in page.value("window.printed").items() if count)
    if page.value(NUMBER_OPEN) != was_open or not page.value("loomCharts.dark()"):
        yield "after a print the page is not what it was"


def keyboard_faults(page):
    """Tab reaches the link past the contents, Enter follows it; a header that has the focus sorts its table."""
    page.key("Tab")
    page.key("Enter")
    if page.value("location.hash") != "#verdict":
        yield "Tab and Enter do not lead to the verdict"
    page.value("document.querySelector('details[open] thead th button').focus()")
    page.key("Enter")
    if page.value("document.activeElement.parentElement.getAttribute('aria-sort')") != "ascending":
        yield "Enter on a header does not sort"


def dark_faults(file):
    """On a dark screen the paper is dark, and the charts take its colours."""
    with Page(dark=True) as page:
        page.open(file)
        page.value(OPEN_ALL)
        if missing := page.value(SEE_ALL):
            yield f"dark: {missing} charts are not drawn"
        if page.value("getComputedStyle(document.body).backgroundColor") != "rgb(20, 23, 26)":
            yield "dark: the paper is not"
        if not page.value("document.querySelectorAll('svg.marks [fill=\"#56b4e9\"], svg.marks [stroke=\"#56b4e9\"]').length"):
            yield "dark: charts keep the colours of a light page"
        yield from (f"dark: {text}" for text in page.errors + page.requests)


def phase_faults(page):
    """A phase map is a picture of its own: it must be one, and fit a narrow window."""
    page.value("document.querySelector('img.phase').scrollIntoView()")
    page.wait_for("document.querySelector('img.phase').complete")
    if not page.value("document.querySelector('img.phase').naturalWidth"):
        yield "the phase map is no picture"
    page.call("Emulation.setDeviceMetricsOverride", width=700, height=900, deviceScaleFactor=1, mobile=False)
    if page.value("document.documentElement.scrollWidth - document.documentElement.clientWidth") > 0:
        yield "the phase map is wider than a narrow window"


def faults(loom, results, folder, thorough):
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
        page.wait_for(ALL_IN_OPEN)  # though nobody scrolls
        yield from keyboard_faults(page)
        if thorough:
            page.value("document.getElementById('theme').click()")
            yield from print_faults(page)
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
        if page.value("document.querySelectorAll('iframe, object, base, img:not(.phase)').length"):
            yield "a name became an element"
        wide = page.value("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if wide > 0:
            yield f"the page is {wide} pixels wider than its window"
        if page.value("document.querySelectorAll('img.phase').length"):
            yield from phase_faults(page)
    with Page(scripts=False) as page:
        page.open(file)
        yield from (f"without scripts: {text}" for text in page.errors + page.requests)
    if thorough:
        yield from dark_faults(file)
    print(f"{results}: {file.stat().st_size} bytes, opened in {seconds:.2f} s", file=sys.stderr)


def main():
    loom, *all_results = sys.argv[1:]
    if program() is None:
        print("skipped: no Chromium is installed (apt-get install chromium)")
        return 77
    found = []
    with tempfile.TemporaryDirectory() as folder:
        most = max(all_results, key=arms)
        hostile = [hostile_copy(most, folder, first) for first in (0, len(PAYLOADS) // 2)]
        thorough = (most, all_results[-1], hostile[0])  # printing draws all that is closed: not each page has to
        for results in all_results + hostile:
            found += [f"{results}: {fault}" for fault in faults(loom, results, folder, results in thorough)]
    print(*found, sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
