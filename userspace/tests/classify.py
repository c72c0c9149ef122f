#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What classify prints: the contract's JSON, tables, ladders, the HTML page.

    classify.py SKYPECTL

Captures come from the traffic generator. Prints TAP, then "N passed, N failed".
"""

import gzip
import html.parser
import json
import os
import re
import resource
import shutil
import struct
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.realpath(__file__)),
                                "../../selftests/gen"))

import pcap                                                 # noqa: E402
import scenario                                             # noqa: E402

FLOW = {"proto": str, "client": dict, "server": dict, "state": str,
        "class": str, "grade": str, "reasons": list, "version": str,
        "packets": int, "bytes": int, "decided_at": (int, type(None)),
        "first": float, "last": float, "mark": int}
ENDPOINT = {"addr": str, "port": int, "grade": str, "requests": int,
            "peers": int, "chain": int, "public": (str, type(None)),
            "supernode": bool, "first": float, "last": float}
SESSION = {"client": dict, "supernode": dict, "via": str, "state": str,
           "start": float, "end": (float, type(None)), "changes": int,
           "version": str}
MESSAGE = {"n": (int, type(None)), "time": float, "from": str, "size": int,
           "evidence": list, "note": str}
CLASSES = ["none", "probe", "peer", "voice", "supernode", "signal", "login",
           "update"]
VOID = {"meta", "br", "tr", "th", "td", "p"}    # need no end tag


class Tap:
    """Results as TAP."""

    def __init__(self):
        self.passed = self.failed = 0

    def check(self, true, what, found=None):
        """One result; @found is shown when it failed."""
        print("%sok %d - %s" % ("" if true else "not ",
                                self.passed + self.failed + 1, what))
        if not true and found is not None:
            print("# found: %s" % str(found)[:500])
        self.passed += bool(true)
        self.failed += not true

    def finish(self):
        """Plan and total; returns the exit status."""
        print("1..%d" % (self.passed + self.failed))
        print("%d passed, %d failed" % (self.passed, self.failed))
        return 1 if self.failed else 0


class Page(html.parser.HTMLParser):
    """Whether a page is well-formed and keeps to itself."""

    def __init__(self, text):
        super().__init__()
        self.open, self.wrong, self.seen = [], [], {}
        self.feed(text)
        self.wrong += ["not closed: %s" % tag for tag in self.open]

    def handle_starttag(self, tag, attrs):
        self.seen[tag] = self.seen.get(tag, 0) + 1
        for name, value in attrs:
            if name in ("src", "href", "xlink:href") or name[:2] == "on":
                self.wrong.append("%s %s=%s" % (tag, name, value))
        if tag in ("script", "img", "link", "iframe", "object"):
            self.wrong.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.wrong.append("unexpected end of %s" % tag)


def datagram(source, port, payload):
    """An IPv4 packet with a UDP datagram to 198.51.100.9."""
    size = len(payload) + 8
    return struct.pack(">BBHHHBBHIIHHHH", 0x45, 0, size + 20, 0, 0, 64, 17, 0,
                       source, 0xc6336409, port, 5000, size, 0) + payload


def segment(reply, flags, seq, ack, payload=b""):
    """An IPv4 packet with a TCP segment; as offloaded, it has no length."""
    ends = ((0x0a000001, 0xc6336409), (4000, 33033))
    (source, target), (sport, dport) = (e[::-1] if reply else e for e in ends)
    return struct.pack(">BBHHHBBHIIHHIIBBHI", 0x45, 0, 0, 0, 0, 64, 6, 0,
                       source, target, sport, dport, seq, ack, 0x50, flags,
                       8192, 0) + payload


def record(seconds, micro, frame, size=None):
    """A frame as it stands in a pcap file; @size: what it had on the wire."""
    return struct.pack("<IIII", seconds, micro, len(frame),
                       size or len(frame)) + frame


RAW = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)


class Tool:
    """Runs the tool in a folder of captures."""

    def __init__(self, path, folder):
        self.path, self.folder = os.path.abspath(path), folder

    def run(self, *args, stdin=None, path=None):
        """(exit status, stdout, stderr)"""
        done = subprocess.run([path or self.path, *args], cwd=self.folder,
                              input=stdin, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        return done.returncode, done.stdout, done.stderr.decode()

    def json(self, *args, stdin=None):
        """The object that it prints."""
        return json.loads(self.run("-j", "classify", *args, stdin=stdin)[1])

    def write(self, name, title="start-1.2", seed=1):
        """A capture of a scenario, with a flow of another protocol behind."""
        path = os.path.join(self.folder, name)
        pcap.write_scenario(scenario.build(title, seed), path)
        frame = b"\x02" * 12 + b"\x08\x00" + datagram(
            0x0a000001, 5353, b"\x12\x34\x01\x00\x00\x01" + bytes(12))
        with open(path, "ab") as file:
            file.write(record(1200000000, 0, frame))


def misfit(thing, form):
    """What in @thing is not of the form, or None."""
    for key, kind in form.items():
        if key not in thing:
            return "%s is missing" % key
        if not isinstance(thing[key], kind) or (
                isinstance(thing[key], bool) and kind is int):
            return "%s is %r" % (key, thing[key])
    return None


def state_byte(flow):
    """contract.md: the state byte, but its done bit."""
    grade = {"none": 0, "suspect": 0x20, "likely": 0x80, "certain": 0xc0}
    if flow["grade"] == "none":
        return 0
    return grade[flow["grade"]] | CLASSES.index(flow["class"])


def check_json(tap, tool):
    """The object of contract.md."""
    answer = tool.json("start.pcap")
    tap.check(answer["schema"] == 1, "schema is 1")
    one = answer["files"][0]
    tap.check(one["file"] == "start.pcap" and one["packets"] > 20,
              "file and packets")
    for key, form in (("flows", FLOW), ("endpoints", ENDPOINT),
                      ("sessions", SESSION)):
        wrong = [misfit(thing, form) for thing in one[key]]
        tap.check(one[key] and not any(wrong), "%s have their form" % key,
                  wrong)
    marks = [f for f in one["flows"]
             if f["mark"] & ~0x10000000 != state_byte(f) << 24]
    tap.check(not marks, "marks are the state byte in its place", marks)
    undecided = [f for f in one["flows"]
                 if f["state"] == "undecided" and f["decided_at"]]
    tap.check(not undecided, "decided_at is null while undecided", undecided)
    firsts = [f["first"] for f in one["flows"]]
    tap.check(firsts == sorted(firsts), "flows stand in order of time")
    with open(os.path.join(tool.folder, "zero.pcap"), "wb") as file:
        file.write(RAW + record(0, 0, datagram(0x0a000001, 5353, bytes(12))))
    flow = tool.json("zero.pcap")["files"][0]["flows"][0]
    tap.check((flow["first"], flow["last"]) == (0.0, 0.0),
              "a capture may begin in 1970", flow)
    tap.check("messages" not in one["flows"][0],
              "messages only with --explain")


def check_same(tap, tool):
    """One answer, however it is asked for."""
    want = tool.json("start.pcap")
    pretty = json.loads(tool.run("-p", "classify", "start.pcap")[1])
    tap.check(pretty == want, "-p says what -j says")
    with open(os.path.join(tool.folder, "start.pcap"), "rb") as file:
        piped = tool.json("-", stdin=file.read())
    piped["files"][0]["file"] = "start.pcap"
    tap.check(piped == want, "stdin is read like a file")
    twice = tool.json("start.pcap", "start.pcap")
    tap.check(twice["files"] == 2 * want["files"],
              "each file is classified by itself")


def check_explain(tap, tool):
    """Ladders, as JSON and as text."""
    one = tool.json("--explain", "start.pcap")["files"][0]
    wrong = [misfit(m, MESSAGE) for f in one["flows"] for m in f["messages"]]
    tap.check(not any(wrong), "messages have their form", wrong)
    missing = [f for f in one["flows"]
               if {r for m in f["messages"] for r in m["evidence"]} !=
               set(f["reasons"])]
    tap.check(not missing, "every reason is new on some message", missing)
    proof = [m for f in one["flows"] for m in f["messages"]
             if "u3-resend" in m["evidence"]]
    tap.check(proof and all((m["n"], m["from"]) == (3, "client")
                            for m in proof),
              "the resend is message 3, from the client", proof)
    tap.check(all(f["why"].endswith(".") for f in one["flows"]),
              "every flow has its sentence")
    loud = [m for f in one["flows"] for m in f["messages"]
            if m["evidence"] and m["note"]]
    tap.check(not loud, "a message with evidence has no note", loud)
    tool.write("login.pcap", "start-5.5")
    login = tool.json("--explain", "login.pcap")["files"][0]
    mute = [m for f in one["flows"] + login["flows"] for m in f["messages"]
            if not m["evidence"] and not m["note"]]
    tap.check(not mute, "a message without evidence says what it was", mute)
    tool.write("refused.pcap", "supernode-refused")
    refused = tool.json("--explain", "refused.pcap")["files"][0]["flows"]
    tap.check([m["size"] for f in refused for m in f["messages"]
               if m["note"] == "FIN or RST"] == [0],
              "as does the end of a connection that was done")
    tap.check(all(f["messages_left_out"] == 0 for f in one["flows"]),
              "no message of a start is left out")
    full = [f["why"] for f in one["flows"] if "u3-resend" in f["reasons"]]
    tap.check(full and all("certain because message 3 brought u3-resend" in why
                           for why in full),
              "the sentence names the message of the grade", full)
    null = [f for f in one["flows"] if f["class"] != "none" and
            (f["decided_at"] is None) != (f["state"] == "undecided")]
    tap.check(not null, "what is decided tells on which packet", null)
    with open(os.path.join(tool.folder, "large.pcap"), "wb") as file:
        file.write(RAW + record(1, 0, segment(False, 0x02, 1, 0)) +
                   record(1, 1, segment(True, 0x12, 1, 2)) +
                   record(1, 2, segment(False, 0x10, 2, 2, bytes(14)),
                          4294967280))
    large = tool.json("--explain", "large.pcap")["files"][0]["flows"]
    tap.check([m["size"] for f in large for m in f["messages"]] == [4294967240],
              "a message may be as large as its frame", large)
    text = tool.run("classify", "--explain", "start.pcap")[1].decode()
    tap.check("u3-resend: resend with every echo right (1.1)" in text,
              "the ladder names evidence and section")
    tap.check("message 0" not in text, "messages count from 1")
    tap.check("-> server     18" in text and "<- server     11" in text,
              "the ladder shows direction and size")


def check_times(tap, tool):
    """A clock that was set back between two messages of a flow."""
    with open(os.path.join(tool.folder, "back.pcap"), "wb") as file:
        file.write(RAW + record(1156506000, 0, segment(False, 0x02, 1, 0)) +
                   record(1156506000, 1, segment(True, 0x12, 1, 2)) +
                   record(1156502400, 0, segment(False, 0x10, 2, 2, bytes(14))))
    flow = tool.json("--explain", "back.pcap")["files"][0]["flows"][0]
    tap.check((flow["first"], flow["last"], flow["messages"][0]["time"]) ==
              (1156506000.0, 1156502400.0, 1156502400.0),
              "times are those of the capture", flow)
    text = tool.run("classify", "--explain", "--all", "back.pcap")[1].decode()
    tap.check("  -3600.000000  client ->" in text,
              "a message may stand before the flow's first packet", text)
    tool.run("classify", "--html", "back.html", "--all", "back.pcap")
    with open(os.path.join(tool.folder, "back.html"), encoding="utf-8") as file:
        text = file.read()
    tap.check(">-3600.000000 s<" in text and ", 0.000 s</title>" in text,
              "on the page too", text[-2000:])


def members(page, section):
    """The names of a list of nf_skype(7)."""
    text = page.partition("\n.Ss %s\n" % section)[2].partition("\n.El\n")[0]
    return set(re.findall(r"^\.It (\S+)$", text, re.M))


def check_manual(tap, tool):
    """nf_skype(7) describes the members that are printed, and no others."""
    with open(os.path.join(os.path.dirname(os.path.realpath(__file__)),
                           "../man/nf_skype.7"), encoding="utf-8") as file:
        page = file.read()
    found = {"Capture": tool.json("--explain", "cut.pcap")["files"]}
    one = found["Capture"][0]
    found.update({"Flow": one["flows"], "Endpoint": one["endpoints"],
                  "Super node": one["supernodes"], "Session": one["sessions"],
                  "Message": [m for f in one["flows"] for m in f["messages"]],
                  "Counters of a capture": [one["counters"]]})
    for section, things in found.items():
        keys = {key for thing in things for key in thing}
        tap.check(keys and keys == members(page, section),
                  "nf_skype(7) has the members: %s" % section,
                  keys ^ members(page, section))
    causes = [key for key in one["counters"]["skipped"]
              if not re.search(r"^\.Em %s( ,)?$" % key, page, re.M)]
    tap.check(not causes, "nf_skype(7) has the causes of skipping", causes)


def check_table(tap, tool):
    """Tables for people."""
    status, out, _ = tool.run("classify", "start.pcap")
    everything = tool.run("classify", "--all", "start.pcap")[1]
    flows = tool.json("start.pcap")["files"][0]["flows"]
    nothing = sum(f["class"] == "none" for f in flows)
    tap.check(status == 0 and nothing > 0 and
              everything.count(b"\n") >= out.count(b"\n") + nothing,
              "class none is hidden without --all", nothing)
    for title in (b"Endpoints", b"Super nodes", b"Sessions"):
        tap.check(b"\n%s\n" % title in out, "a table of %s" % title.decode())
    with open(os.path.join(tool.folder, "start.pcap"), "rb") as file:
        whole = file.read()
    with open(os.path.join(tool.folder, "a\x1b[31m.pcap"), "wb") as file:
        file.write(whole)
    out = tool.run("classify", "start.pcap", "a\x1b[31m.pcap")[1]
    tap.check(b"\x1b" not in out and out.count(b"a?[31m.pcap:") == 2,
              "a name's control characters are not for the terminal", out)
    coloured = [b"\x1b[" in tool.run(*words, "classify", "start.pcap")[1]
                for words in (("-c=auto", "-c=always"), ("-c", "-c=auto"))]
    tap.check(coloured == [True, False], "the last -c holds", coloured)


def check_errors(tap, tool):
    """What can be wrong with a command line or a file."""
    with open(os.path.join(tool.folder, "start.pcap"), "rb") as file:
        whole = file.read()
    with open(os.path.join(tool.folder, "cut.pcap"), "wb") as file:
        file.write(whole[:-7])
    status, out, err = tool.run("-j", "classify", "cut.pcap", "start.pcap")
    files = json.loads(out)["files"]
    tap.check(status == 1 and len(files) == 2,
              "a damaged file fails, the others are read")
    tap.check(err.startswith("Error: cut.pcap: ") and "error" in files[0] and
              len(files[0]["flows"]) > 5, "what stands before is kept", err)
    status, out, err = tool.run("-j", "classify", "nowhere.pcap")
    tap.check(status == 1 and
              err == "Error: nowhere.pcap: No such file or directory\n",
              "a missing file is named", err)
    nothing = {"file": "nowhere.pcap", "flows": [], "packets": 0,
               "endpoints": [], "supernodes": [], "sessions": [],
               "error": "nowhere.pcap: No such file or directory"}
    tap.check(json.loads(out)["files"] == [nothing], "and has its entry", out)
    status, out, err = tool.run("-p", "classify", "start.pcap", "nowhere.pcap",
                                "start.pcap")
    files = json.loads(out)["files"]
    tap.check(status == 1 and files[1] == nothing and files[0] == files[2],
              "among others too", out)
    status, out, err = tool.run("classify", "-", "start.pcap", "-")
    tap.check((status, out, err) == (1, b"", 'Error: "-" stands 2 times: '
                                     'standard input can be read once\n'),
              "stdin is read once", err)
    for words in ((), ("--explian", "start.pcap"), ("--html",),
                  ("start.pcap", "--html", "/nowhere/page.html")):
        status, _, err = tool.run("classify", *words)
        tap.check(status == 1 and err.startswith("Error: "),
                  "refused: classify %s" % " ".join(words), err)


def check_stdin(tap, tool):
    """Standard input by its name, and with a cure that fits it."""
    with open(os.path.join(tool.folder, "start.pcap"), "rb") as file:
        whole = file.read()
    damage = "Error: stdin: reading ended behind packet "
    for given, want in (
            (gzip.compress(whole), "Error: stdin: not a capture that can be "
             "read: unknown file format (compressed: put \"zcat |\" "
             "in front of skypectl)\n"),
            (b"BZh9", "Error: stdin: not a capture that can be read: "),
            (b"", "Error: stdin: not a capture that can be read: "),
            (whole[:-1], damage)):
        status, _, err = tool.run("classify", "-", stdin=given)
        tap.check(status == 1 and err.startswith(want),
                  "stdin that is %s" % given[:4], err)


def check_full_disk(tap, tool):
    """What nobody can read is not worked out."""
    many = os.path.join(tool.folder, "flows.pcap")
    with open(many, "wb") as file:
        file.writelines(many_flows(150000))
    for words in (("start.pcap", "-"), ("-",)):
        with open(many, "rb") as file, open("/dev/full", "wb") as full:
            run = subprocess.run([tool.path, "-j", "classify", *words],
                                 stdin=file, stdout=full, check=False,
                                 cwd=tool.folder, stderr=subprocess.PIPE)
            rest = os.path.getsize(many) - os.lseek(file.fileno(), 0,
                                                    os.SEEK_CUR)
        tap.check(run.returncode == 1 and rest > 100000 and
                  b"cannot write the output" in run.stderr,
                  "classify %s ends when the disk is full" % " ".join(words),
                  (rest, run.stderr))


def check_link_types(tap, tool):
    """A pcapng of two link types: what is suggested works."""
    def block(kind, body):
        body += bytes(-len(body) % 4)
        size = struct.pack("<I", 12 + len(body))
        return struct.pack("<I", kind) + size + body + size

    def packet(interface, frame):
        return block(6, struct.pack("<IIIII", interface, 0x41c5a, 1000,
                                    len(frame), len(frame)) + frame)

    inner = datagram(0x0a000001, 5353, bytes(12))
    ip4 = b"\x08\x00"
    sll2 = ip4 + bytes(18) + inner
    for link, frame in ((1, b"\x02" * 12 + ip4 + inner), (101, inner),
                        (228, inner), (113, bytes(14) + ip4 + inner),
                        (276, sll2), (0, b"\x02\0\0\0" + inner),
                        (108, b"\0\0\0\x02" + inner),
                        (9, b"\xff\x03\x00\x21" + inner),
                        (50, b"\xff\x03\x00\x21" + inner),
                        (51, b"\x11\0\0\x01\0\x2a\x00\x21" + inner),
                        (104, b"\x0f\0" + ip4 + inner)):
        other = (276, sll2) if link != 276 else (101, inner)
        with open(os.path.join(tool.folder, "mixed.pcapng"), "wb") as file:
            file.write(block(0x0a0d0d0a,
                             struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1)) +
                       block(1, struct.pack("<HHI", link, 0, 65535)) +
                       block(1, struct.pack("<HHI", other[0], 0, 65535)) +
                       packet(0, frame) + packet(1, other[1]) +
                       packet(0, frame))
        status, _, err = tool.run("classify", "mixed.pcapng")
        cure = err.partition("read one interface: ")[2].rpartition(")")[0]
        tap.check(status == 1 and cure, "link types %d and %d have a cure" %
                  (link, other[0]), err)
        if not (shutil.which("tshark") and shutil.which("editcap")):
            continue
        subprocess.run(cure.replace("FILE", "mixed.pcapng").replace(
            "NEW", "one.pcap"), shell=True, cwd=tool.folder, check=False,
            stderr=subprocess.DEVNULL)
        flows = tool.json("one.pcap")["files"][0]["flows"]
        tap.check(len(flows) == 1 and flows[0]["packets"] == 2,
                  "which works: %s" % cure, flows)


def check_page(tap, tool):
    """Where the page goes, and where it does not."""
    with open(os.path.join(tool.folder, "start.pcap"), "rb") as file:
        whole = file.read()
    with open(os.path.join(tool.folder, "other"), "wb") as file:
        file.write(b"no capture")
    with open(os.path.join(tool.folder, "start.gz"), "wb") as file:
        file.write(gzip.compress(whole))
    with open(os.path.join(tool.folder, "own.html"), "wb") as file:
        file.write(b"<!DOCTYPE html>\n<title>My own words</title>\n")
    os.symlink("start.pcap", os.path.join(tool.folder, "link"))
    for page, capture in (("start.pcap", "other"), ("link", "other"),
                          ("other", "other"), ("start.gz", "start.pcap"),
                          ("own.html", "start.pcap")):
        status, out, err = tool.run("classify", "--html", page, capture)
        tap.check(status == 1 and not out and err ==
                  "Error: %s is no page of skypectl, and --html would overwrite "
                  "it: name the page first, as in --html OUT.html %s\n" %
                  (page, page), "--html %s %s is refused" % (page, capture),
                  err)
    with open(os.path.join(tool.folder, "start.pcap"), "rb") as file:
        tap.check(file.read() == whole, "the capture is as it was")
    for mask, mode in ((0o077, 0o600), (0o022, 0o644)):
        path = os.path.join(tool.folder, "mode.html")
        mask = os.umask(mask)
        tool.run("classify", "--html", path, "start.pcap")
        os.umask(mask)
        tap.check(os.stat(path).st_mode & 0o777 == mode,
                  "a new page obeys the umask: %o" % mode)
        os.unlink(path)
    tool.run("classify", "--html", "page.html", "start.pcap")
    with open(os.path.join(tool.folder, "page.html"), "rb") as file:
        want = file.read()
    status, out, _ = tool.run("classify", "--html", "page.html", "nowhere")
    with open(os.path.join(tool.folder, "page.html"), "rb") as file:
        tap.check((status, file.read()) == (1, want),
                  "a page stays when no capture could be read")
    tap.check(tool.run("classify", "--html", "-", "nowhere")[:2] == (1, b""),
              "nor is one printed")
    old = ("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">"
           "\n<title>Skype P2P traffic</title>\n<style>\n")
    for name, begin in (("empty", ""), ("old", old)):
        with open(os.path.join(tool.folder, name + ".html"), "w",
                  encoding="utf-8") as file:
            file.write(begin)
        tap.check(tool.run("classify", "--html", name + ".html",
                           "start.pcap")[0] == 0,
                  "a page may take the place of an %s one" % name)
    for page in ("-", "/dev/stdout"):
        status, out, err = tool.run("classify", "--html", page, "start.pcap")
        tap.check((status, out) == (0, want),
                  "with --html %s there is the page alone" % page, out[:99])
        status, out, err = tool.run("-j", "classify", "--html", page,
                                    "start.pcap")
        tap.check((status, out) == (1, b"") and err ==
                  "Error: -j and --html %s write to the same place: name a "
                  "file behind --html\n" % page,
                  "-j and --html %s are refused" % page, err)
    status, out, _ = tool.run("-j", "classify", "--html", "page.html",
                              "start.pcap")
    tap.check(status == 0 and json.loads(out)["files"],
              "-j with a page in a file")


def check_places(tap, tool):
    """A page that cannot be written is refused before the work."""
    words = [tool.path, "classify", "--html"]
    if os.geteuid() == 0:   # whom no mode keeps out
        words[:0] = ["setpriv",
                     "--bounding-set=-dac_override,-dac_read_search"]
    os.mkdir(os.path.join(tool.folder, "closed"))
    os.symlink("closed/page.html", os.path.join(tool.folder, "closed.html"))
    os.symlink("new.html", os.path.join(tool.folder, "nothing.html"))
    for name in ("closed/page.html", "unread.html", "unwritten.html"):
        shutil.copy(os.path.join(tool.folder, "page.html"),
                    os.path.join(tool.folder, name))
    os.mkfifo(os.path.join(tool.folder, "pipe.html"), 0o400)
    os.chmod(os.path.join(tool.folder, "unread.html"), 0)
    os.chmod(os.path.join(tool.folder, "unwritten.html"), 0o400)
    os.chmod(os.path.join(tool.folder, "closed"), 0o500)
    absent, denied = "No such file or directory", "Permission denied"
    for page, want in (
            ("closed", "closed is a folder: name a file behind --html"),
            ("nowhere/page.html",
             "cannot write nowhere/page.html: folder nowhere: " + absent),
            ("nowhere/", "cannot write nowhere/: folder nowhere: " + absent),
            ("closed/new.html",
             "cannot write closed/new.html: folder closed: " + denied),
            ("closed/page.html",
             "cannot write closed/page.html: folder closed: " + denied),
            ("closed.html", "cannot write closed.html: folder %s: %s" % (
                os.path.realpath(os.path.join(tool.folder, "closed")),
                denied)),
            ("pipe.html", "cannot write pipe.html: " + denied),
            ("unread.html", "unread.html cannot be read, and --html takes the "
             "place of no file but an older page: " + denied)):
        status, out, err = tool.run(*words[1:], page, "start.pcap",
                                    path=words[0])
        tap.check((status, out, err) == (1, b"", "Error: %s\n" % want),
                  "refused at once: --html %s" % page, (out[:99], err))
    for page in ("unwritten.html", "nothing.html"):
        status, _, err = tool.run(*words[1:], page, "start.pcap",
                                  path=words[0])
        tap.check(status == 0, "written: --html %s" % page, err)
    os.chmod(os.path.join(tool.folder, "closed"), 0o700)


def check_html(tap, tool):
    """The page is well-formed, escaped and keeps to itself."""
    name = "<script>alert('\"&').pcap"
    tool.write(name, "start-0.97", 2)
    status = tool.run("classify", "--html", "page.html", name, "start.pcap")[0]
    with open(os.path.join(tool.folder, "page.html"),
              encoding="utf-8") as file:
        text = file.read()
    page = Page(text)
    tap.check(status == 0 and not page.wrong, "the page is well-formed",
              page.wrong)
    tap.check("&lt;script&gt;alert(&#39;&quot;&amp;&#39;).pcap" in text,
              "a file name is escaped")
    tap.check("http:" not in text and "https:" not in text and
              "url(" not in text, "nothing comes from elsewhere")
    tool.run("classify", "--html", "missing.html", "<none>", "start.pcap")
    with open(os.path.join(tool.folder, "missing.html"),
              encoding="utf-8") as file:
        missing = file.read()
    tap.check("<h2>&lt;none&gt;</h2>\n<p class=\"error\">The file could not be "
              "read: &lt;none&gt;: No such file or directory</p>\n<h2>start.pcap"
              in missing and not Page(missing).wrong,
              "a file that is missing is named on the page", missing[-500:])
    skype = sum(f["class"] != "none" for n in (name, "start.pcap")
                for f in tool.json(n)["files"][0]["flows"])
    tap.check(page.seen.get("details") == skype,
              "a ladder for each flow of Skype", page.seen)


def many_flows(count):
    """A capture of that many flows of one datagram each."""
    yield RAW
    for number in range(count):
        payload = struct.pack(">HBIIxxxxxxx", number % 65536, 2,
                              0x5a5a5a5a ^ number, 0x77777777)
        packet = datagram(0x0a000000 + number, 1024 + number % 60000, payload)
        yield record(1156506000 + number // 5000, number % 5000, packet)


def check_bounds(tap, tool, plain):
    """Any number of flows in bounded memory, each reported once."""
    count = 150000
    with open(os.path.join(tool.folder, "many.pcap"), "wb") as file:
        file.writelines(many_flows(count))
    with subprocess.Popen(
            [plain or tool.path, "-j", "classify", "--explain", "many.pcap"],
            cwd=tool.folder, stdout=subprocess.PIPE) as run:
        one = json.loads(run.stdout.read())["files"][0]
    tap.check(len(one["flows"]) == count == one["counters"]["flows"],
              "%d flows, each reported" % count, one["counters"])
    tap.check(len({f["client"]["addr"] for f in one["flows"]}) == count,
              "each of them once")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    if plain:
        tap.check(run.returncode == 0 and peak < 64 * 1024,
                  "in less than 64 MB", peak)


def check_memory(tap, tool, plain, *words):
    """However little memory there is: the whole answer, or an error."""
    def limited(size):
        return subprocess.run(
            ["sh", "-c", "ulimit -v %d; exec \"$@\"" % size, "sh", plain,
             *words, "flows.pcap"], cwd=tool.folder, check=False,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    with open(os.path.join(tool.folder, "flows.pcap"), "wb") as file:
        file.writelines(many_flows(10000))
    whole = tool.run(*words, "flows.pcap", path=plain)[1]
    few, enough, wrong = 0, 1 << 20, []             # KB
    while enough - few > 8:
        size = (few + enough) // 2
        run = limited(size)
        if run.returncode == 0:
            enough = size
            wrong += [size] * (run.stdout != whole)
        else:
            few, error = size, run.stderr
    tap.check(enough < 1 << 20 and not wrong,
              "%s: all of it in %d KB" % (" ".join(words), enough), wrong)
    tap.check(error.endswith(b"out of memory\n"), "with less an error", error)


def main():
    """All checks; the memory checks are about the tool without sanitizers."""
    tap = Tap()
    plain = os.path.join(os.environ.get("BUILD", ""), "skypectl")
    with tempfile.TemporaryDirectory() as folder:
        tool = Tool(sys.argv[1], folder)
        tool.write("start.pcap")
        if os.access(plain, os.X_OK) and os.environ.get("BUILD"):
            check_bounds(tap, tool, plain)
            check_memory(tap, tool, plain, "-j", "classify", "--explain")
            check_memory(tap, tool, plain, "classify", "--html", "-")
            check_memory(tap, tool, plain, "-n", "classify", "--all")
        check_json(tap, tool)
        check_same(tap, tool)
        check_explain(tap, tool)
        check_times(tap, tool)
        check_table(tap, tool)
        check_errors(tap, tool)
        check_manual(tap, tool)
        check_stdin(tap, tool)
        check_full_disk(tap, tool)
        check_link_types(tap, tool)
        check_page(tap, tool)
        check_places(tap, tool)
        check_html(tap, tool)
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
