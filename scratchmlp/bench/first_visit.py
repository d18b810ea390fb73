"""Measures the first minute: a server that has just started, and somebody who opens its address."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from scratchmlp.bench import Line
from scratchmlp.bench.environment import Environment, open_tab, timing_line
from scratchmlp.bench.server import App

UP_SECONDS = 5  # that a server has been up when its first visitor comes
NET = ".st-key-run_header:has-text('modern'):has-text('finished')"  # and not the one that stands in


def first_visit(environment: Environment, times: int) -> Iterator[Line]:
    """From the address to the first words of Train and to its controls, of a new server each time.

    It has a finished run, and MNIST is decoded.
    """
    words, controls = [], []
    for _ in range(max(3, times // 15)):
        app = App(environment.app.home)
        time.sleep(UP_SECONDS)
        began = time.perf_counter()
        with open_tab(environment.browser, app.url) as page:
            page.wait_for_selector("h1")
            words.append(time.perf_counter() - began)
            page.wait_for_selector(".st-key-train button")
            controls.append(time.perf_counter() - began)
        app.close()
    yield timing_line("A server up for 5 s: first words", words, 2.0)
    yield timing_line("A server up for 5 s: controls", controls, 3.0)


def first_net(environment: Environment, times: int) -> Iterator[Line]:
    """From the address of an app that has just been installed to its first trained network.

    MNIST's archive is where fastai keeps it, and not decoded yet; the server has just started.
    """
    taken = []
    for _ in range(max(1, times // 25)):
        with tempfile.TemporaryDirectory() as folder:
            app = App(Path(folder))
            began = time.perf_counter()
            with open_tab(environment.browser, app.url) as page:
                page.wait_for_selector(NET)
                taken.append(time.perf_counter() - began)
            app.close()
    yield timing_line("A new app: the first network is trained", taken, 15.0)
