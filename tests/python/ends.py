"""How engines end: each kind of engine, opened by the main thread or by another; its thread ends, it is closed or dropped,
the process exits, or forks; while it is idle, in a call, or while others hold its objects. Each cell of the table is a process of its own.
Without arguments: runs all of them and prints what is not as it should be. With a cell's name: runs it."""
import gc
import itertools
import os
import subprocess
import sys
import threading

import xlgc

FUNCTIONS = {"lua": "return function(f, x) return f(x) end",
             "duktape": "(function(f, x) { return f(x) })",
             "mozjs": "((f, x) => f(x))"}
OBJECTS = {"lua": "return {a = 1}", "duktape": "({a: 1})", "mozjs": "({a: 1})"}
ENDS = "ends", "closed", "dropped", "exit", "fork"
GONE = "the object is gone: nothing held it any more, or its engine was closed"
PARENTS = "this object belongs to the parent process; a child uses engines that it opens itself"
ELSEWHERE = "this engine belongs to another thread; use its objects on that thread, or pass it the work"
NO_CHILD = ("mozjs was started in the parent process, whose threads a child does not have: start it in the child only, "
            "or in a process that is not forked")


def said(function, *arguments):
    """What it answers, or the words of its error."""
    try:
        return function(*arguments)
    except (xlgc.Error, ReferenceError) as error:
        return str(error)


def check(what, *expected):
    if what not in expected:
        print("got", repr(what), "for", *map(repr, expected), flush=True)
        os._exit(1)


class Cell:
    def __init__(self, name):
        self.name, self.where, self.end, self.state = name.split("-")
        self.opened = threading.Event()
        self.ended = threading.Event()

    def open(self):
        self.engine = xlgc.open(self.name)
        self.call = self.engine.eval(FUNCTIONS[self.name])
        self.object = self.engine.eval(OBJECTS[self.name])
        if self.state == "held":
            xlgc.shared.held = self.object
            if self.name != "lua":
                self.lua = xlgc.open("lua")
                self.lua.globals.held = self.object
        check(self.object.a, 1)

    # In a child: nothing of the parent's is used, and all else goes on.
    def be_child(self):
        check(said(lambda: self.engine.eval("1")), PARENTS)
        check(said(self.call, len, "text"), PARENTS)
        if self.name == "mozjs":
            check(said(xlgc.open, "mozjs"), NO_CHILD)
        else:
            check(xlgc.open(self.name).eval(OBJECTS[self.name]).a, 1)
        check(xlgc.new(a=2).a, 2)
        check(xlgc.collect() >= 0, True)

    def fork(self, unused=None):
        child = os.fork()
        if not child:
            self.be_child()
            if self.state == "call":
                return "child"  # into the parent's engine, which returns
            sys.exit(4)
        # The child of a thread is over with that thread.
        expected = 4 if self.state == "call" or self.where == "main" else 0
        check(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), expected)
        return "parent"

    # From inside of a call: when that is over.
    def close(self):
        if self.state == "call":
            check(self.call(lambda unused: self.engine.close() or 5, 1), 5)
        else:
            self.engine.close()
        check(said(getattr, self.object, "a"), GONE)
        check(said(self.call, len, "text"), GONE)
        self.open()

    def drop(self):
        self.call = self.object = None
        xlgc.collect()
        objects = xlgc.stats()["objects"]
        for _ in range(5):
            self.engine = None
            gc.collect()
            xlgc.collect()
            self.engine = xlgc.open(self.name)
            self.engine.eval(OBJECTS[self.name])
        gc.collect()
        xlgc.collect()
        check(xlgc.stats()["objects"], objects)
        self.object = self.engine.eval(OBJECTS[self.name])

    def act(self):
        self.open()
        self.opened.set()
        if self.end == "closed":
            return self.close()
        if self.end == "dropped":
            return self.drop()
        if self.end == "fork":
            answer = said(self.call, self.fork, 1) if self.state == "call" else self.fork()
            if answer != "parent":
                os._exit(4)
            check(self.object.a, 1)
        elif self.state == "call":
            check(said(self.call, lambda unused: self.ended.wait() and 5, 1), 5)
        return None

    def run(self):
        if self.where == "main":
            if self.end == "exit" and self.state == "call":
                self.open()
                self.call(lambda unused: os._exit(3), 1)
            return self.act()
        thread = threading.Thread(target=self.act, daemon=True)
        thread.start()
        self.opened.wait()
        if self.end == "exit" and self.state != "idle":
            return None  # while it goes on
        thread.join()
        if self.name == "mozjs":
            # It has ended with its thread, or does so now.
            check(said(getattr, self.object, "a"), GONE, ELSEWHERE)
            check(xlgc.open("mozjs").eval("1 + 1"), 2)
        else:
            check(self.object.a, 1)
        check(xlgc.collect() >= 0, True)
        check(xlgc.left_out(), "", *("mozjs" for _ in range(self.name == "mozjs")))
        return None


def is_installed(name):
    done = subprocess.run([sys.executable, "-c", "import sys, xlgc; xlgc.open(sys.argv[1])", name], capture_output=True)
    return b"is not installed" not in done.stderr


def all_cells():
    names = [name for name in FUNCTIONS if is_installed(name)]
    for cell in itertools.product(names, ("main", "thread"), ENDS, ("idle", "call", "held")):
        if cell[2] == "ends" and (cell[1] == "main" or cell[3] == "call"):
            continue  # a thread that ends is in no call
        if cell[2] == "dropped" and cell[3] != "idle":
            continue  # it is held then
        yield "-".join(cell)


def run_all():
    wrong = count = 0
    for name in all_cells():
        count += 1
        expected = 3 if name.endswith("main-exit-call") else 0
        done = subprocess.run([sys.executable, __file__, name], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=600)
        if done.returncode != expected or done.stdout:
            wrong += 1
            print(name, "ended with", done.returncode, done.stdout.decode(errors="replace"), flush=True)
    print(count, "ends,", wrong, "wrong")
    return wrong


if __name__ == "__main__":
    if len(sys.argv) > 1:
        Cell(sys.argv[1]).run()
    else:
        sys.exit(run_all() != 0)
