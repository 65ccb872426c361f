/* Each value, from each language to each, in each way that a value crosses: Lua, Python, both JavaScripts and C++, and
 * objects that the pool itself manages in between. Each is a cell, with what must come out: the same value; an error, with
 * its words; or that the language has no such thing, with the words by which it says so. No cell may be anything else. */
#include <config.h>

#include <chrono>
#include <clocale>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <locale>
#include <ostream>
#include <unistd.h>

#include "hosts_languages.hh"

namespace {

/* ---------------------------------------------------------------------------- the values */

/* What a value is in one word: of what kinds there are, rules below speak. */
/* BOXED: an object of JavaScript's that is a value elsewhere. */
enum kind { NIL, BOOLEAN, INTEGER, WIDE, BIG, FLOAT, TEXT, LONE, BYTES, DATE, ARRAY, MEMORY, BOXED };

/* told: what each language tells of it: its type, and the value in a form that is the same in all. */
struct row {
  kind is;
  const char *told;
  const char *in[ENGINES]; /* an expression; NULL where the language has no such value */
};

const row rows[] = {
    {NIL, "nil", {"nil", "None", "null", "null"}},
    {BOOLEAN, "true", {"true", "True", "true", "true"}},
    {BOOLEAN, "false", {"false", "False", "false", "false"}},
    {INTEGER, "int 0", {"0", "0", "0", "0"}},
    {INTEGER, "int -1", {"-1", "-1", "-1", "-1"}},
    {INTEGER, "int 404", {"404", "404", "404", "404"}},
    {INTEGER, "int 4294967296", {"4294967296", "4294967296", "4294967296", "4294967296"}},
    {INTEGER, "int 9007199254740992", {"1 << 53", "2**53", "2**53", "Math.pow(2, 53)"}},
    {INTEGER, "int -9007199254740992", {"-1 << 53", "-2**53", "-(2**53)", "-Math.pow(2, 53)"}},
    {INTEGER, "int 2", {"4 / 2", "2.0", "4 / 2", "4 / 2"}},
    {WIDE, "int 9007199254740993", {"(1 << 53) + 1", "2**53 + 1", "2n**53n + 1n", nullptr}},
    {WIDE, "int 9223372036854775807", {"math.maxinteger", "2**63 - 1", "2n**63n - 1n", nullptr}},
    {WIDE, "int -9223372036854775808", {"math.mininteger", "-2**63", "-(2n**63n)", nullptr}},
    {BIG, "int 9223372036854775808", {nullptr, "2**63", "2n**63n", nullptr}},
    {BIG, "int -9223372036854775809", {nullptr, "-2**63 - 1", "-(2n**63n) - 1n", nullptr}},
    {BIG, "int 18446744073709551615", {nullptr, "2**64 - 1", "2n**64n - 1n", nullptr}},
    {BIG, "int 1267650600228229401496703205376", {nullptr, "2**100", "2n**100n", nullptr}},
    {BIG, "int -1267650600228229401496703205381", {nullptr, "-2**100 - 5", "-(2n**100n) - 5n", nullptr}},
    {FLOAT, "float 3ff8000000000000", {"1.5", "1.5", "1.5", "1.5"}},
    {FLOAT, "float 8000000000000000", {"-0.0", "-0.0", "-0", "-0"}},
    {FLOAT, "float 7ff0000000000000", {"math.huge", "float('inf')", "Infinity", "Infinity"}},
    {FLOAT, "float fff0000000000000", {"-math.huge", "-float('inf')", "-Infinity", "-Infinity"}},
    {FLOAT, "float nan", {"0.0 / 0.0", "float('nan')", "NaN", "NaN"}},
    {FLOAT, "float 7e37e43c8800759c", {"1e300", "1e300", "1e300", "1e300"}},
    {FLOAT, "float 0000000000000001", {"5e-324", "5e-324", "5e-324", "5e-324"}},
    {FLOAT, "float 3fb999999999999a", {"0.1", "0.1", "0.1", "0.1"}},
    {TEXT, "text ", {"''", "''", "''", "''"}},
    {TEXT, "text 616263", {"'abc'", "'abc'", "'abc'", "'abc'"}},
    {TEXT, "text 343034", {"'404'", "'404'", "'404'", "'404'"}},
    {TEXT, "text 312e35", {"'1.5'", "'1.5'", "'1.5'", "'1.5'"}},
    {TEXT, "text 74727565", {"'true'", "'true'", "'true'", "'true'"}},
    {TEXT, "text 6e756c6c", {"'null'", "'null'", "'null'", "'null'"}},
    {TEXT, "text 610062", {"'a\\0b'", "'a\\0b'", "'a\\0b'", "'a\\0b'"}},
    {TEXT,
     "text c3a9e282acf09f9880",
     {"'\\u{e9}\\u{20ac}\\u{1f600}'", "'\\xe9\\u20ac\\U0001f600'", "'\\xe9\\u20ac\\u{1f600}'",
      "'\\xe9\\u20ac\\ud83d\\ude00'"}},
    {LONE, "text 78eda0bd79", {"'x\\u{d83d}y'", "'x\\ud83dy'", "'x\\ud83dy'", "'x\\ud83dy'"}},
    {LONE, "text edb880eda080", {"'\\u{de00}\\u{d800}'", "'\\ude00\\ud800'", "'\\ude00\\ud800'", "'\\ude00\\ud800'"}},
    {BYTES, "bytes ff00", {"'\\xff\\0'", "b'\\xff\\0'", "new Uint8Array([255, 0])", "new Uint8Array([255, 0])"}},
    {BYTES,
     "bytes edd7ff",
     {"'\\xed\\xd7\\xff'", "b'\\xed\\xd7\\xff'", "new Uint8Array([0xed, 0xd7, 0xff])",
      "new Uint8Array([0xed, 0xd7, 0xff])"}},
    {DATE,
     "date 1700000000123000",
     {nullptr, "at(1700000000123000)", "new Date(1700000000123)", "new Date(1700000000123)"}},
    {DATE, "date 1700000000000000", {nullptr, "at(1700000000000000)", "new Date(17e11)", "new Date(17e11)"}},
    {DATE, "date -1000", {nullptr, "at(-1000)", "new Date(-1)", "new Date(-1)"}},
    {DATE, "date -1", {nullptr, "at(-1)", nullptr, nullptr}},
    {DATE, "date 1700000000123456", {nullptr, "at(1700000000123456)", nullptr, nullptr}},
    {ARRAY,
     "array i 01000000feffffff",
     {nullptr, "fixed('i', [1, -2])", "new Int32Array([1, -2])", "new Int32Array([1, -2])"}},
    {ARRAY,
     "array H 0100ffff",
     {nullptr, "fixed('H', [1, 65535])", "new Uint16Array([1, 65535])", "new Uint16Array([1, 65535])"}},
    {ARRAY,
     "array d 000000000000f8bf",
     {nullptr, "fixed('d', [-1.5])", "new Float64Array([-1.5])", "new Float64Array([-1.5])"}},
    {ARRAY, "array b ff", {nullptr, "fixed('b', [-1])", "new Int8Array([-1])", "new Int8Array([-1])"}},
    {MEMORY, "bytes ff01", {nullptr, "bytearray(b'\\xff\\1')", nullptr, nullptr}},
    {MEMORY, "bytes ff02", {nullptr, "memoryview(bytearray(b'a\\xff\\2b'))[1:3]", nullptr, nullptr}},
    {MEMORY, "array i 01000000ffffffff", {nullptr, "array.array('i', [1, -1])", nullptr, nullptr}},
    {MEMORY, "array f 0000c0ff", {nullptr, "memoryview(array.array('f', [float('-nan')]))", nullptr, nullptr}},
    {BOXED, "int 2", {nullptr, nullptr, "new Number(2)", "new Number(2)"}},
    {BOXED, "float 3ff8000000000000", {nullptr, nullptr, "Object(1.5)", "Object(1.5)"}},
    {BOXED, "text 616263", {nullptr, nullptr, "new String('abc')", "new String('abc')"}},
    {BOXED, "false", {nullptr, nullptr, "new Boolean(false)", "new Boolean(false)"}},
    {BOXED, "int 18446744073709551616", {nullptr, nullptr, "Object(2n**64n)", nullptr}},
};
enum { ROWS = sizeof rows / sizeof *rows };

/* --------------------------------------------------------------------------- the scripts */

/* In each language: make_L(i) answers the value i; tell_L(x) tells what x is; take_L(make, i) tells what another one's make
 * answers; give_L(f, i) calls f with the value; back_L(echo, i) tells what another one's echo makes of it, and whether that
 * is equal; box_L(i) has it in its field x, list_L(i) as its only element, keyed_L(i) as a key of 1; get_L, first_L,
 * first_key_L and look_L(map, i) read these; fill_L(box, i) and key_L(map, i) write; new_L() is empty; throw_L(i) throws it,
 * caught_L(throw, i) tells what another one has thrown; drop_L(map, i) removes it as a key; size_L(x) is its length. */
#define SCRIPT_OF_BOTH(engine)                                                                                        \
  "var shared = xlgc.shared;\n"                                                                                       \
  "function hex(bytes) {\n"                                                                                           \
  "  var text = '';\n"                                                                                                \
  "  for (var i = 0; i < bytes.length; i++) text += (bytes[i] < 16 ? '0' : '') + bytes[i].toString(16);\n"            \
  "  return text;\n"                                                                                                  \
  "}\n"                                                                                                               \
  "function utf8(text) {\n"                                                                                           \
  "  var out = [];\n"                                                                                                 \
  "  for (var i = 0; i < text.length; i++) {\n"                                                                       \
  "    var c = text.charCodeAt(i), d = text.charCodeAt(i + 1);\n"                                                     \
  "    if (c >= 0xd800 && c < 0xdc00 && d >= 0xdc00 && d < 0xe000) {\n"                                               \
  "      c = 0x10000 + ((c & 0x3ff) << 10 | (d & 0x3ff)); i++;\n"                                                     \
  "      out.push(0xf0 | c >> 18, 0x80 | c >> 12 & 0x3f, 0x80 | c >> 6 & 0x3f, 0x80 | c & 0x3f);\n"                   \
  "    } else if (c >= 0x800) out.push(0xe0 | c >> 12, 0x80 | c >> 6 & 0x3f, 0x80 | c & 0x3f);\n"                     \
  "    else if (c >= 0x80) out.push(0xc0 | c >> 6, 0x80 | c & 0x3f);\n"                                               \
  "    else out.push(c);\n"                                                                                           \
  "  }\n"                                                                                                             \
  "  return hex(out);\n"                                                                                              \
  "}\n"                                                                                                               \
  "function tell(x) {\n"                                                                                              \
  "  if (x === null || x === undefined) return 'nil';\n"                                                              \
  "  if (typeof x === 'boolean') return String(x);\n"                                                                 \
  "  if (typeof x === 'bigint') return 'int ' + x;\n"                                                                 \
  "  if (typeof x === 'string') return 'text ' + utf8(x);\n"                                                          \
  "  if (x instanceof Date) return 'date ' + x.getTime() * 1000;\n"                                                   \
  "  if (x instanceof Uint8Array) return 'bytes ' + hex(x);\n"                                                        \
  "  var letters = {Int8: 'b', Int16: 'h', Uint16: 'H', Int32: 'i', Uint32: 'I', Float32: 'f', Float64: 'd'};\n"      \
  "  for (var name in letters)\n"                                                                                     \
  "    if (Object.prototype.toString.call(x) === '[object ' + name + 'Array]')\n"                                     \
  "      return 'array ' + letters[name] + ' ' + hex(new Uint8Array(x.buffer, x.byteOffset, x.byteLength));\n"        \
  "  if (typeof x !== 'number') return typeof x;\n"                                                                   \
  "  if (x !== x) return 'float nan';\n"                                                                              \
  "  if (Math.floor(x) === x && Math.abs(x) <= 9007199254740992 && (x !== 0 || 1 / x > 0)) return 'int ' + x;\n"      \
  "  var bytes = new DataView(new ArrayBuffer(8));\n"                                                                 \
  "  bytes.setFloat64(0, x);\n"                                                                                       \
  "  return 'float ' + hex(new Uint8Array(bytes.buffer));\n"                                                          \
  "}\n"                                                                                                               \
  "function same(a, b) {\n"                                                                                           \
  "  if (typeof a === 'object' && a !== null) return tell(a) === tell(b);\n"                                          \
  "  return a === b ? a !== 0 || 1 / a === 1 / b : a !== a && b !== b;\n"                                             \
  "}\n"                                                                                                               \
  "var make = function (i) { return values[i](); };\n"                                                                \
  "shared.make_" engine " = make; shared.tell_" engine " = tell;\n"                                                   \
  "shared.take_" engine " = function (f, i) { return tell(f(i)); };\n"                                                \
  "shared.give_" engine " = function (f, i) { return f(make(i)); };\n"                                                \
  "shared.echo_" engine " = function (x) { return x; };\n"                                                            \
  "shared.back_" engine                                                                                               \
  " = function (f, i) { var v = make(i), b = f(v); return tell(b) + (same(v, b) ? '' : ' other'); };\n"               \
  "shared.box_" engine " = function (i) { return {x: make(i)}; };\n"                                                  \
  "shared.list_" engine " = function (i) { return [make(i)]; };\n"                                                    \
  "shared.get_" engine " = function (b) { return tell(b.x); };\n"                                                     \
  "shared.fill_" engine " = function (b, i) { b.x = make(i); };\n"                                                    \
  "shared.new_" engine " = function () { return {}; };\n"                                                             \
  "shared.keyed_" engine " = function (i) { var o = {}; o[make(i)] = 1; return o; };\n"                               \
  "shared.key_" engine " = function (o, i) { o[make(i)] = 1; };\n"                                                    \
  "shared.look_" engine " = function (o, i) { return (make(i) in o) + ' ' + tell(o[make(i)]); };\n"                   \
  "shared.drop_" engine " = function (o, i) { return delete o[make(i)]; };\n"                                         \
  "shared.size_" engine " = function (o) { return Object.keys(o).length; };\n"                                        \
  "shared.throw_" engine " = function (i) { throw make(i); };\n"                                                      \
  "shared.caught_" engine " = function (f, i) { try { f(i); } catch (e) { return tell(e instanceof Error && 'cause' " \
  "in e ? e.cause : e); } };\n"

const char *const preludes[ENGINES] = {
    "shared = xlgc.shared\n"
    "local function hex(s) return (s:gsub('.', function(c) return ('%02x'):format(c:byte()) end)) end\n"
    "local function is_text(s) return utf8.len(s, 1, -1, true) ~= nil end\n"
    "function tell(x)\n"
    "  if x == nil or x == xlgc.null then return 'nil' end\n"
    "  if type(x) == 'boolean' then return tostring(x) end\n"
    "  if type(x) == 'string' then return (is_text(x) and 'text ' or 'bytes ') .. hex(x) end\n"
    "  if tostring(x):match '^%-?%d+$' then return 'int ' .. tostring(x) end\n"
    "  if type(x) ~= 'number' then return type(x) end\n"
    "  if x ~= x then return 'float nan' end\n"
    "  if math.floor(x) == x and math.abs(x) <= 1 << 53 and not (x == 0 and 1 / x < 0) then\n"
    "    return ('int %d'):format(x)\n"
    "  end\n"
    "  return 'float ' .. hex(string.pack('>d', x))\n"
    "end\n"
    "local function make(i) return values[i]() end\n"
    "local function same(a, b) return a == b and (a ~= 0 or 1 / a == 1 / b) or a ~= a and b ~= b end\n"
    "shared.make_lua, shared.tell_lua = make, tell\n"
    "function shared.take_lua(f, i) return tell(f(i)) end\n"
    "function shared.give_lua(f, i) return f(make(i)) end\n"
    "function shared.echo_lua(x) return x end\n"
    "function shared.back_lua(f, i)\n"
    "  local v = make(i)\n"
    "  local b = f(v)\n"
    "  return tell(b) .. (same(v, b) and '' or ' other')\n"
    "end\n"
    "function shared.box_lua(i) return {x = make(i)} end\n"
    "function shared.list_lua(i) return {make(i)} end\n"
    "function shared.get_lua(b) return tell(b.x) end\n"
    "function shared.fill_lua(b, i) b.x = make(i) end\n"
    "function shared.new_lua() return {} end\n"
    "function shared.keyed_lua(i) return {[make(i)] = 1} end\n"
    "function shared.key_lua(o, i) local k = make(i) if k == nil then k = xlgc.null end o[k] = 1 end\n"
    "function shared.look_lua(o, i)\n"
    "  local k = make(i)\n"
    "  local v = o[k]\n"
    "  return tostring(v ~= nil) .. ' ' .. tell(v)\n"
    "end\n"
    "function shared.drop_lua(o, i) local had = o[make(i)] ~= nil o[make(i)] = nil return had end\n"
    "function shared.size_lua(o) local n = 0 for _ in pairs(o) do n = n + 1 end return n end\n"
    "function shared.first_lua(l) for k, v in pairs(l) do return tell(v) end return 'empty' end\n"
    "function shared.first_key_lua(o) for k in pairs(o) do return tell(k) end return 'empty' end\n"
    "function shared.throw_lua(i) error(make(i), 0) end\n"
    "function shared.caught_lua(f, i)\n"
    "  local _, e = pcall(f, i)\n"
    "  local kind = type(e) == 'userdata' and getmetatable(e)\n"
    "  if type(kind) == 'table' and kind.__name == 'xlgc error' then e = e.original end\n"
    "  return tell(e)\n"
    "end\n",
    "import array, datetime, struct, xlgc\n"
    "def at(us): return datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc) + "
    "datetime.timedelta(microseconds=us)\n"
    "def fixed(format, items): return memoryview(array.array(format, items)).toreadonly()\n"
    "shared = xlgc.shared\n"
    "def tell(x):\n"
    "  if x is None: return 'nil'\n"
    "  if isinstance(x, bool): return str(x).lower()\n"
    "  if isinstance(x, str): return 'text ' + x.encode('utf-8', 'surrogatepass').hex()\n"
    "  if isinstance(x, datetime.datetime): return 'date %d' % ((x - at(0)) // datetime.timedelta(microseconds=1))\n"
    "  if isinstance(x, (bytes, bytearray, array.array, memoryview)):\n"
    "    format = memoryview(x).format\n"
    "    return ('bytes ' if format == 'B' else 'array %s ' % format) + memoryview(x).tobytes().hex()\n"
    "  if isinstance(x, int): return 'int %d' % x\n"
    "  if not isinstance(x, float): return type(x).__name__\n"
    "  if x != x: return 'float nan'\n"
    "  if x.is_integer() and abs(x) <= 2**53 and str(x) != '-0.0': return 'int %d' % x\n"
    "  return 'float ' + struct.pack('>d', x).hex()\n"
    "def same(a, b): return a == b and (a != 0 or str(float(a)) == str(float(b))) or a != a and (b != b or a is b)\n"
    "make = lambda i: values[i]()\n"
    "def back(f, i):\n"
    "  v = make(i)\n"
    "  b = f(v)\n"
    "  return tell(b) + ('' if same(v, b) else ' other')\n"
    "class Box: pass\n"
    "def box(i):\n"
    "  b = Box()\n"
    "  b.x = make(i)\n"
    "  return b\n"
    "def fill(b, i): b.x = make(i)\n"
    "def key(o, i): o[make(i)] = 1\n"
    "def look(o, i):\n"
    "  try: return 'true ' + tell(o[make(i)])\n"
    "  except KeyError: return 'false nil'\n"
    "  except IndexError: return 'false nil'\n"
    "def drop(o, i):\n"
    "  try: del o[make(i)]\n"
    "  except (KeyError, IndexError): return False\n"
    "  return True\n"
    "def first(l):\n"
    "  for v in xlgc.values(l) if isinstance(l, xlgc.Proxy) else l: return tell(v)\n"
    "  return 'empty'\n"
    "def first_key(o):\n"
    "  for k in xlgc.keys(o) if isinstance(o, xlgc.Proxy) else o: return tell(k)\n"
    "  return 'empty'\n"
    "class Thrown(Exception): pass\n"
    "def throw(i): raise Thrown(make(i))\n"
    "def caught(f, i):\n"
    "  try: f(i)\n"
    "  except Thrown as e: return tell(e.args[0])\n"
    "  except xlgc.Error as e: return tell(e.original)\n"
    "for name, value in {'make': make, 'tell': tell, 'take': lambda f, i: tell(f(i)), 'give': lambda f, i: "
    "f(make(i)),\n"
    "    'echo': lambda x: x, 'back': back, 'box': box, 'list': lambda i: [make(i)], 'get': lambda b: tell(b.x),\n"
    "    'fill': fill, 'new': Box, 'keyed': lambda i: {make(i): 1}, 'key': key, 'look': look, 'drop': drop, 'size': "
    "len,\n"
    "    'first': first, 'first_key': first_key, 'throw': throw, 'caught': caught}.items():\n"
    "  setattr(shared, name + '_python', value)\n",
    SCRIPT_OF_BOTH("mozjs") "shared.first_mozjs = l => { for (const v of l) return tell(Array.isArray(v) && "
                            "!Array.isArray(l) ? v[1] : v); return 'empty' };\n"
                            "shared.first_key_mozjs = o => {\n"
                            "  if (o instanceof Map) for (const [k] of o) return tell(k);\n"
                            "  if (Symbol.iterator in o) for (const [k] of o) return tell(k);\n"
                            "  for (const k in o) return tell(k); return 'empty' };\n",
    SCRIPT_OF_BOTH(
        "duktape") "shared.first_duktape = function (l) { var r = 'empty'; if (l instanceof Array) return tell(l[0]);"
                   " xlgc.each(l, function (v) { r = tell(v); return false; }); return r; };\n"
                   "shared.first_key_duktape = function (o) {\n"
                   "  var r = 'empty';\n"
                   "  try { xlgc.each(o, function (v, k) { r = tell(k); return false; }); }\n"
                   "  catch (e) { for (var k in o) return tell(k); }\n"
                   "  return r;\n"
                   "};\n",
};

std::string make_values(unsigned language) {
  std::vector<std::string> expressions;
  for (const row &one : rows)
    expressions.push_back(one.in[language] ? one.in[language] : "");
  return list_of(language, "values", expressions);
}

/* ------------------------------------------------------------------------------- C++ */

int digit_of(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

std::string hex(const std::string &bytes) {
  std::string out;
  for (const char c : bytes) {
    out += "0123456789abcdef"[static_cast<unsigned char>(c) >> 4];
    out += "0123456789abcdef"[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::string unhex(const std::string &text) {
  std::string out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2)
    out += static_cast<char>(digit_of(text[i]) << 4 | digit_of(text[i + 1]));
  return out;
}

/* Digits of one base in another, the sign kept. */
std::string rebase(const std::string &digits, int from, int to) {
  const bool is_below = digits[0] == '-';
  std::vector<int> out;
  for (const char c : digits.substr(is_below)) {
    int carry = digit_of(c);
    for (int &digit : out) {
      carry += digit * from;
      digit = carry % to;
      carry /= to;
    }
    for (; carry; carry /= to)
      out.push_back(carry % to);
  }
  std::string text = is_below ? "-" : "";
  for (auto digit = out.rbegin(); digit != out.rend(); ++digit)
    text += "0123456789abcdef"[*digit];
  return text;
}

double double_of(const std::string &digits) {
  if (digits == "nan") return NAN;
  const uint64_t bits = std::stoull(digits, nullptr, 16);
  double out;
  std::memcpy(&out, &bits, sizeof out);
  return out;
}

/* The value that this is what is told of. */
xlgc::value make_one(const row &one) {
  const std::string told = one.told, rest = told.substr(std::min(told.find(' '), told.size() - 1) + 1);
  switch (one.is) {
  case NIL: return xlgc::value();
  case BOOLEAN: return told == "true";
  case INTEGER:
  case WIDE: return std::stoll(rest);
  case BIG: {
    if (rest[0] != '-' && rest.size() <= 20) return std::stoull(rest);
    const std::string digits = rebase(rest, 10, 16);
    xlgc::value out;
    ok(xlgc_value_copy(out.out(), XLGC_BIG, digits.data(), digits.size()));
    return out;
  }
  case FLOAT: return double_of(rest);
  case TEXT:
  case LONE: return unhex(rest);
  case BYTES: return xlgc::value::bytes(unhex(rest));
  case DATE: return xlgc::value::time_point(std::chrono::microseconds(std::stoll(rest)));
  case ARRAY:
  case MEMORY:
  case BOXED: break; /* of other languages only */
  }
  return xlgc::value();
}

std::string tell_number(double number) {
  if (std::isnan(number)) return "float nan";
  if (std::floor(number) == number && std::fabs(number) <= 0x1p53 && (number != 0 || !std::signbit(number)))
    return "int " + std::to_string(static_cast<int64_t>(number));
  uint64_t bits;
  std::memcpy(&bits, &number, sizeof bits);
  char text[32];
  std::snprintf(text, sizeof text, "float %016llx", static_cast<unsigned long long>(bits));
  return text;
}

std::string tell(const xlgc::value &of) {
  switch (of.type()) {
  case XLGC_NIL: return "nil";
  case XLGC_BOOLEAN: return of.boolean() ? "true" : "false";
  case XLGC_INTEGER: return "int " + std::to_string(of.integer());
  case XLGC_BIG: return "int " + rebase(of.digits(), 16, 10);
  case XLGC_NUMBER: return tell_number(of.number());
  case XLGC_STRING: return "text " + hex(of.text());
  case XLGC_BUFFER: {
    const unsigned elements = of.native()->traits >> XLGC_SORT_SHIFT;
    return (elements ? std::string("array ") + static_cast<char>(elements) + " " : "bytes ") + hex(of.bytes());
  }
  case XLGC_DATE:
    return "date " +
           std::to_string(std::chrono::floor<std::chrono::microseconds>(of.date().time_since_epoch()).count());
  default: return of.type_name();
  }
}

/* Zero is one key, whatever its sign. */
std::string told_key(const xlgc::value &key) {
  const std::string told = tell(key);
  return told == "float 8000000000000000" ? "int 0" : told;
}

/* An object of C++ with one field or element, or one key. */
class box final : public xlgc::scriptable {
public:
  box(xlgc::value key, xlgc::value to, bool is_list = false)
      : key_(std::move(key)), to_(std::move(to)), is_list_(is_list) {}
  bool script_get(const xlgc::value &name, xlgc::value &out) override {
    if (!is(name)) return false;
    out = to_;
    return true;
  }
  void script_set(const xlgc::value &name, const xlgc::value &to) override {
    key_ = name;
    to_ = to;
    has_ = true;
  }
  bool script_remove(const xlgc::value &name) override {
    const bool had = is(name);
    has_ = has_ && !had;
    return had;
  }
  bool script_names(std::vector<xlgc::value> &out) override {
    if (has_ && !is_list_) out.push_back(key_);
    return !is_list_;
  }
  bool script_element(std::size_t at, xlgc::value &out) override {
    if (at || !has_) return false;
    out = to_;
    return true;
  }
  std::size_t script_length() override { return has_; }

private:
  bool is(const xlgc::value &name) const { return has_ && told_key(name) == told_key(key_); }
  xlgc::value key_, to_;
  const bool is_list_;
  bool has_ = true;
};

const row &row_of(int which) { return rows[static_cast<std::size_t>(which)]; }

/* ------------------------------------------------------------------------------ all of them */

struct engines : all_languages {
  engines() : all_languages([](unsigned i) { return std::vector<std::string>{preludes[i], make_values(i)}; }) {
    add_functions();
  }
  xlgc::held get(const std::string &act, unsigned language) { return all_languages::get(act + "_" + names[language]); }
  xlgc::held managed() {
    xlgc::value made;
    xlgc_context *context;
    ok(xlgc_context_here(pool.native(), &context));
    ok(xlgc_managed_create(pool.native(), context, made.out()));
    return xlgc::held(pool, std::move(made));
  }

private:
  template <class Function> void put(const char *name, Function function) {
    all_languages::put(std::string(name) + "_c++", std::move(function));
  }
  void add_functions() {
    put("make", [](int i) { return make_one(row_of(i)); });
    put("tell", [this](const xlgc::value &of) { return tell_all(of); });
    put("take", [this](const xlgc::held &make, int i) { return tell_all(make.call(i)); });
    put("give", [](const xlgc::held &f, int i) { return f.call(make_one(row_of(i))); });
    put("echo", [](const xlgc::held &of) { return of; });
    put("back", [](const xlgc::held &echo, int i) { return tell(echo.call(make_one(row_of(i)))); });
    put("box", [](int i) { return xlgc::make<box>("x", make_one(row_of(i))); });
    put("list", [](int i) { return xlgc::make<box>("x", make_one(row_of(i)), true); });
    put("get", [this](const xlgc::held &of) { return tell_all(of.get<xlgc::held>("x")); });
    put("fill", [](const xlgc::held &of, int i) { of.set("x", make_one(row_of(i))); });
    put("new", [] { return xlgc::make<box>("x", xlgc::value()); });
    put("keyed", [](int i) { return xlgc::make<box>(make_one(row_of(i)), 1); });
    put("key", [](const xlgc::held &of, int i) { of.set(make_one(row_of(i)), 1); });
    put("look", [](const xlgc::held &of, int i) {
      const std::string told = tell(of.get<xlgc::held>(make_one(row_of(i))));
      return (told == "nil" ? "false " : "true ") + told;
    });
    put("drop", [this](const xlgc::held &of, int i) { return xlgc::visit(pool, of).remove(make_one(row_of(i))); });
    put("size", [this](const xlgc::held &of) { return static_cast<int>(xlgc::visit(pool, of).length()); });
    put("first", [this](const xlgc::held &of) { return first(of, false); });
    put("first_key", [this](const xlgc::held &of) { return first(of, true); });
    put("caught", [](const xlgc::held &f, int i) -> std::string {
      try {
        f.call<void>(i);
      } catch (const xlgc::script_error &e) {
        return tell(e.original());
      }
      return "nothing";
    });
  }
  /* Memory is an object, of which there is a copy. */
  std::string tell_all(const xlgc::value &of) {
    return of.is_memory() ? "bytes " + hex(xlgc::visit(pool, of).bytes()) : tell(of);
  }
  std::string first(const xlgc::held &of, bool key) {
    std::string told = "empty";
    xlgc::visit(pool, of).each(
        [&](const xlgc::held &name, const xlgc::held &found) { told = tell_all(key ? name : found); });
    return told;
  }
};

/* ----------------------------------------------------------------------------------- cells */

enum act { ARGUMENT, RESULT, GET, SET, ITERATE, BACK, THROW, MANAGED, KEY, LOOK, DROP, MANAGED_KEY, ACTS };
const char *const acts[ACTS] = {"argument", "result",  "get", "set",     "iterate",         "there and back",
                                "throw",    "managed", "key", "look up", "take away a key", "key of a managed object"};

struct cell {
  unsigned giver, receiver;
  int which;
  int by;
};

std::string act_out(engines &all, const cell &of) {
  const unsigned g = of.giver, r = of.receiver;
  const int i = of.which;
  const auto call = [&](const char *name, unsigned language, auto... arguments) {
    return all.get(name, language).call(arguments...);
  };
  const auto told = [](const xlgc::held &text) { return text.as<std::string>(); };
  switch (of.by) {
  case ARGUMENT: return told(call("give", g, all.get("tell", r), i));
  case RESULT: return told(call("take", r, all.get("make", g), i));
  case GET: return told(call("get", r, call("box", g, i)));
  case SET: {
    const xlgc::held made = call("new", r);
    call("fill", g, made, i);
    return told(call("get", r, made));
  }
  case ITERATE: return told(call("first", r, call("list", g, i)));
  case BACK: return told(call("back", g, all.get("echo", r), i));
  case THROW: return told(call("caught", r, all.get("throw", g), i));
  case MANAGED: {
    const xlgc::held made = all.managed();
    call("fill", g, made, i);
    return told(call("get", r, made));
  }
  case KEY: return told(call("first_key", r, call("keyed", g, i)));
  case LOOK: return told(call("look", r, call("keyed", g, i), i));
  case DROP: {
    const xlgc::held made = call("keyed", g, i);
    const std::string was = tell(call("drop", r, made, i));
    return was + ", " + tell(call("size", g, made)) + " left";
  }
  default: {
    const xlgc::held made = all.managed();
    call("key", g, made, i);
    return told(call("look", r, made, i));
  }
  }
}

/* ------------------------------------------------------------------------- what must come out */

bool is_script(unsigned language) { return language == MOZJS || language == DUKTAPE; }

/* How JavaScript writes a value that is to be a name. */
std::string name_in_script(const row &one, unsigned language) {
  if (one.is == BYTES && language == DUKTAPE) return "[object Uint8Array]";
  static const char *const floats[][2] = {{"float 3ff8000000000000", "1.5"},
                                          {"float 8000000000000000", "0"},
                                          {"float 7ff0000000000000", "Infinity"},
                                          {"float fff0000000000000", "-Infinity"},
                                          {"float nan", "NaN"},
                                          {"float 7e37e43c8800759c", "1e+300"},
                                          {"float 0000000000000001", "5e-324"},
                                          {"float 3fb999999999999a", "0.1"},
                                          {"bytes ff00", "255,0"},
                                          {"bytes edd7ff", "237,215,255"},
                                          {"nil", "null"}};
  const std::string told = one.told;
  for (const auto &of : floats)
    if (told == of[0]) return of[1];
  if (one.is == TEXT || one.is == LONE) return unhex(told.substr(5));
  return one.is == BOOLEAN ? told : told.substr(4);
}

/* Is a name the text of an integer that all JavaScripts have? */
bool is_integer_name(const std::string &name) {
  char *end;
  const long long number = std::strtoll(name.c_str(), &end, 10);
  return std::to_string(number) == name && std::llabs(number) <= 1LL << 53;
}

const char no_wide[] = "an integer beyond 2^53 cannot be passed to Duktape";
const char no_name[] = "a property's name is text, a number or a boolean";

/* What follows answers a value, or the words of an error after a "!". */
std::string expect_key(const cell &of, const row &one) {
  const bool is_nan = std::string(one.told) == "float nan";
  if (of.giver == LUA && one.is == NIL) return "!index is nil";
  if (of.giver == LUA && is_nan) return "!index is NaN";
  if (of.giver == LUA && told_key(make_one(one)) == "int 0") return "int 0";
  if (is_script(of.giver)) return "text " + hex(name_in_script(one, of.giver));
  return one.told;
}

/* Whether a key is found: "true", "false", or an error. */
std::string expect_look(const cell &of, const row &one) {
  const bool is_nan = std::string(one.told) == "float nan", from_script = is_script(of.receiver);
  const std::string key = expect_key(of, one);
  if (key[0] == '!') return key;
  if (is_script(of.giver)) {
    if (!from_script && (one.is == NIL || one.is == BYTES)) return std::string("!") + no_name;
    return one.is == BYTES && of.giver != of.receiver ? "false" : "true";
  }
  if (is_nan) return of.giver == CPP && !from_script ? "true" : "false";
  if (one.is == BYTES && from_script) return "false";
  return "true";
}

/* In an object that the pool manages a name of JavaScript's is the integer that it may be, else text. */
std::string expect_managed_key(const cell &of, const row &one) {
  const bool g = is_script(of.giver), r = is_script(of.receiver), is_nan = std::string(one.told) == "float nan";
  const std::string name = name_in_script(one, of.giver);
  if (!g && one.is == NIL) return "!a field's name is text, bytes, a number or a boolean";
  if (!g && is_nan) return "!a field's name is text, bytes, a number or a boolean";
  if (!g) return one.is == BYTES && r ? "false" : "true";
  if (r) return one.is == BYTES && of.giver != of.receiver ? "false" : "true";
  if (one.is == TEXT || one.is == LONE) return is_integer_name(name) ? "false" : "true";
  return is_integer_name(name) && one.is != BYTES ? "true" : "false";
}

/* How a language has a date or an array: Lua numbers and strings, JavaScript milliseconds, C++ a copy of memory. */
std::string seen_in(const row &one, unsigned language) {
  const std::string told = one.told;
  if (one.is == DATE && language == LUA) return tell_number(std::stod(told.substr(5)) / 1e6);
  if (one.is == DATE && is_script(language))
    return "date " + std::to_string(static_cast<int64_t>(std::floor(std::stod(told.substr(5)) / 1000) * 1000));
  const bool is_copy =
      (one.is == ARRAY && language == LUA) || (one.is == MEMORY && (language == LUA || language == CPP));
  return is_copy ? "bytes " + told.substr(told.rfind(' ') + 1) : told;
}

/* At home it stays the object, unless it was away. */
std::string expect_boxed(const cell &of, const row &one) {
  if (of.giver == of.receiver && of.by != MANAGED) return "object";
  if (std::string(one.told) == "int 18446744073709551616" && of.receiver == DUKTAPE)
    return of.by == THROW ? "nil" : std::string("!") + no_wide;
  return one.told + std::string(of.by == BACK ? " other" : "");
}

std::string expect_large(const cell &of, const row &one) {
  if (one.is == BOXED) return expect_boxed(of, one);
  if (of.by != BACK || of.giver == of.receiver) return seen_in(one, of.by == BACK ? of.giver : of.receiver);
  if (of.receiver == LUA && one.is != DATE) return "!this string is no text";
  const std::string back = one.is == DATE ? seen_in(one, of.receiver) : one.told;
  return back + (back == one.told || of.giver == CPP ? "" : " other");
}

/* A string of Lua's that is no text crosses only where the state says that its strings are bytes. */
bool is_refused_string(const cell &of) {
  if (row_of(of.which).is != BYTES || of.by == THROW) return false;
  const bool g = of.giver == LUA, r = of.receiver == LUA;
  if (of.by == MANAGED || of.by == MANAGED_KEY) return g || (r && of.by == MANAGED_KEY);
  if (of.by == LOOK || of.by == DROP) return r && !g;
  return g != r && (g || of.by == BACK);
}

std::string expect(const cell &of) {
  const row &one = row_of(of.which);
  if (one.is >= DATE) return expect_large(of, one);
  if (is_refused_string(of)) return "!this string is no text";
  const bool is_wide = one.is == WIDE || one.is == BIG;
  if (of.by == LOOK || of.by == DROP || of.by == MANAGED_KEY) {
    const std::string is = of.by == MANAGED_KEY ? expect_managed_key(of, one) : expect_look(of, one);
    if (is[0] == '!') return is;
    if (of.by != DROP) return is == "true" ? "true int 1" : "false nil";
    /* `delete` of JavaScript is true where there is nothing. */
    return (is == "true" || is_script(of.receiver) ? "true, int " : "false, int ") +
           std::string(is == "true" ? "0 left" : "1 left");
  }
  if (of.giver == LUA && one.is == NIL) {
    const bool is_field = of.by == GET || of.by == SET || of.by == MANAGED;
    if (of.by == ITERATE) return "empty";
    if (is_field && of.receiver == PYTHON) return "!has no attribute 'x'";
  }
  const std::string told = of.by == KEY ? expect_key(of, one) : one.told;
  if (of.by == THROW) return is_wide && of.receiver == DUKTAPE ? "nil" : told;
  if (of.by == KEY && is_script(of.giver)) return told;
  return is_wide && of.receiver == DUKTAPE ? std::string("!") + no_wide : told;
}

/* A cell that there is not: the language has no such value, or there is no such act. */
bool is_there(const cell &of) {
  const row &one = row_of(of.which);
  if (of.giver < ENGINES && !one.in[of.giver]) return false;
  /* These are no keys. */
  if (one.is >= DATE && of.by >= KEY) return false;
  if (one.is >= ARRAY && of.giver == CPP) return false;
  const bool makes_its_own = of.by == LOOK || of.by == DROP || of.by == MANAGED_KEY;
  if (makes_its_own && of.receiver < ENGINES && !one.in[of.receiver]) return false;
  if (of.by == THROW) return of.giver != CPP && of.giver != PYTHON;
  return true;
}

std::string said(const cell &of) {
  return std::string(names[of.giver]) + " to " + names[of.receiver] + ", " + acts[of.by] + " of " +
         row_of(of.which).told;
}

enum { VALUES, ERRORS, NOT_THERE, OUTCOMES };

/* Returns what is wrong, or nothing. */
std::string try_cell(engines &all, const cell &of, unsigned counts[OUTCOMES]) {
  if (!is_there(of)) {
    counts[NOT_THERE]++;
    return "";
  }
  const std::string wanted = expect(of);
  std::string got;
  try {
    got = act_out(all, of);
  } catch (const std::exception &thrown) {
    got = std::string("!") + thrown.what();
  }
  counts[wanted[0] == '!' ? ERRORS : VALUES]++;
  const bool is_right =
      wanted[0] == '!' ? got[0] == '!' && got.find(wanted.substr(1)) != std::string::npos : got == wanted;
  return is_right ? "" : said(of) + ": " + got + ", not " + wanted + "\n";
}

START_TEST(every_value_in_every_way) {
  const unsigned giver = static_cast<unsigned>(_i);
  unsigned counts[OUTCOMES] = {0, 0, 0};
  std::string wrong;
  try {
    engines all;
    for (unsigned receiver = 0; receiver < LANGUAGES; receiver++)
      for (int which = 0; which < ROWS; which++)
        for (int by = 0; by < ACTS; by++)
          wrong += try_cell(all, {giver, receiver, which, by}, counts);
  } catch (const std::exception &thrown) {
    ck_abort_msg("%s", thrown.what());
  }
  std::printf("%s", wrong.c_str());
  ck_assert_msg(wrong.empty(), "cells are wrong: see above");
  std::printf("%s gives: %u cells are values, %u errors, %u not there\n", names[giver], counts[VALUES], counts[ERRORS],
              counts[NOT_THERE]);
}
END_TEST

/* With `bytes` all strings of Lua's are, whatever is in them, but for names of fields, which find bytes as well. */
START_TEST(strings_by_choice) {
  try {
    engines all;
    xlgc::language &lua = *all.all[LUA];
    ck_assert(lua.eval("return xlgc.strings()").as<std::string>() == "text");
    ck_assert(lua.eval("return xlgc.strings('bytes')").as<std::string>() == "text");
    all.shared.set("bytes", xlgc::value::bytes("abc"));
    for (unsigned receiver = PYTHON; receiver < LANGUAGES; receiver++)
      for (int which = 0; which < ROWS; which++) {
        const row &one = row_of(which);
        if (one.is != TEXT && one.is != LONE && one.is != BYTES) continue;
        const std::string told = one.told, wanted = "bytes " + told.substr(told.find(' ') + 1);
        for (const int by : {ARGUMENT, RESULT, GET, ITERATE}) {
          const std::string got = act_out(all, {LUA, receiver, which, by});
          ck_assert_msg(got == wanted, "%s: %s, not %s", said({LUA, receiver, which, by}).c_str(), got.c_str(),
                        wanted.c_str());
        }
        const std::string key = act_out(all, {LUA, receiver, which, KEY});
        ck_assert_msg(key == told, "a key: %s, not %s", key.c_str(), told.c_str());
      }
    all.all[PYTHON]->eval("shared.d = {'a': 1, b'b': 2, b'\\xff': 3}\nshared.name = lambda x: type(x).__name__");
    ck_assert_int_eq(lua.eval("local d = shared.d return d.a * 100 + d.b * 10 + d['\\xff']").as<int>(), 123);
    ck_assert(lua.eval("return shared.name('abc')").as<std::string>() == "bytes");
    for (const char *name : {"mozjs", "duktape"})
      ck_assert(
          lua.eval("local one = xlgc.open(...) local r = one.eval('1 + 1', 'named') one.close() return r", "x", name)
              .as<int>() == 2);
    ck_assert(lua.eval("return xlgc.strings('text')").as<std::string>() == "bytes");
    ck_assert(lua.eval("return shared.name('abc')").as<std::string>() == "str");
    ck_assert(!lua.eval("return (pcall(xlgc.strings, 'utf-16'))").as<bool>());
    /* The engine's object has the choice too, for those who open it. */
    ck_assert(all.all[PYTHON]
                  ->eval("import xlgc\nlua = xlgc.open('lua')\nshared.was = lua.strings('bytes')\n"
                         "shared.is_ = lua.eval('return 1, \"a\"')[1] == b'a'\nlua.close()")
                  ->is_nil());
    ck_assert(all.shared.get<bool>("is_") && all.shared.get<std::string>("was") == "text");
  } catch (const std::exception &thrown) {
    ck_abort_msg("%s", thrown.what());
  }
}
END_TEST

/* With `apart` text of any other language is no string in Lua: it goes on as the text that it was, bytes as bytes. */
START_TEST(text_apart) {
  try {
    engines all;
    xlgc::language &lua = *all.all[LUA];
    ck_assert(lua.eval("return xlgc.strings('apart')").as<std::string>() == "text");
    ck_assert(lua.eval("return xlgc.strings()").as<std::string>() == "apart");
    for (const char *const text : {"abc", "", "\xc3\xa9"}) {
      all.shared.set("text", text);
      ck_assert(lua.eval("return type(shared.text)").as<std::string>() == "userdata");
      const xlgc::held back = lua.eval("return shared.text"), told = lua.eval("return tostring(shared.text)");
      ck_assert(back->is_text() && back.as<std::string>() == text);
      ck_assert(told->is_bytes() && told.as<std::string>() == text);
    }
    lua.eval("function back(x, ...) return type(x), x, ... end shared.back = back");
    for (const unsigned script : {MOZJS, DUKTAPE}) {
      all.all[script]->eval("shared.it = shared.back('a')");
      ck_assert_msg(all.all[PYTHON]->eval("shared.it[1] == 'a'").as<bool>(), "%s", names[script]);
    }
    ck_assert(all.all[PYTHON]->eval("shared.back('a', 'b', b'c') == (b'userdata', 'a', 'b', b'c')").as<bool>());
    all.all[PYTHON]->eval("shared.d = {'a': 'x'}\nshared.f = lambda *a: repr(a)");
    ck_assert(lua.eval("return tostring(shared.f('a', shared.d.a))").as<std::string>() == "(b'a', 'x')");
    /* Names are strings, and those of an object's words too. */
    ck_assert(lua.eval("for k, v in pairs(shared.d) do return type(k) .. type(v) end").as<std::string>() ==
              "stringuserdata");
    ck_assert(lua.eval("return type(tostring(shared.d))").as<std::string>() == "string");
    /* What opens a state gives it code, names and files as text. */
    ck_assert(all.all[PYTHON]
                  ->eval("import xlgc\nlua = xlgc.open('lua')\nlua.strings('apart')\n"
                         "shared.is_ = lua.eval('return ...', 'name', 'a') == 'a' and lua.strings('text') == 'apart'\n"
                         "lua.close()")
                  ->is_nil());
    ck_assert(all.shared.get<bool>("is_"));
  } catch (const std::exception &thrown) {
    ck_abort_msg("%s", thrown.what());
  }
}
END_TEST

/* Objects with values in them are no values where a program has made more of them. */
START_TEST(boxed_values) {
  try {
    engines all;
    const auto type = [&](unsigned script, const char *text) {
      all.shared.set("it", all.all[script]->eval(text));
      return all.all[PYTHON]->eval("type(shared.it).__name__").as<std::string>();
    };
    for (const unsigned script : {MOZJS, DUKTAPE}) {
      for (const char *prototype : {"Number.prototype", "String.prototype", "Boolean.prototype", "Date.prototype",
                                    "Object.create(String.prototype)", "Object.create(new String('a'))",
                                    "Object.setPrototypeOf(new Number(1), {})"})
        ck_assert_msg(type(script, prototype).find("Proxy") != std::string::npos, "%s: %s is %s", names[script],
                      prototype, type(script, prototype).c_str());
      /* What scripts change later is theirs. */
      ck_assert(type(script, "String.prototype.valueOf = function () { throw 1; }; new String('a')") == "str");
      ck_assert(type(script, "(function () { return this; }).call('a')") == "str");
      ck_assert(all.all[PYTHON]->eval("shared.it == 'a'").as<bool>());
    }
    ck_assert(type(MOZJS, "(class extends String {}).prototype; new (class Name extends String {})('a')") != "str");
    ck_assert(type(MOZJS, "new (class Day extends Date {})()") != "datetime");
    ck_assert(type(MOZJS, "new Proxy(new Number(1), {})") != "int");
  } catch (const std::exception &thrown) {
    ck_abort_msg("%s", thrown.what());
  }
}
END_TEST

/* In an encoding other than UTF-8 the bytes of a string are another text's, in each way that it crosses. */
START_TEST(strings_in_an_encoding) {
  try {
    engines all;
    xlgc::language &lua = *all.all[LUA];
    ck_assert(lua.eval("return xlgc.strings('ISO-8859-15')").as<std::string>() == "text");
    ck_assert(lua.eval("return xlgc.strings()").as<std::string>() == "ISO-8859-15");
    lua.eval("text, told = '\\xe9a\\xa4', 'text c3a961e282ac'");
    for (unsigned other = PYTHON; other < ENGINES; other++) {
      lua.eval("other = ...", "x", names[other]);
      for (const char *check : {
               "shared['tell_' .. other](text) == told",
               "shared['echo_' .. other](text) == text",
               "shared['get_' .. other]({x = text}) == told",
               "shared['first_' .. other]({text}) == told",
               "shared['first_key_' .. other]({[text] = 1}) == told",
               "shared['caught_' .. other](function() error(text, 0) end, 0) == told",
               "(function() local o = shared['new_' .. other]() o[text] = text return o[text] == text end)()",
               "(function() local o = shared['keyed_' .. other](1) o[text] = 2 "
               "for k, v in pairs(o) do if v == 2 and k == text then return true end end end)()",
           })
        ck_assert_msg(lua.eval(std::string("return ") + check).as<bool>(), "%s: %s", names[other], check);
    }
    ck_assert(lua.eval("local new = xlgc.new{[text] = text} return new[text] == text").as<bool>());
    /* Text that the encoding does not have, and bytes that are no text in it, are refused; bytes stay what they are. */
    for (int which = 0; which < ROWS; which++)
      if (row_of(which).is == LONE || row_of(which).told == std::string("text c3a9e282acf09f9880")) {
        const std::string got =
            lua.eval("local i = ... local _, e = pcall(shared.make_python, i) return e", "x", which).as<std::string>();
        ck_assert_msg(got == "this text cannot be written in ISO-8859-15, as strings of this Lua are", "%s",
                      got.c_str());
      }
    ck_assert(lua.eval("return xlgc.strings('cp1252')").as<std::string>() == "ISO-8859-15");
    ck_assert(lua.eval("local _, e = pcall(shared.tell_python, '\\x81') return e").as<std::string>() ==
              "this string is no text in cp1252, as strings of this Lua are");
    all.shared.set("bytes", xlgc::value::bytes("\x81\xe9"));
    ck_assert(lua.eval("return shared.bytes == '\\x81\\xe9'").as<bool>());
    for (const char *wrong : {"utf-16", "iso-2022-kr", "latin1//IGNORE", "", "\\0"})
      ck_assert(lua.eval("local _, e = pcall(xlgc.strings, '" + std::string(wrong) + "') return e")
                    .as<std::string>()
                    .compare(0, 9, "strings: ") == 0);
    ck_assert(lua.eval("return xlgc.strings('utf-8')").as<std::string>() == "cp1252");
    ck_assert(lua.eval("return xlgc.strings()").as<std::string>() == "text");
  } catch (const std::exception &thrown) {
    ck_abort_msg("%s", thrown.what());
  }
}
END_TEST

/* A number is found by the text that JavaScript writes for it, and by no other. */
START_TEST(names_are_exact) {
  try {
    engines all;
    all.all[PYTHON]->eval("shared.d = {0.1: 1, 5: 2, 1e21: 3, 2**64: 4, -2**64: 5, 1e-7: 6, 1.5: 7, True: 8, None: 9}");
    for (const unsigned script : {MOZJS, DUKTAPE}) {
      xlgc::language &js = *all.all[script];
      for (const char *found :
           {"0.1", "5", "1e+21", "18446744073709551616", "-18446744073709551616", "1e-7", "1.5", "true", "null"})
        ck_assert_msg(js.eval("'" + std::string(found) + "' in shared.d").as<bool>(), "%s: %s", names[script], found);
      for (const char *missing : {"0.10000000000000001",
                                  "0.10",
                                  ".1",
                                  "+5",
                                  "05",
                                  " 5",
                                  "5.0",
                                  "1e21",
                                  "1E+21",
                                  "1e+021",
                                  "018446744073709551616",
                                  "18446744073709551617",
                                  "0.0000001",
                                  "1.5e0",
                                  "True",
                                  "None",
                                  "undefined",
                                  "",
                                  "-",
                                  "1.",
                                  "1.5 ",
                                  "nan",
                                  "1\\x00"})
        ck_assert_msg(!js.eval("'" + std::string(missing) + "' in shared.d").as<bool>(), "%s: %s", names[script],
                      missing);
      all.all[PYTHON]->eval("shared.l = [1]");
      js.eval("var l = shared.l; l[3] = 4; 0");
      ck_assert(all.all[PYTHON]->eval("shared.l == [1, None, None, 4]").as<bool>());
      js.eval("l.length = 1; delete l[-1]; 0");
      ck_assert(all.all[PYTHON]->eval("shared.l == [1]").as<bool>());
      ck_assert(js.eval("l[-1] === undefined").as<bool>());
    }
  } catch (const std::exception &thrown) {
    ck_abort_msg("%s", thrown.what());
  }
}
END_TEST

/* A class whose text has a number in it. */
struct gauge : public xlgc::scripted<gauge> {
  static void script(xlgc::members<gauge> &) {}
  friend std::ostream &operator<<(std::ostream &out, const gauge &) { return out << 1234.5; }
};

/* A locale in which one and a half is 1,5, in a folder of this test's. Returns false where there is no localedef. */
bool set_comma_locale() {
  char folder[] = "/tmp/xlgc-locale-XXXXXX";
  if (!mkdtemp(folder)) return false;
  const std::string path = folder, make = "localedef -i de_DE -f UTF-8 " + path + "/de_DE.UTF-8 2>/dev/null";
  const bool is_made = std::system(make.c_str()) == 0 && setenv("LOCPATH", folder, 1) == 0;
  if (is_made) {
    ck_assert_ptr_nonnull(std::setlocale(LC_ALL, "de_DE.UTF-8"));
    ck_assert_str_eq(std::localeconv()->decimal_point, ",");
    std::locale::global(std::locale("de_DE.UTF-8"));
  }
  ck_assert_int_eq(std::system(("rm -r " + path).c_str()), 0);
  return is_made;
}

START_TEST(names_in_any_locale) {
  __lsan_disable(); /* the C library keeps some of it */
  const bool is_set = set_comma_locale();
  __lsan_enable();
  if (!is_set) {
    std::printf("no locale with a comma was tried: localedef makes none (Debian: package locales)\n");
    return;
  }
  try {
    engines all;
    all.all[PYTHON]->eval("shared.d = {0.1: 1, 1.5: 2, 1e-7: 3, 1.25e300: 4, 5: 5}");
    all.shared.set("gauge", xlgc::make<gauge>());
    for (const unsigned script : {MOZJS, DUKTAPE}) {
      xlgc::language &js = *all.all[script];
      for (const char *found : {"0.1", "1.5", "1e-7", "1.25e+300", "5"})
        ck_assert_msg(js.eval("'" + std::string(found) + "' in shared.d").as<bool>(), "%s: %s", names[script], found);
      ck_assert(!js.eval("'1,5' in shared.d").as<bool>());
      ck_assert(js.eval("shared.d[1.5] === 2").as<bool>());
      ck_assert(js.eval("String(shared.gauge)").as<std::string>() == "1234.5");
    }
    xlgc_hosts_config config;
    const char *why = "";
    ok(xlgc_hosts_configuration(all.pool.native(), &config));
    ok(xlgc_hosts_config_set_text(&config, "max_age", "1.5", &why));
    ck_assert_uint_eq(config.max_age_ns, 1500000000);
    ck_assert_int_eq(xlgc_hosts_config_set_text(&config, "max_age", "1,5", &why), XLGC_E_INVAL);
    ck_assert_int_eq(xlgc_hosts_config_set(&config, "pause", 1.5, &why), XLGC_E_INVAL);
    ck_assert_msg(std::strstr(why, "not 1.5"), "%s", why);
  } catch (const std::exception &thrown) {
    ck_abort_msg("%s", thrown.what());
  }
}
END_TEST

/* The words by which a language says that it has no such thing. */
START_TEST(what_is_not_there) {
  try {
    engines all;
    try {
      all.all[DUKTAPE]->eval("2n");
      ck_abort_msg("Duktape has BigInt");
    } catch (const xlgc::script_error &e) {
      ck_assert_str_eq(e.type().c_str(), "SyntaxError");
    }
    ck_assert(all.all[LUA]->eval("return math.type(2^63)").as<std::string>() == "float");
  } catch (const std::exception &thrown) {
    ck_abort_msg("%s", thrown.what());
  }
}
END_TEST

} // namespace

static Suite *make_suite() {
  Suite *suite = suite_create("hosts_values");
  TCase *cases = trial_case(suite, "values");
  tcase_add_loop_test(cases, every_value_in_every_way, 0, LANGUAGES);
  tcase_add_test(cases, strings_by_choice);
  tcase_add_test(cases, text_apart);
  tcase_add_test(cases, strings_in_an_encoding);
  tcase_add_test(cases, boxed_values);
  tcase_add_test(cases, names_are_exact);
  tcase_add_test(cases, names_in_any_locale);
  tcase_add_test(cases, what_is_not_there);
  return suite;
}

int main() { return trial_run(make_suite()); }
