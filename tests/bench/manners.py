"""How Python's threads fare beside scripts of other languages, and how long SIGINT takes to end a loop in one. Prints
lines as the programs beside it do (see measure.h).

    manners.py [--quick]

lupa, whose Lua is another, runs in processes of its own: manners.py --lupa [--quick] prints its version and a figure.
Where it is not installed there is no line of it. Duktape can be stopped only as it calls another language, so its loop
does that."""
import os
import signal
import statistics
import subprocess
import sys
import threading
import time

QUICK = "--quick" in sys.argv[1:]
RUNS = 3 if QUICK else 7
ROUNDS = 3000000 if QUICK else 30000000
LOOP = "function(n) local sum = 0 for i = 1, n do sum = sum + i end return sum end"
ENDLESS = {"lua": "return function() while true do end end", "mozjs": "(() => { for (;;); })",
           "duktape": "(function (tick) { for (;;) tick(); })"}
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
        endless(lambda: None)
    except KeyboardInterrupt:
        took = time.perf_counter() - sent[0]
    thread.join()
    return 1000 * took


def lupas_gap_ms():
    """Its version and the gap, or None."""
    arguments = [sys.executable, __file__, "--lupa"] + sys.argv[1:]
    said = subprocess.run(arguments, check=True, capture_output=True, text=True).stdout.split()
    return (said[0], float(said[1])) if said else None


def main_lupa():
    try:
        import lupa
    except ImportError:
        return
    print(lupa.__version__, longest_gap_ms(lupa.LuaRuntime().eval(LOOP)))


def main():
    import xlgc

    loop = xlgc.open("lua").eval("return " + LOOP)
    gaps, theirs = [], []
    for _ in range(RUNS):
        gaps.append(longest_gap_ms(loop))
        theirs.append(lupas_gap_ms())
    if None in theirs:
        print("lupa is not at hand: no figure of its longest gap", file=sys.stderr)
    else:
        show("longest gap", ROUNDS, gaps, "lupa " + theirs[0][0], [gap for _, gap in theirs], 0)
    show("longest gap", ROUNDS, gaps, "bound", [GAP_MS] * RUNS, 1)
    for name, text in ENDLESS.items():
        endless = xlgc.open(name).eval(text)
        took = [interrupted_ms(endless) for _ in range(RUNS)]
        show("SIGINT, " + name, 1, took, "bound", [INTERRUPTED_MS] * RUNS, 1)


if "--lupa" in sys.argv:
    main_lupa()
else:
    main()
