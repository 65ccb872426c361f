#!/bin/sh
# shellcheck disable=SC2086 # flags are several words
# `import xlgc` in a stock interpreter, what type checkers read of it, and Python started by a program that links no
# libpython. In each case the process has one libpython and one libxlgc-python. In a build with the address sanitizer the
# interpreter is given that one's run-time library, and only the test of everything at once is run.
: "${top_srcdir:=.}" "${top_builddir:=.}" "${CC:=cc}"
PYTHON_VERSION=$(sed -n 's/^PYTHON_VERSION=//p' "$top_srcdir/configure.ac")
: "${PYTHON:=/usr/bin/python$PYTHON_VERSION}" "${PYTHON_CFLAGS=$(pkg-config --cflags "python-$PYTHON_VERSION-embed")}"
: "${PYTHON_LIBS=$(pkg-config --libs "python-$PYTHON_VERSION-embed")}"
case $SANITIZER_FLAGS in
'') runtime= ;;
*address*)
  case $CC in *clang*) runtime=libclang_rt.asan-$(uname -m).so ;; *) runtime=libasan.so ;; esac
  runtime=$(${CC%% *} -print-file-name=$runtime)
  ;;
*) runtime=missing ;;
esac
test -z "$runtime" || test -f "$runtime" || { echo "skipped: a stock interpreter cannot load this sanitizer"; exit 77; }
test -x "$PYTHON" || { echo "skipped: there is no $PYTHON"; exit 77; }
libraries=$(cd "$top_builddir" && pwd)/.libs
module=$(cd "$top_builddir" && pwd)/lib/hosts/python/xlgc/.libs/__init__.so
test -f "$module" || { echo "skipped: the module is not built here"; exit 77; }
sources=$(cd "$top_srcdir" && pwd)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/xlgc" || exit 1
suffix=$("$PYTHON" -c 'import sysconfig; print(sysconfig.get_config_var("EXT_SUFFIX"))')
ln -s "$module" "$work/xlgc/__init__$suffix"
cp "$sources/lib/hosts/python/xlgc/"*.* "$work/xlgc"
export LD_LIBRARY_PATH="$libraries${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" PYTHONPATH="$work" PYTHONDONTWRITEBYTECODE=1
status=0
stress=10000 # moves of the test of everything at once; for 10 minutes with --long
test -z "$XLGC_LONG" || stress=600s

if [ -n "$runtime" ]; then
  echo "--- everything at once, under the address sanitizer"
  ASAN_OPTIONS="detect_leaks=0:use_sigaltstack=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}" LD_PRELOAD=$runtime \
    "$PYTHON" -X faulthandler "$sources/tests/python/stress.py" $stress --without-forks
  exit
fi

echo "--- in a stock interpreter"
"$PYTHON" "$sources/tests/python/run.py" held traps collecting closing files words calls lupa || status=1
"$PYTHON" -X dev "$sources/tests/python/run.py" held traps collecting closing files words calls lupa || status=1

echo "--- what goes by itself"
"$PYTHON" "$sources/tests/python/run.py" by_itself || status=1
"$PYTHON" "$sources/tests/python/run.py" quick || status=1

echo "--- what waits"
"$PYTHON" "$sources/tests/python/run.py" waiting || status=1

echo "--- its libraries, and its end"
cat >"$work/end.py" <<'END'
import atexit, sys, threading
def last():
    try:
        xlgc.new()
    except ReferenceError as error:
        print(error)
atexit.register(last)
import xlgc
node = [xlgc.new(a=1)]
node[0].node = node
class Late:
    def __init__(self):
        self.node, self.error = node, ReferenceError
    def __del__(self):
        try:
            self.node[0].a
        except self.error:
            print("gone")
