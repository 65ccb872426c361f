# xlgc.collect() wherever Python code can run: what is held there stays; or the collection is refused, in words. Runs in
# a stock interpreter, too.
import functools
import gc
import signal
import sys
import threading
import weakref

import xlgc

answers = []


def collect():
    try:
        xlgc.collect()
        answers.append(None)
    except xlgc.Error as error:
        answers.append(str(error))


def new():
    return xlgc.new(name="held")


def use(held):
    assert held.name == "held"


class Holder:
    def __init__(self):
        self.held = new()


class Ends(Holder):
    def __del__(self):
        collect()
        use(self.held)


def ring_of(kind):
    one, other = kind(), kind()
    one.other, other.other = other, one


def check(refused=None):
    assert answers, "no collection"
    for answer in answers:
        if refused:
            assert answer and refused in answer, answer
        else:
            assert answer is None, answer
    answers.clear()
    gc.collect()
    answers.clear()
    xlgc.collect()


def test_del():
    Ends()
    check()
    # In the middle of what is deallocated.
    held = [[Ends(), Ends()], {1: Ends(), 2: Ends()}, (Ends(), Ends()), {Ends(), Ends()}]
    del held
    check()
    held = None
    for i in range(20000):
        held = [held, Ends()] if i % 5000 == 0 else [held]
    del held
    check()


def test_del_of_rings():
    ring_of(Ends)
    gc.collect()
    check("collection of Python's own")
    ring_of(Ends)
    gc.disable()
    xlgc.collect()
    assert any(answer and "a collection runs already" in answer for answer in answers), answers
    answers.clear()
    gc.enable()
    gc.set_threshold(1)
    ring_of(Ends)
    assert len([[] for i in range(100)]) == 100
    gc.set_threshold(700)
    check("collection of Python's own")


def test_weak_references():
    held = new()
    holder = Holder()
    watch = weakref.ref(holder, lambda dead: collect())
    del holder
    use(held)
    check()
    ring = Holder()
    ring.ring = ring
    watch = weakref.ref(ring, lambda dead: collect())
    del ring
    gc.collect()
    use(held)
    check("collection of Python's own")
    assert watch() is None


def test_callbacks_of_the_collector():
    held = new()
    gc.callbacks.append(lambda phase, about: len(answers) < 4 and collect())
    gc.collect()
    gc.callbacks.clear()
    use(held)
    check("collection of Python's own")


def test_signals():
    held = new()
    before = signal.signal(signal.SIGUSR1, lambda number, frame: collect())
    signal.raise_signal(signal.SIGUSR1)
    sorted([3, 1, 2], key=lambda x: signal.raise_signal(signal.SIGUSR1) or x)
    signal.signal(signal.SIGUSR1, before)
    use(held)
    check()


def test_operators():
    class Collects:
        def __init__(self):
            self.held = new()

        def act(self, *others):
            collect()
            use(self.held)
            return False

        __eq__ = __lt__ = __contains__ = __exit__ = act

        def __hash__(self):
            self.act()
            return 1

        def __getattr__(self, name):
            held = new()
            collect()
            return held

        def __enter__(self):
            self.act()
            return new()

        def __index__(self):
            return self.act() or 1

        def __repr__(self):
            return str(self.act())

        def __iter__(self):
            for i in range(2):
                collect()
                yield new()

    one, other = Collects(), Collects()
    assert not one == other
    use(one.missing)
    for held in one:
        use(held)
    for held in tuple(one) + tuple(held for held in one):
        use(held)
    with one as held:
        use(held)
    use({one: new(), other: held}[one])
    assert repr([one]) == "[False]" and [0, 1][one] == 1
    sorted([one, other, Collects()])
    functools.reduce(lambda held, i: use(held) or collect() or new(), range(3), new())
    check()


def test_classes_being_made():
    class Meta(type):
        @classmethod
        def __prepare__(cls, name, bases):
            collect()
            return {"held": new()}

        def __new__(cls, name, bases, names):
            collect()
            return super().__new__(cls, name, bases, names)

    class Made(metaclass=Meta):
        collect()

        def __init_subclass__(cls):
            collect()

    class Other(Made):
        pass

    use(Made.held)
    check()


def test_tracing():
    def trace(frame, event, argument):
        held = new()
        if len(answers) < 10:
            collect()
        use(held)
        return trace

    def traced():
        held = new()
        for i in range(3):
            use(held)

    sys.settrace(trace)
    traced()
    sys.settrace(None)
    sys.setprofile(trace)
    traced()
    sys.setprofile(None)
    check()


def test_audits():
    # One that is asked when the collection itself begins.
    held = new()
    on = [True]
    sys.addaudithook(lambda event, arguments: on and event == "gc.get_objects" and collect())
    xlgc.collect()
    on.clear()
    use(held)
    check("a collection runs already")


def test_deep_recursion():
    def deep(n):
        held = new() if n % 100 == 0 else None
        if n:
            deep(n - 1)
        else:
            collect()
        if held:
            use(held)

    deep(800)
    check()


def test_generators():
    def generate():
        held = new()
        try:
            while True:
                collect()
                yield held
        finally:
            collect()
            use(held)

    for held in generate():
        use(held)
        break
    check()


def test_threads():
    held = new()
    thread = threading.Thread(target=collect)
    thread.start()
    thread.join()
    use(held)
    check()
