"""What gdb shows of xlgc's values: ids, pools, the smart pointers of xlgc.hpp; and the command xlgc-why.

Loaded by gdb with a library that is installed under its prefix; or by
    (gdb) source PREFIX/share/xlgc/gdb.py"""
import gdb
import gdb.printing

TEXT_BYTES = 1 << 16


class Id:
    """An xlgc_id: pool in the highest 8 bits, generation of the slot in 24, slot in 32."""

    def __init__(self, value):
        self.id = int(value)

    def to_string(self):
        if not self.id:
            return "XLGC_ID_NONE"
        return "%#x (pool %d, slot %d, generation %d)" % (
            self.id, self.id >> 56, self.id & 0xFFFFFFFF, self.id >> 32 & 0xFFFFFF)


class Pool:
    """A pool: what its statistics say, and what it is doing."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        return "xlgc_pool"

    def children(self):
        pool = self.value
        phases = gdb.lookup_type("xlgc__round_phase").fields()
        phase = int(pool["round"]["phase"])
        name = next((field.name for field in phases if field.enumval == phase), "phase %d" % phase)
        yield "objects", int(pool["graph"]["objects"]["live"])
        yield "links", int(pool["graph"]["links"]["records"]["used"])
        yield "rounds", int(pool["round"]["rounds"])
        yield "phase", name.replace("XLGC__ROUND_", "").lower()
        yield "stalled_by", pool["blocker"].string()
        yield "worker_runs", bool(pool["worker"]["runs"])
        yield "is_owned", bool(pool["owned"])
        yield "bytes", int(pool["memory"]["bytes"])


class Pointer:
    """A root or a ref of xlgc.hpp: its type, and what it points to."""

    def __init__(self, value):
        self.value = value

    def to_string(self):
        pointer = self.value["pointer_"]
        return "%s to %s" % (self.value.type.strip_typedefs().name, pointer if pointer else "nothing")

    def children(self):
        pointer = self.value["pointer_"]
        if pointer:
            yield "object", pointer.dereference()


class Printers(gdb.printing.PrettyPrinter):
    """By name: the name of a type that stands for uint64_t counts for an id."""

    def __init__(self):
        super().__init__("xlgc", [])

    def __call__(self, value):
        kind = value.type
        if kind.name == "xlgc_id":
            return Id(value)
        name = kind.strip_typedefs().name or ""
        if name == "xlgc_pool" and kind.strip_typedefs().fields():
            return Pool(value)
        if name.startswith(("xlgc::root<", "xlgc::ref<")):
            return Pointer(value)
        return None


class Why(gdb.Command):
    """xlgc-why POOL, ID: says why an object is alive, as xlgc_why_text does.
The program must be stopped where it could call that: not while its thread works on the pool."""

    def __init__(self):
        super().__init__("xlgc-why", gdb.COMMAND_DATA, gdb.COMPLETE_EXPRESSION)

    def invoke(self, argument, from_tty):
        parts = argument.rsplit(",", 1)
        if len(parts) != 2:
            raise gdb.GdbError("xlgc-why POOL, ID: two expressions, with a comma between them")
        if gdb.lookup_global_symbol("xlgc_why_text") is None and not gdb.lookup_static_symbol("xlgc_why_text"):
            raise gdb.GdbError("the program does not have xlgc_why_text: link it with the shared library")
        pool, id = (int(gdb.parse_and_eval(part)) for part in parts)
        room = gdb.parse_and_eval("((void *(*)(unsigned long))malloc)(%d)" % TEXT_BYTES)
        call = "((int (*)(void *, unsigned long, unsigned, void *, unsigned long))xlgc_why_text)((void *)%d, %d, 0, (void *)%d, %d)"
        code = int(gdb.parse_and_eval(call % (pool, id, int(room), TEXT_BYTES)))
        text = room.cast(gdb.lookup_type("char").pointer()).string(errors="replace") if code >= 0 else ""
        gdb.parse_and_eval("((void (*)(void *))free)((void *)%d)" % int(room))
        if code < 0:
            name = gdb.parse_and_eval("((const char *(*)(int))xlgc_errname)(%d)" % code)
            raise gdb.GdbError("xlgc_why_text: %s" % name.string())
        gdb.write(text + "\n")


gdb.printing.register_pretty_printer(gdb.current_objfile(), Printers(), replace=True)
Why()
