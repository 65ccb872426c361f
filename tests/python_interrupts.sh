#!/bin/sh
# Ctrl-C in a stock interpreter, while scripts of other languages run that have no end: it arrives in Python as
# KeyboardInterrupt, and no script keeps it to itself. A program's own handlers and hooks go on to work.
: "${top_srcdir:=.}" "${top_builddir:=.}"
PYTHON_VERSION=$(sed -n 's/^PYTHON_VERSION=//p' "$top_srcdir/configure.ac")
: "${PYTHON:=/usr/bin/python$PYTHON_VERSION}"
test -n "$SANITIZER_FLAGS" && { echo "skipped: a stock interpreter cannot load sanitizers"; exit 77; }
test -x "$PYTHON" || { echo "skipped: there is no $PYTHON"; exit 77; }
build=$(cd "$top_builddir" && pwd)
for built in lib/hosts/python/xlgc/.libs/__init__.so .libs/libxlgc-lua.so .libs/libxlgc-mozjs.so \
  .libs/libxlgc-duktape.so; do
  test -e "$build/$built" || { echo "skipped: $built is not built here"; exit 77; }
done

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/xlgc" || exit 1
ln -s "$build/lib/hosts/python/xlgc/.libs/__init__.so" "$work/xlgc/__init__.so"
export LD_LIBRARY_PATH="$build/.libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" PYTHONPATH="$work" PYTHONDONTWRITEBYTECODE=1

cat >"$work/interrupts.py" <<'END'
import faulthandler, os, signal, sys, time, xlgc

ENDLESS = {
    "lua": ["while true do end",
            "while true do tick() end",
            "while true do pcall(tick) end",
            "while true do pcall(function() while true do end end) end",
            "while true do xpcall(function() while true do end end, function() return 1 end) end",
            "coroutine.wrap(function() while true do tick() end end)()",
            "while true do pcall(other) end"],
    "mozjs": ["for (;;);",
              "for (;;) try { tick() } catch (e) {}",
              "for (;;) try { for (;;); } catch (e) {} finally {}",
              "[3, 2, 1].sort(() => { for (;;); })",
              "for (;;) try { other() } catch (e) {}"],
    "duktape": ["for (;;) tick()",
                "other()",
                "try { other() } catch (e) { 1 }"],
}


def send(count=1, after=0.2):
    own = os.getpid()
    if os.fork():
        return
    for i in range(count):
        time.sleep(after)
        os.kill(own, signal.SIGINT)
    os._exit(0)


faulthandler.dump_traceback_later(120, exit=True)
signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell begins in the background ignores it
engines = {name: xlgc.open(name) for name in ENDLESS}
lua, js, duktape = engines.values()
for engine in engines.values():
    engine.globals.tick = lambda: None
lua.globals.other = js.eval("() => { for (;;); }")
js.globals.other = duktape.globals.other = lua.eval("return function() while true do end end")
failed = 0
for name, texts in ENDLESS.items():
    for text in texts:
        send()
        try:
            try:
                print(name, text, "answered", engines[name].eval(text))
                time.sleep(0.1)
                failed += 1
            except KeyboardInterrupt:
                pass
        except KeyboardInterrupt:
            failed -= text.startswith("try")  # the script went on, and ended, and then it came
        except BaseException as error:
            print(name, text, type(error), str(error)[:200])
            failed += 1
        os.wait()
        assert engines[name].eval("1 + 1" if name != "lua" else "return 1 + 1") == 2

# It comes while code runs that cannot be stopped, and that calls what has no end afterwards.
duktape.globals.kill, duktape.globals.raise_it = os.kill, signal.raise_signal
for text in "kill(%d, 2); other()" % os.getpid(), "try { raise_it(2) } catch (e) {} other()":
    try:
        print(text, "answered", duktape.eval(text))
        failed += 1
    except KeyboardInterrupt:
        pass

# Python inside, which keeps it, or passes it on.
def inner(keep):
    try:
        lua.eval("while true do end")
    except KeyboardInterrupt:
        if not keep:
            raise
        return "kept"

lua.globals.inner = inner
send()
assert lua.eval("local good, is = pcall(inner, true) return is") == "kept"
os.wait()
send()
try:
    print("passed on:", lua.eval("while true do pcall(inner, false) end"))
    failed += 1
except KeyboardInterrupt:
    pass
os.wait()

# A field, a length and an iteration.
loop = lua.eval("local f = function() while true do end end\n"
                "return setmetatable({}, {__index = f, __newindex = f, __len = f, __pairs = f, __tostring = f,\n"
                "  __lt = f})")
for use in (lambda: loop.x, lambda: setattr(loop, "x", 1), lambda: len(loop), lambda: list(loop), lambda: str(loop),
            lambda: loop < loop):
    send()
    try:
        use()
        print("a use ended")
        failed += 1
    except KeyboardInterrupt:
        pass
    os.wait()

# The program's own handler, given later, is called at once, and the script goes on; so does the program's own hook.
came = []
signal.signal(signal.SIGINT, lambda number, frame: came.append(time.monotonic()))
for i in range(100):
    lua.eval("return 1")
lua.eval("counted = 0 debug.sethook(function() counted = counted + 1 end, '', 1000)")
send(2)
begun = time.monotonic()
assert lua.eval("local t = os.clock() while os.clock() - t < 1 do end return 5") == 5
assert len(came) == 2 and came[1] < begun + 0.9, (came, begun)
before = lua.globals.counted
assert lua.eval("for i = 1, 100000 do end return counted") > before
os.wait()
lua.eval("debug.sethook()")
signal.signal(signal.SIGINT, signal.SIG_IGN)
send()
assert lua.eval("local t = os.clock() while os.clock() - t < 0.4 do end return 5") == 5
os.wait()
sys.exit(failed != 0)
END
"$PYTHON" "$work/interrupts.py"