late = Late()
seen = []
thread = threading.Thread(target=lambda: seen.extend((len(xlgc.shared), node[0].a)))
thread.start()
maps = {line.split()[-1] for line in open("/proc/self/maps") if ".so" in line}
print(sorted({m.rsplit("/", 1)[-1] for m in maps if "libpython" in m or "libxlgc" in m}))
thread.join()
print(*seen)
END
"$PYTHON" "$work/end.py" >"$work/end.out" 2>&1 || { echo "it failed"; status=1; }
sed -i 's/\(libxlgc[a-z-]*\.so\)[.0-9]*/\1/g' "$work/end.out"
sort "$work/end.out" >"$work/end.is"
cat >"$work/end.expected" <<'END'
0 1
['libxlgc-python.so', 'libxlgc.so']
gone
xlgc was closed in this engine
END
diff "$work/end.expected" "$work/end.is" || status=1

echo "--- beside another Lua, which shows its functions to all"
printf 'int lua_gettop(void *L) { return L == (void *)0; }\n' >"$work/other.c"
$CC -shared -fPIC "$work/other.c" -o "$work/libother.so" || status=1
cat >"$work/mixed.py" <<'END'
import ctypes, sys, xlgc
def load():
    ctypes.CDLL(sys.argv[1], mode=ctypes.RTLD_GLOBAL)
if sys.argv[2] == "after":
    assert xlgc.open("lua").eval("return 1") == 1
    load()
    assert xlgc.open("lua").eval("return #{...}") == 0
    lua_is_shown = hasattr(ctypes.CDLL(None), "lua_pcallk")
    assert not lua_is_shown
else:
    load()
    try:
        xlgc.open("lua")
    except xlgc.Error as error:
        assert "two Luas are mixed in this process, liblua" in str(error) and "libother.so" in str(error), error
    else:
        raise AssertionError
print("well")
END
for order in after before; do
  "$PYTHON" "$work/mixed.py" "$work/libother.so" $order >"$work/mixed.out" 2>&1 && grep -q '^well$' "$work/mixed.out" ||
    { echo "$order"; cat "$work/mixed.out"; status=1; }
done

echo "--- how engines end: threads, exits, forks"
"$PYTHON" "$sources/tests/python/ends.py" || status=1

echo "--- everything at once"
"$PYTHON" -X faulthandler "$sources/tests/python/stress.py" $stress || status=1

echo "--- as mappings"
"$PYTHON" "$sources/tests/python/mappings.py" || status=1

echo "--- as sequences"
"$PYTHON" "$sources/tests/python/sequences.py" || status=1

echo "--- why objects are alive"
"$PYTHON" "$sources/tests/python/why.py" || status=1

echo "--- metrics"
"$PYTHON" "$sources/tests/python/metrics.py" || status=1

echo "--- where objects went out first"
"$PYTHON" "$sources/tests/python/sites.py" || status=1

echo "--- what hangs on proxies"
"$PYTHON" "$sources/tests/python/weight.py" || status=1

echo "--- leak tests"
"$PYTHON" "$sources/tests/python/gone.py" || status=1

echo "--- as buffers"
"$PYTHON" "$sources/tests/python/buffers.py" || status=1

echo "--- its other threads"
"$PYTHON" "$sources/tests/python/ticking.py" || status=1

echo "--- its help, and its stubs"
"$PYTHON" - "$work/xlgc/__init__.pyi" <<'END' || status=1
import ast, pydoc, sys
import xlgc

text = pydoc.plain(pydoc.render_doc(xlgc))
for word in "shared", "collect()", "A new managed object", "An object of another language", "LengthError":
    assert word in text, word
tree = ast.parse(open(sys.argv[1]).read())
names, methods = set(), set()
for node in tree.body:
    if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
        names.add(node.name)
    if isinstance(node, ast.AnnAssign):
        names.add(node.target.id)
    if isinstance(node, ast.Assign):
        names.add(node.targets[0].id)
    if isinstance(node, ast.ClassDef) and node.name == "Proxy":
        methods = {method.name for method in node.body}
    if isinstance(node, ast.FunctionDef):
        assert getattr(xlgc, node.name).__doc__, node.name
