"""How Python's threads fare beside scripts of other languages, and how long SIGINT takes to end a loop in one. Prints
lines as the programs beside it do (see measure.h).

    manners.py [--quick]"""
import os
import signal
import statistics
import sys
import threading
import time

import lupa

import xlgc

QUICK = "--quick" in sys.argv[1:]
RUNS = 3 if QUICK else 7
ROUNDS = 3000000 if QUICK else 30000000
LOOP = "function(n) local sum = 0 for i = 1, n do sum = sum + i end return sum end"
ENDLESS = {"lua": "return function() while true do end end", "mozjs": "(() => { for (;;); })"}
INTERRUPTED_MS, GAP_MS = 50, 20


def show(case, n, values, peer, peers, target):
    def of(some):
        return "\t".join("%.6g" % x for x in (statistics.median(some), min(some), max(some)))

    print("manners", case, n, "ms", of(values), peer, of(peers), target, 0, sep="\t", flush=True)


def longest_gap_ms(function):
    """Between two looks of another thread at the clock, which sleeps a millisecond after each."""
    over = threading.Event()
    gaps = []

    def tick():
        before = time.perf_counter()
        while not over.is_set():
            time.sleep(0.001)
            now = time.perf_counter()
            gaps.append(now - before)
            before = now

    thread = threading.Thread(target=tick)
    thread.start()
    function(ROUNDS)
    over.set()
    thread.join()
    return 1000 * max(gaps)


def interrupted_ms(endless):
    sent = []

    def send():
        time.sleep(0.1)
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        endless()
    except KeyboardInterrupt:
        took = time.perf_counter() - sent[0]
    thread.join()
    return 1000 * took


def main():
    ours = xlgc.open("lua").eval("return " + LOOP)
    theirs = lupa.LuaRuntime().eval(LOOP)
    gaps = [(longest_gap_ms(ours), longest_gap_ms(theirs)) for _ in range(RUNS)]
    peer = "lupa " + lupa.__version__
    show("longest gap", ROUNDS, [one for one, _ in gaps], peer, [other for _, other in gaps], 0)
    show("longest gap", ROUNDS, [one for one, _ in gaps], "bound", [GAP_MS] * RUNS, 1)
    for name, text in ENDLESS.items():
        endless = xlgc.open(name).eval(text)
        took = [interrupted_ms(endless) for _ in range(RUNS)]
        show("SIGINT, " + name, 1, took, "bound", [INTERRUPTED_MS] * RUNS, 1)


main()
