"""How long a ring through two languages that is dead stays in memory, while rings are made and dropped all the time: from
the moment at which the last reference from outside goes to the end of its object in Python. Rings come at a steady pace,
beside some that are kept; after that only calls come, until all rings are gone. Prints lines as the programs beside it
do (see measure.h); each ring's time is in FILE.

    latency.py [--quick] FILE
    latency.py ENGINE PRESET SECONDS     one case, in this process: prints the times, in seconds

A ring may wait until what crossed has grown by `pause` percent; or until `max_age` has passed since the last collection,
and that collection is over. The peer is that, the promise: MAX_AGE_S, which all presets have here, and a second."""
import json
import subprocess
import sys
import time
import weakref

KEPT, RINGS_A_SECOND, MAX_AGE_S, COLLECTION_S = 1000, 1000, 5, 1
PRESETS = ("usual", "low_latency", "throughput", "low_memory")
MAKE = {"lua": "return function(x) return {x = x} end"}
NOTHING = {"lua": "return function() end"}


class Thing:
    pass


def run_case(name, preset, seconds):
    import xlgc

    engine = xlgc.open(name)
    make = engine.eval(MAKE.get(name, "(function (x) { return {x: x} })"))
    nothing = engine.eval(NOTHING.get(name, "(function () {})"))
    watched, waits = {}, []

    def note_end(reference):
        waits.append(time.monotonic() - watched.pop(reference))

    def make_ring(is_watched):
        o = Thing()
        o.t = make(o)
        if is_watched:
            watched[weakref.ref(o, note_end)] = time.monotonic()
        return o.t

    kept = [make_ring(False) for _ in range(KEPT)]
    xlgc.collect()
    xlgc.collector(preset=preset, max_age=MAX_AGE_S)
    start = time.monotonic()
    count = 0
    while time.monotonic() - start < seconds:
        if count < (time.monotonic() - start) * RINGS_A_SECOND:
            make_ring(True)
            count += 1
        else:
            time.sleep(0.0005)
    while watched and time.monotonic() - start < seconds + 4 * MAX_AGE_S:
        nothing()
        time.sleep(0.0005)
    assert len(kept) == KEPT
    waits.extend(time.monotonic() - since for since in watched.values())
    print(json.dumps(waits))


def show(case, n, values, peer, peer_value, target):
    median, least, most = values
    peers = "\t".join("%.6g" % peer_value for _ in range(3))
    own = "%.6g\t%.6g\t%.6g" % (median, least, most)
    print("latency", case, n, "ms", own, peer, peers, target, 0, sep="\t", flush=True)


def main(arguments):
    quick = "--quick" in arguments
    with open(arguments[-1], "w") as samples:
        for engine in ("lua", "mozjs") if quick else ("lua", "mozjs", "duktape"):
            for preset in ("usual", "low_memory") if quick else PRESETS:
                if sys.stderr.isatty():
                    sys.stderr.write("\rlatency: %s, %s \033[K" % (engine, preset))
                    sys.stderr.flush()
                command = [sys.executable, __file__, engine, preset, "5" if quick else "20"]
                waits = sorted(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
                bound = 1000 * (MAX_AGE_S + COLLECTION_S)
                at = [1000 * waits[min(len(waits) - 1, int(part * len(waits)))] for part in (0.01, 0.5, 0.99)]
                show("%s-%s" % (engine, preset), len(waits), (at[1], at[0], at[2]), "max_age", bound, 0)
                show("%s-%s-longest" % (engine, preset), len(waits), 3 * (1000 * waits[-1],), "max_age", bound, 1)
                samples.writelines("%s-%s\t%.6g\n" % (engine, preset, 1000 * wait) for wait in waits)
                samples.write("\n\n")


if len(sys.argv) == 4 and sys.argv[1] in ("lua", "mozjs", "duktape"):
    run_case(sys.argv[1], sys.argv[2], float(sys.argv[3]))
else:
    main(sys.argv[1:])
