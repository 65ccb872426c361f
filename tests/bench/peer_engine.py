"""The graph of graph.h as Python objects, for peer_engine.c, which says what the lines mean."""
import gc
import sys
import weakref


class Head:
    __slots__ = ("left", "right", "ring", "__weakref__")


class Member:
    __slots__ = ("next", "head", "other")


def new_group():
    head = Head()
    head.left = head.right = None
    first = last = Member()
    first.head, first.other = head, None
    for _ in range(6):
        member = Member()
        member.head, member.other = head, None
        last.next = member
        last = member
    last.next = first
    head.ring = first
    return head


def assign(head, field, target):
    if field == 0:
        head.left = target
    elif field == 1:
        head.right = target
    elif field == 2:
        head.ring.other = target
    elif field == 3:
        head.ring.next.other = target
    else:
        head.ring.next.next.other = target


def find(group):
    head = root
    for digit in bin(group + 1)[3:]:
        head = head.right if digit == "1" else head.left
    return head


def build(groups):
    heads = [new_group() for _ in range(groups)]
    for g, head in enumerate(heads):
        if 2 * g + 1 < groups:
            head.left = heads[2 * g + 1]
        if 2 * g + 2 < groups:
            head.right = heads[2 * g + 2]
        assign(head, 2, heads[(g * g + 12345) % groups])
        assign(head, 3, heads[(g * g + 3 * g + 271) % groups])
        assign(head, 4, heads[(g * g + 7 * g + 4099) % groups])
    return heads[0]


def triples(numbers):
    return zip(numbers[0::3], numbers[1::3], numbers[2::3])


def set_all(changes):
    for group, field, target in changes:
        assign(group, field, target)


def resolved(numbers):
    return [(held[g], f, held[t] if t >= 0 else None) for g, f, t in triples(numbers)]


def cycles(count):
    found = 0
    for _ in range(count):
        three = [Member() for _ in range(3)]
        three[0].next, three[1].next, three[2].next = three[1], three[2], three[0]
        three = None
        found += gc.collect() == 3
    return found


gc.disable()
root = None
held = {}
changes, dead = [], []
watched_dead, watched = [], []
while True:
    verb, *numbers = sys.stdin.readline().split() or ("",)
    numbers = [int(number) for number in numbers]
    answer = "done"
    if verb == "go":
        set_all(changes)
        changes = None
        for group in dead:
            del held[group]
        gc.collect()
    elif verb == "build":
        root = build(*numbers)
    elif verb == "hold":
        held = {group: find(group) for group in numbers}
    elif verb == "change":
        changes = resolved(numbers)
    elif verb == "dead":
        dead = numbers
        watched_dead = [weakref.ref(held[group]) for group in dead]
        names = set(dead)
        watched = [weakref.ref(head) for group, head in held.items() if group not in names]
    elif verb == "check":
        answer = "%d %d" % (sum(ref() is None for ref in watched_dead), sum(ref() is None for ref in watched))
        watched_dead, watched = [], []
    elif verb == "new":
        for group in numbers:
            held[group] = new_group()
    elif verb == "set":
        set_all(resolved(numbers))
    elif verb == "end":
        held = {}
    elif verb == "cycle":
        answer = str(cycles(*numbers))
    else:
        break
    print(answer, flush=True)
