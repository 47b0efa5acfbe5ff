"""Drives a headless Chromium over its debugging pipe: Python's standard library only, no network.

The pipe's messages are JSON, ended by a zero byte; https://chromedevtools.github.io/devtools-protocol describes them.
"""
import base64
import json
import os
import re
import select
import subprocess
import tempfile
import time
import zlib


class Browser:
    def __init__(self, program, width=1280, height=900):
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        to_browser, self.send_end = os.pipe()
        self.receive_end, from_browser = os.pipe()

        def connect():  # the browser reads descriptor 3 and writes descriptor 4
            first = os.dup(to_browser)
            second = os.dup(from_browser)
            os.dup2(first, 3)
            os.dup2(second, 4)

        # --no-sandbox: CI runs as root in a container. The resolver's rule and the proxy that nobody listens at make any
        # request that a page tries fail, on top of what the page's own policy forbids.
        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe",
             "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
             "--disable-extensions", "--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=127.0.0.1:9",
             "--force-color-profile=srgb", "--hide-scrollbars", f"--user-data-dir={self.folder.name}", f"--window-size={width},{height}"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False, preexec_fn=connect)
        os.close(to_browser)
        os.close(from_browser)
        self.number = 0
        self.buffer = b""
        self.events = []
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(domain + ".enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def close(self):
        os.close(self.send_end)  # the browser ends when its pipe does
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.receive_end)
        self.folder.cleanup()

    def _message(self, timeout):
        end = time.monotonic() + timeout
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.receive_end], [], [], max(0, end - time.monotonic()))
            chunk = os.read(self.receive_end, 1 << 20) if ready else b""
            if not chunk:
                raise TimeoutError("the browser does not answer")
            self.buffer += chunk
        text, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(text)

    def call(self, method, timeout=180, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.send_end, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._message(timeout)
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]
            self.events.append(answer)

    def wait_for(self, event, timeout=180):
        while not any(e["method"] == event for e in self.events if "method" in e):
            self.events.append(self._message(timeout))

    def open(self, path):
        self.events.clear()
        self.call("Page.navigate", url=f"file://{path}")
        self.wait_for("Page.loadEventFired")

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def mouse(self, kind, x, y, **more):
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **more)

    def click(self, x, y):
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.mouse(kind, x, y, button="none" if kind == "mouseMoved" else "left", clickCount=1)

    def press(self, key, code=0):
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code)

    def screenshot(self, path, clip=None):
        options = {"format": "png", "captureBeyondViewport": True}
        if clip:
            options["clip"] = dict(zip(("x", "y", "width", "height"), clip), scale=1)
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.captureScreenshot", **options)["data"]))

    def pdf(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.printToPDF", printBackground=True, preferCSSPageSize=True)["data"]))

    def pdf_scale(self):
        """By how much the page is made smaller on paper, because something in it is wider: 1, not at all."""
        data = base64.b64decode(self.call("Page.printToPDF", printBackground=True, preferCSSPageSize=True)["data"])
        scales = set()
        for stream in re.findall(rb"stream\r?\n(.*?)endstream", data, re.S):
            try:
                text = zlib.decompress(stream.rstrip(b"\r\n"))
            except zlib.error:
                continue  # a font
            # A page of text begins with two scalings: to points of 300 an inch, then of the page's pixels, 96 an inch.
            if first := re.match(rb"([\d.]+) 0 0 -?[\d.]+ [-\d.]+ [-\d.]+ cm.*?\n([\d.]+) 0 0 [\d.]+ [-\d.]+ [-\d.]+ cm", text, re.S):
                scales.add(round(float(first[1]) * float(first[2]) * 96 / 72, 3))
        return min(scales)

    def requests(self):
        """Addresses that the page asked for since it was opened."""
        return [e["params"]["request"]["url"] for e in self.events if e.get("method") == "Network.requestWillBeSent"]

    def complaints(self):
        """What the page threw, and what the browser logged as an error (refused by the page's policy, for example)."""
        found = [e["params"]["exceptionDetails"] for e in self.events if e.get("method") == "Runtime.exceptionThrown"]
        return found + [e["params"]["entry"]["text"] for e in self.events
                        if e.get("method") == "Log.entryAdded" and e["params"]["entry"]["level"] == "error"]