own = {name for name in dir(xlgc) if not name.startswith("__")}
assert names - {"__all__", "__version__"} == own - {"lupa"}, names ^ own
assert own - {"lupa"} == set(xlgc.__all__), own ^ set(xlgc.__all__)
missing = {name for name in methods if not hasattr(xlgc.Proxy, name)} - {"__getattr__", "__call__"}
assert not missing, missing
END
if "$PYTHON" -c 'import mypy' 2>/dev/null; then
  printf 'import xlgc\nx: int = xlgc.collect()\nreveal_type(xlgc.stats())\n' >"$work/use.py"
  cat >>"$work/use.py" <<'END'
from xlgc import lupa
engine: xlgc.Engine = xlgc.open("lua")
number: int = engine.limit_memory()
lua = lupa.LuaRuntime(unpack_returned_tuples=True)
version: tuple[int, ...] = lua.lua_version
END
  "$PYTHON" -m mypy --strict "$work/use.py" || status=1
  "$PYTHON" -m mypy.stubtest xlgc || status=1
fi

echo "--- the examples of its page"
awk -v at="$work/example" '/^\.Ed/ { code = 0 } code { print > (at number) } /^\.Bd -literal/ { code = 1; number++ }' \
  "$sources/doc/xlgc-python.3"
"$PYTHON" "$work/example1" | diff "$work/example2" - || status=1
sed 's/\\e/\\/g' "$work/example4" >"$work/embed.c"
builddir=$(cd "$top_builddir" && pwd)
$CC -I"$sources/include" -I"$builddir/include" $PYTHON_CFLAGS -o "$work/embed" "$work/embed.c" -L"$libraries" \
  -lxlgc-python -lxlgc $PYTHON_LIBS || status=1
test "$("$work/embed")" = 1 || { echo "the embedding example failed"; status=1; }

echo "--- started by a program without Python"
cat >"$work/start.c" <<'END'
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <xlgc/bridge.h>
static int summarise(void *engine, xlgc_summary *summary) { (void)engine; (void)summary; return 0; }
static void unpin(void *engine, void *handle) { (void)engine; (void)handle; }
static const xlgc_host_adapter adapter = {.name = "program", .summarise = summarise, .unpin = unpin};
int main(void) {
  static const char text[] = "len([m for m in {l.split()[-1] for l in open('/proc/self/maps')} if 'libpython' in m])";
  xlgc_pool *pool;
  xlgc_host *host;
  xlgc_value python, eval, result, name = {.type = XLGC_STRING, .as.bytes = "eval", .length = 4};
  xlgc_value code = {.type = XLGC_STRING, .as.bytes = text, .length = sizeof text - 1};
  void *proxy;
  xlgc_visit visit;
  if (dlsym(RTLD_DEFAULT, "Py_IsInitialized")) return 1;
  for (int i = 0; i < 2; i++) {
    if (xlgc_pool_create(NULL, &pool) || xlgc_host_open(pool, &adapter, &pool, &host)) return 2;
    int failed = xlgc_language_start(host, "python", &python);
    if (failed) { printf("%s\n", xlgc_strerror(failed)); return 3; }
    if (xlgc_host_receive(host, python.as.id, &proxy) || xlgc_host_proxy_made(host, python.as.id, &python)) return 4;
    if (xlgc_visit_begin(&visit, host, python.as.id) || xlgc_visit_get(&visit, &name, &eval)) return 5;
    if (xlgc_host_receive(host, eval.as.id, &proxy) || xlgc_host_proxy_made(host, eval.as.id, &eval)) return 6;
    xlgc_visit_end(&visit);
    if (xlgc_visit_begin(&visit, host, eval.as.id)) return 7;
    failed = xlgc_visit_call(&visit, NULL, &code, 1, &result);
    if (failed) { printf("%s\n", xlgc_visit_message(&visit, failed)); return 8; }
    xlgc_visit_end(&visit);
    if (result.type != XLGC_INTEGER || result.as.integer != 1) return 9;
    if (xlgc_host_close(host) || xlgc_pool_destroy(pool)) return 10;
  }
  return 0;
}
END
$CC -I"$sources/include" -I"$builddir/include" -o "$work/start" "$work/start.c" -L"$libraries" -lxlgc -ldl || status=1
"$work/start" || { echo "failed: $?"; status=1; }
exit $status
