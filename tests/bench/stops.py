"""What a program stops for while collections come by themselves: rings through two languages are made and dropped all the
time, each call is measured by the CPU time of its thread. Beside it: xlgc.collect(), and the engine's own full collection.
Prints lines as the programs beside it do (see measure.h).

    stops.py [--quick]
    stops.py ENGINES SHAPE OBJECTS EXPORTS SECONDS     one case, in this process: prints its figures

An engine has OBJECTS objects of its own and EXPORTS of its objects are held by the other one's. SHAPE: `local`, or `shared`,
where each export reaches all objects as well. Calls during which Python's own collector ran are left out. SpiderMonkey's own collection cannot be asked for by a script, so
there is no figure of it."""
import gc
import itertools
import json
import resource
import statistics
import subprocess
import sys
import time

BATCHES = 5
BOUNDS_MS = {"python": 3, "mozjs": 5, "lua": 8, "duktape": 8, "python,lua,mozjs,duktape": 15}
RESIDENT_MIB = 300

FILL = {
    "lua": "all = {{}} for i = 1, {} do all[i] = {{a = i, b = {{i}}}} end",
    "mozjs": "globalThis.all = []; for (var i = 0; i < {}; i++) all.push({{a: i, b: [i]}})",
    "duktape": "var all = []; for (var i = 0; i < {}; i++) all.push({{a: i, b: [i]}})",
}
MAKE = {"lua": "return function(x, shared) return {x = x, all = shared and all} end"}
NOTHING = {"lua": "return function() end"}
COLLECT = {"lua": "return function() collectgarbage() end", "duktape": "(function () { Duktape.gc() })"}


class Thing:
    pass


def run_case(names, shape, objects, exports, seconds):
    import xlgc

    shared = shape == "shared"
    engines = {name: xlgc.open(name) for name in names if name != "python"} or {"lua": xlgc.open("lua")}
    for name in engines:
        if name in names:
            engines[name].eval(FILL[name].format(objects // 2))
    everything = [{"a": i, "b": [i]} for i in range(objects // 2)] if "python" in names else []
    sys.modules["__main__"].everything = everything
    makes, nothings = {}, {}
    for name, engine in engines.items():
        makes[name] = engine.eval(MAKE.get(name, "(function (x, shared) { return {x: x, all: shared && all} })"))
        nothings[name] = engine.eval(NOTHING.get(name, "(function () {})"))

    def make_ring(name):
        o = Thing()
        if shared:
            o.all = everything
        o.t = makes[name](o, shared and name in names)
        return o.t  # the table, which holds o

    kept = [make_ring(name) for name in engines for _ in range(exports // len(engines))]
    synchronous, own = [], []
    for _ in range(3):
        start = time.thread_time()
        xlgc.collect()
        synchronous.append(time.thread_time() - start)
    for name in names:
        if name == "python":
            start = time.thread_time()
            gc.collect()
            own.append(time.thread_time() - start)
        elif name in COLLECT:
            collect = engines[name].eval(COLLECT[name])
            start = time.thread_time()
            collect()
            own.append(time.thread_time() - start)
    xlgc.collector(pause=1, share=0, max_age=1e-9)
    is_collecting = []
    gc.callbacks.append(lambda phase, info: is_collecting.append(phase))
    first = xlgc.stats()["host_collections"]
    batches, longest, start, at_start = [], 0.0, time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
    for turn in itertools.count():
        for name in engines:
            before = time.thread_time()
            make_ring(name)
            nothings[name]()
            took = time.thread_time() - before
            if is_collecting:
                is_collecting.clear()
            else:
                longest = max(longest, took)
        if turn % 64: # the numbers cost a look at each proxy
            continue
        count = xlgc.stats()["host_collections"] - first
        if count >= 200 * (len(batches) + 1) or time.monotonic() - start > seconds * (len(batches) + 1) / BATCHES:
            batches.append(longest)
            longest = 0.0
            if len(batches) == BATCHES:
                break
    assert len(kept) > 0
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - at_start.ru_minflt
    with open("/proc/self/statm") as statm:
        resident = int(statm.read().split()[1]) * resource.getpagesize() / 2**20
    print(json.dumps({"batches": batches, "synchronous": synchronous, "own": [sum(own)] if own else [], "count": count,
                "resident": resident, "faults": faults}))


def show(case, n, unit, values, peer, peers, target):
    def of(some):
        return "\t".join("%.6g" % x for x in (statistics.median(some), min(some), max(some)))

    print("stops", case, n, unit, of(values), peer, of(peers), target, 0, sep="\t", flush=True)


def main():
    quick = "--quick" in sys.argv[1:]
    sizes = [(100000, 1000)] if quick else [(100000, 1000), (1000000, 1000), (1000000, 100000)]
    for engines in BOUNDS_MS:
        for shape in ("local", "shared"):
            for objects, exports in sizes:
                if shape == "shared" and (exports > 1000 or "," in engines):
                    continue
                if sys.stderr.isatty():
                    sys.stderr.write("\rstops: %s, %s, %d objects, %d exports \033[K" % (engines, shape, objects, exports))
                    sys.stderr.flush()
                arguments = [sys.executable, __file__, engines, shape, str(objects), str(exports), "1" if quick else "20"]
                result = json.loads(subprocess.run(arguments, check=True, capture_output=True, text=True).stdout)
                case = "%s-%s-%d" % (engines.replace(",", "+"), shape, exports)
                longest = [1000 * x for x in result["batches"]]
                bounded = shape == "local" and exports == 1000
                show(case, objects, "ms", longest, "bound", [BOUNDS_MS[engines]], 1 if bounded else 0)
                show(case, objects, "ms", longest, "collect()", [1000 * x for x in result["synchronous"]], 0)
                if result["own"]:
                    show(case, objects, "ms", longest, "own-gc", [1000 * x for x in result["own"]], 0)
                show(case + "-resident", objects, "MiB", [result["resident"]], "bound", [RESIDENT_MIB],
                     1 if bounded else 0)
                show(case + "-collections", objects, "", [result["count"]], "faults", [result["faults"]], 0)


if len(sys.argv) > 2:
    run_case(sys.argv[1].split(","), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))
else:
    main()
