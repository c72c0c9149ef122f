#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The page of `classify --html` in a real browser: a headless Chromium.

    browser.py SKYPECTL

Nothing is asked of the network, nothing complained of, and on screens wide and
narrow, bright and dark, no text runs out of its place; there are as many
ladders, and arrows in them, as `classify -j --explain` tells flows and messages.
Chromium is driven through its pipe. Prints TAP, then "N passed, N failed".
"""

import fcntl
import json
import os
import pathlib
import select
import shutil
import subprocess
import sys
import tempfile
import time

from classify import Tap, Tool

CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu",
           "--disable-dev-shm-usage", "--no-first-run", "--hide-scrollbars",
           "--disable-background-networking", "--disable-sync",
           "--disable-extensions", "--remote-debugging-pipe", "about:blank")
PATIENCE = 60.0                         # seconds for one answer
SCREENS = ((1280, 900, "light"), (1280, 900, "dark"), (390, 800, "light"))

# What stands out of its place. A drawing may be wider than a small screen, its
# box scrolls then; what is in it must stay in it.
LAYOUT = """(() => {
  const wrong = [], page = document.documentElement;
  for (const d of document.querySelectorAll('details')) d.open = true;
  const name = e => e.tagName + ' ' + (e.textContent || '').trim().slice(0, 40);
  const width = page.clientWidth;
  if (page.scrollWidth > width) wrong.push('the page is ' + page.scrollWidth);
  for (const e of document.body.querySelectorAll('*')) {
    const box = e.getBoundingClientRect();
    if (!box.width && !box.height) continue;
    const svg = e.closest('svg');
    const frame = svg && svg !== e ? svg.getBoundingClientRect() : null;
    if (frame && (box.left < frame.left - 1 || box.right > frame.right + 1 ||
                  box.top < frame.top - 1 || box.bottom > frame.bottom + 1))
      wrong.push('out of its drawing: ' + name(e));
    if (!e.closest('.wide') && (box.right > width + 1 || box.left < -1))
      wrong.push('out of the page: ' + name(e));
  }
  return wrong;
})()"""

COUNTS = """(() => {
  const count = s => document.querySelectorAll(s).length;
  return {ladders: count('svg.ladder'), flows: count('details'),
          arrows: count('svg.ladder .arrow'), proofs: count('svg.ladder .proof'),
          timelines: count('svg.timeline'), bars: count('svg.timeline rect'),
          captures: count('h2'), scripts: count('script'),
          text: document.body.innerText};
})()"""

BACK = "getComputedStyle(document.body).backgroundColor"

BROKEN = """<!DOCTYPE html><title>broken</title>
<link rel="stylesheet" href="http://127.0.0.1:9/style.css">
<div style="width:3000px">too wide</div>
<svg width="50" height="20" style="overflow:visible"><text x="40" y="15">out of the drawing</text></svg>
<script>console.error("complaint"); undefinedFunction();</script>
"""


class Browser:
    """A Chromium with one page, spoken to by its DevTools protocol."""

    def __init__(self, program, folder):
        there, self.send = os.pipe()
        self.receive, here = os.pipe()
        # 3 and 4 are where Chromium reads and writes; keep clear of them
        ends = [fcntl.fcntl(fd, fcntl.F_DUPFD, 10) for fd in (there, here)]
        os.close(there)
        os.close(here)

        def place():
            os.dup2(ends[0], 3)
            os.dup2(ends[1], 4)

        environment = dict(os.environ, HOME=folder, XDG_CONFIG_HOME=folder,
                           XDG_CACHE_HOME=folder)
        self.process = subprocess.Popen(
            (program, "--user-data-dir=%s/profile" % folder) + OPTIONS,
            preexec_fn=place, pass_fds=(3, 4), env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        for end in ends:
            os.close(end)
        self.buffer, self.number, self.events = b"", 0, []
        target = self.call("Target.createTarget", url="about:blank")
        self.session = None
        self.session = self.call("Target.attachToTarget", flatten=True,
                                 targetId=target["targetId"])["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(domain + ".enable")

    session = None

    def message(self, end):
        """The next message, at most until `end`."""
        while b"\0" not in self.buffer:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.receive], [], [], left)[0]:
                raise TimeoutError("the browser says nothing")
            data = os.read(self.receive, 1 << 20)
            if not data:
                raise EOFError("the browser has gone")
            self.buffer += data
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, **params):
        """Ask for something; events meanwhile are kept."""
        self.number += 1
        request = {"id": self.number, "method": method, "params": params}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.send, json.dumps(request).encode() + b"\0")
        end = time.monotonic() + PATIENCE
        while True:
            answer = self.message(end)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError("%s: %s" % (method, answer["error"]))
                return answer["result"]
            self.events.append(answer)

    def open(self, path):
        """Load a page; what happened meanwhile is in self.events."""
        self.events = []
        self.call("Page.navigate", url=pathlib.Path(path).as_uri())
        end = time.monotonic() + PATIENCE
        while not self.of("Page.loadEventFired"):
            self.events.append(self.message(end))

    def of(self, method):
        """The parameters of events of a kind."""
        return [event["params"] for event in self.events
                if event.get("method") == method]

    def screen(self, width, height, scheme):
        """Show the page on another screen."""
        self.call("Emulation.setDeviceMetricsOverride", width=width,
                  height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": scheme}])

    def value(self, expression):
        """What an expression comes to on the page."""
        answer = self.call("Runtime.evaluate", expression=expression,
                           returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(answer["exceptionDetails"])
        return answer["result"]["value"]

    def requests(self):
        """What was asked for, but the page itself."""
        return [event["request"]["url"]
                for event in self.of("Network.requestWillBeSent")
                if event.get("type") != "Document"]

    def complaints(self):
        """What the browser had to say."""
        self.value("0")                 # so that it has said it
        return ([event["entry"]["text"] for event in self.of("Log.entryAdded")]
                + [event["exceptionDetails"]["text"]
                   for event in self.of("Runtime.exceptionThrown")]
                + [str(event["args"])
                   for event in self.of("Runtime.consoleAPICalled")])

    def close(self):
        """Ends by itself when its pipe does; or by force."""
        os.close(self.send)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.receive)


def check_broken(tap, browser, folder):
    """The measures below see what is wrong with a page."""
    path = os.path.join(folder, "broken.html")
    with open(path, "w", encoding="utf-8") as file:
        file.write(BROKEN)
    browser.open(path)
    browser.screen(*SCREENS[0])
    tap.check(browser.requests() == ["http://127.0.0.1:9/style.css"],
              "a request would be seen", browser.requests())
    complaints = " ".join(browser.complaints())
    tap.check("complaint" in complaints and "Uncaught" in complaints,
              "a complaint would be heard", complaints)
    wrong = " ".join(browser.value(LAYOUT))
    tap.check("the page is" in wrong and "out of the page: DIV" in wrong
              and "out of its drawing: text" in wrong,
              "text out of its place would be found", wrong)


def check_page(tap, browser, tool, title, names):
    """One page of some captures."""
    path = os.path.join(tool.folder, title + ".html")
    status, _, err = tool.run("classify", "--html", path, *names)
    tap.check(status == 0, "%s: the page is written" % title, err)
    files = tool.json("--explain", *names)["files"]
    flows = [flow for one in files for flow in one["flows"]
             if flow["class"] != "none"]
    messages = [m for flow in flows for m in flow["messages"]]
    browser.open(path)
    tap.check(not browser.requests(), "%s: asks for nothing" % title,
              browser.requests())
    tap.check(not browser.complaints(), "%s: nothing to complain of" % title,
              browser.complaints())
    seen = browser.value(COUNTS)
    want = {"flows": len(flows), "scripts": 0,
            "ladders": sum(bool(flow["messages"]) for flow in flows),
            "arrows": len(messages), "captures": len(files),
            "proofs": sum(bool(m["evidence"]) for m in messages),
            "timelines": sum(any(f["class"] != "none" for f in one["flows"])
                             for one in files),
            "bars": len(flows) + sum(len(one["sessions"]) for one in files)}
    text = seen.pop("text")
    tap.check(seen == want, "%s: draws what the JSON tells" % title,
              (seen, want))
    missing = [name for name in names if name not in text]
    tap.check(not missing, "%s: the captures stand by their names" % title,
              missing)
    backs = set()
    for screen in SCREENS:
        browser.screen(*screen)
        wrong = browser.value(LAYOUT)
        tap.check(not wrong, "%s: on %dx%d, %s, all is in its place" % (
            (title,) + screen), wrong[:8])
        text = browser.value("document.body.innerText")
        missing = [flow for flow in flows if flow["why"] not in text]
        tap.check(not missing, "%s: every flow's reason can be read" % title,
                  missing[:1])
        backs.add(browser.value(BACK))
    tap.check(len(backs) == 2, "%s: bright and dark differ" % title, backs)


def captures(tool):
    """Pages to look at: (title, captures)."""
    tool.write("start.pcap")
    tool.write("start-5.5.pcap", "start-5.5")
    tool.write("change.pcap", "supernode-change")
    tool.write("call.pcap", "call-hold")
    tool.write("login.pcap", "login-refused")
    tool.write("near.pcap", "near-resend")
    name = "<b>\"&' " + "long " * 30 + "x" * 60 + ".pcap"
    tool.write(name, "start-0.97", 2)
    yield "starts", ["start.pcap", "start-5.5.pcap"]
    yield "sessions", ["change.pcap", "login.pcap"]
    yield "call", ["call.pcap"]
    yield "looks like it", ["near.pcap"]
    yield "a name", [name]


def main():
    """All pages."""
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    tap = Tap()
    if not program:
        tap.check(False, "there is a Chromium (selftests/vm/deps.sh check)")
        return tap.finish()
    with tempfile.TemporaryDirectory() as folder:
        browser = Browser(program, folder)
        try:
            check_broken(tap, browser, folder)
            tool = Tool(sys.argv[1], folder)
            for title, names in captures(tool):
                check_page(tap, browser, tool, title, names)
        finally:
            browser.close()
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
