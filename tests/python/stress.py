"""Everything at once: threads with engines of each kind that open, call across, form rings, collect, close, fork, are
interrupted and end, at random; Python is one of the kinds. At the end nothing is left. Arguments: how many moves, or for
how long, such as 60s, which is the default; a seed; and --without-forks, for the address sanitizer: its allocator's locks
may be held by threads that the child does not have, and the child then waits for ever."""
import gc
import os
import random
import signal
import sys
import threading
import time
import traceback

import xlgc

FORKS = "--without-forks" not in sys.argv
GIVEN = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
WORK = GIVEN[0] if GIVEN else "60s"
MOVES = 10**12 if WORK.endswith("s") else int(WORK)
END = time.monotonic() + (float(WORK[:-1]) if WORK.endswith("s") else 10**9)
SEED = int(GIVEN[1]) if len(GIVEN) > 1 else time.time_ns() % 10**9
THREADS = 4
TEXTS = {"lua": ("return {}", "return function(f, x) return f(x) end", "local t = {} for i = 1, 2000 do t[i] = {i} end return #t"),
         "duktape": ("({})", "(function(f, x) { return f(x) })", "var a = []; for (var i = 0; i < 2000; i++) a.push([i]); 2000"),
         "mozjs": ("({})", "((f, x) => f(x))", "var a = []; for (let i = 0; i < 2000; i++) a.push([i]); 2000")}
# What a move may be answered: anything else is a fault.
ANSWERS = ("the object is gone", "belongs to another thread", "waiting would never end",
           "a collection runs already", "the parent process", "inside its own collection", "is not installed", "interrupted")

lock = threading.Lock()
moves = 0
faults = []
offered = [None] * 8  # objects and functions that threads give one another


def is_over():
    return moves > MOVES or faults or time.monotonic() > END


class Worker:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.engines = []

    def open(self):
        if len(self.engines) < 5:
            name = self.random.choice(list(TEXTS))
            self.engines.append((name, xlgc.open(name)))

    def make(self):
        if self.engines:
            name, engine = self.random.choice(self.engines)
            offered[self.random.randrange(8)] = engine.eval(self.random.choice(TEXTS[name][:2]))

    def busy(self):
        if self.engines:
            name, engine = self.random.choice(self.engines)
            if engine.eval(TEXTS[name][2]) != 2000:
                raise AssertionError("a script has lost its count")

    def call(self):
        function, argument = self.random.sample(offered, 2)
        if function is not None:
            function(lambda x: x, argument)

    def call_back(self):
        function, other = self.random.sample(offered, 2)
        if function is not None and other is not None:
            function(lambda x: other(lambda y: y, x), 1)

    def ring(self):
        a, b = self.random.sample(offered, 2)
        if a is not None and b is not None:
            a["ring"] = b
            b["ring"] = a

    def drop(self):
        offered[self.random.randrange(8)] = None

    def collect(self):
        xlgc.collect()

    def close(self):
        if self.engines:
            self.engines.pop(self.random.randrange(len(self.engines)))[1].close()

    def forget(self):
        if self.engines:
            self.engines.pop(self.random.randrange(len(self.engines)))

    def interrupt(self):
        os.kill(os.getpid(), signal.SIGINT)

    def fork(self):
        if self.random.random() < 0.9:
            return
        child = os.fork()
        if not child:
            code = 1
            try:
                for old in offered:
                    if old is not None:
                        try:
                            old["x"]
                        except ReferenceError:
                            pass
                code = 0 if xlgc.new(a=1).a == 1 and xlgc.open("lua").eval("return 1") == 1 else 2
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status:
            raise AssertionError(f"a child ended with {status}")

    ACTS = [open, open, make, make, busy, call, call, call_back, ring, ring, drop, drop, collect, close, forget, interrupt]
    ACTS += [fork] * FORKS

    def run(self):
        global moves
        while self.random.random() > 0.02:
            with lock:
                moves += 1
                if is_over():
                    return
            act = self.random.choice(self.ACTS)
            try:
                act(self)
            except (xlgc.Error, ReferenceError, TypeError, AttributeError) as error:
                plain = isinstance(error, (TypeError, AttributeError)) or "call" in str(error) or "index" in str(error)
                if not plain and not any(answer in str(error) for answer in ANSWERS):
                    faults.append(f"{act.__name__}: {error!r}")
            except BaseException as error:
                faults.append(f"{act.__name__}: {error!r}")


def main():
    print("SEED", SEED, flush=True)
    signal.signal(signal.SIGINT, lambda *unused: None)
    xlgc.new()
    gc.collect()
    xlgc.collect()
    before = xlgc.stats()["objects"]
    seeds = random.Random(SEED)
    threads = []
    while not is_over():
        while len(threads) < THREADS:
            threads.append(threading.Thread(target=Worker(seeds.random()).run))
            threads[-1].start()
        for thread in list(threads):
            thread.join(0.01)
            if not thread.is_alive():
                threads.remove(thread)
    for thread in threads:
        thread.join()
    offered[:] = [None] * 8
    left = 1
    for _ in range(100):  # a thread that was joined may be about to end its engine still
        gc.collect()
        xlgc.collect()
        left = xlgc.stats()["objects"] - before
        if not left:
            break
        time.sleep(0.01)
    errors = xlgc.stats()["errors"]
    print(moves, "moves,", left, "objects left,", errors, "errors reported,", len(faults), "faults", *faults[:3])
    return left != 0 or errors != 0 or bool(faults)


if __name__ == "__main__":
    sys.exit(main())
