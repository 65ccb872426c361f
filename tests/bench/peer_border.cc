#include "peer_border.h"

#include <new>

static PyTypeObject *pinned_type, *cursor_type;

struct pinned {
  PyObject_HEAD lua_State *L;
  int reference;
};

/* ------------------------------------------------------------------ values */

/* Takes the value on top of the stack. */
static PyObject *pop_object(lua_State *L) {
  PyObject *made = nullptr;
  size_t length;
  switch (lua_type(L, -1)) {
  case LUA_TNIL: made = Py_NewRef(Py_None); break;
  case LUA_TNUMBER: made = PyLong_FromLongLong(lua_tointeger(L, -1)); break;
  case LUA_TSTRING: {
    const char *text = lua_tolstring(L, -1, &length);
    made = PyUnicode_DecodeUTF8(text, static_cast<Py_ssize_t>(length), nullptr);
    break;
  }
  default:
    made = PyType_GenericAlloc(pinned_type, 0);
    if (!made) break;
    reinterpret_cast<pinned *>(made)->L = L;
    reinterpret_cast<pinned *>(made)->reference = luaL_ref(L, LUA_REGISTRYINDEX);
    return made;
  }
  lua_pop(L, 1);
  return made;
}

static int finalize(lua_State *L) {
  Py_XDECREF(*static_cast<PyObject **>(lua_touserdata(L, 1)));
  return 0;
}
static int call(lua_State *L);

static void push(lua_State *L, PyObject *object) {
  if (object == Py_None) {
    lua_pushnil(L);
  } else if (PyLong_Check(object)) {
    lua_pushinteger(L, PyLong_AsLongLong(object));
  } else if (PyUnicode_Check(object)) {
    Py_ssize_t length;
    const char *text = PyUnicode_AsUTF8AndSize(object, &length);
    lua_pushlstring(L, text ? text : "", text ? static_cast<size_t>(length) : 0);
  } else if (Py_TYPE(object) == pinned_type) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, reinterpret_cast<pinned *>(object)->reference);
  } else {
    PyObject **place = static_cast<PyObject **>(lua_newuserdatauv(L, sizeof *place, 0));
    *place = Py_NewRef(object);
    if (luaL_newmetatable(L, "border")) {
      lua_pushcfunction(L, finalize);
      lua_setfield(L, -2, "__gc");
      lua_pushcfunction(L, call);
      lua_setfield(L, -2, "__call");
    }
    lua_setmetatable(L, -2);
  }
}

/* ------------------------------------------------------------ Python in Lua */

static int call(lua_State *L) {
  PyObject *result = PyObject_CallNoArgs(*static_cast<PyObject **>(luaL_checkudata(L, 1, "border")));
  if (!result) {
    PyErr_Clear();
    return luaL_error(L, "Python has raised an error");
  }
  push(L, result);
  Py_DECREF(result);
  return 1;
}

void border_into_lua(lua_State *L, const char *global, PyObject *object) {
  push(L, object);
  lua_setglobal(L, global);
}

/* ------------------------------------------------------------ Lua in Python */

static PyObject *raise(lua_State *L) {
  lua_pop(L, 1);
  PyErr_SetString(PyExc_RuntimeError, "Lua has raised an error");
  return nullptr;
}

static void free_pinned(PyObject *self) {
  pinned *one = reinterpret_cast<pinned *>(self);
  luaL_unref(one->L, LUA_REGISTRYINDEX, one->reference);
  PyTypeObject *type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

static PyObject *call_pinned(PyObject *self, PyObject *arguments, PyObject *) {
  pinned *one = reinterpret_cast<pinned *>(self);
  Py_ssize_t count = PyTuple_GET_SIZE(arguments);
  lua_rawgeti(one->L, LUA_REGISTRYINDEX, one->reference);
  for (Py_ssize_t i = 0; i < count; i++)
    push(one->L, PyTuple_GET_ITEM(arguments, i));
  return lua_pcall(one->L, static_cast<int>(count), 1, 0) ? raise(one->L) : pop_object(one->L);
}

static int read_field(lua_State *L) {
  lua_gettable(L, 1);
  return 1;
}
static PyObject *get_pinned(PyObject *self, PyObject *name) {
  pinned *one = reinterpret_cast<pinned *>(self);
  lua_pushcfunction(one->L, read_field);
  lua_rawgeti(one->L, LUA_REGISTRYINDEX, one->reference);
  push(one->L, name);
  return lua_pcall(one->L, 2, 1, 0) ? raise(one->L) : pop_object(one->L);
}

static int write_field(lua_State *L) {
  lua_settable(L, 1);
  return 0;
}
static int set_pinned(PyObject *self, PyObject *name, PyObject *value) {
  pinned *one = reinterpret_cast<pinned *>(self);
  lua_pushcfunction(one->L, write_field);
  lua_rawgeti(one->L, LUA_REGISTRYINDEX, one->reference);
  push(one->L, name);
  push(one->L, value ? value : Py_None);
  if (!lua_pcall(one->L, 3, 0, 0)) return 0;
  raise(one->L);
  return -1;
}

/* Through the values of a list. */
struct cursor {
  PyObject_HEAD PyObject *list;
  lua_Integer at;
};
static PyObject *begin(PyObject *self) {
  PyObject *made = PyType_GenericAlloc(cursor_type, 0);
  if (made) reinterpret_cast<cursor *>(made)->list = Py_NewRef(self);
  return made;
}
static PyObject *next(PyObject *self) {
  cursor *at = reinterpret_cast<cursor *>(self);
  pinned *one = reinterpret_cast<pinned *>(at->list);
  lua_rawgeti(one->L, LUA_REGISTRYINDEX, one->reference);
  bool ends = lua_geti(one->L, -1, ++at->at) == LUA_TNIL;
  lua_remove(one->L, -2);
  if (!ends) return pop_object(one->L);
  lua_pop(one->L, 1);
  return nullptr;
}
static void free_cursor(PyObject *self) {
  Py_XDECREF(reinterpret_cast<cursor *>(self)->list);
  PyTypeObject *type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

template <class Function> static PyType_Slot slot(int number, Function function) {
  return {number, reinterpret_cast<void *>(function)};
}

static void make_types() {
  static PyType_Slot slots[] = {slot(Py_tp_dealloc, free_pinned), slot(Py_tp_call, call_pinned),
                                slot(Py_tp_getattro, get_pinned), slot(Py_tp_setattro, set_pinned),
                                slot(Py_tp_iter, begin),          {0, nullptr}};
  static PyType_Spec spec = {"bench.border", sizeof(pinned), 0, Py_TPFLAGS_DEFAULT, slots};
  static PyType_Slot cursor_slots[] = {
      slot(Py_tp_dealloc, free_cursor), slot(Py_tp_iter, PyObject_SelfIter), slot(Py_tp_iternext, next), {0, nullptr}};
  static PyType_Spec cursor_spec = {"bench.cursor", sizeof(cursor), 0, Py_TPFLAGS_DEFAULT, cursor_slots};
  if (pinned_type) return;
  pinned_type = reinterpret_cast<PyTypeObject *>(PyType_FromSpec(&spec));
  cursor_type = reinterpret_cast<PyTypeObject *>(PyType_FromSpec(&cursor_spec));
}

PyObject *border_into_python(lua_State *L, const char *global) {
  make_types();
  if (!pinned_type || !cursor_type) return nullptr;
  lua_getglobal(L, global);
  return pop_object(L);
}

/* ------------------------------------------------------------ C++ in Lua */

namespace {
struct counter {
  long long value = 0;
  long long add(long long more) { return value += more; }
};
} // namespace

static counter *counter_at(lua_State *L) { return static_cast<counter *>(luaL_checkudata(L, 1, "counter")); }
static int add(lua_State *L) {
  lua_pushinteger(L, counter_at(L)->add(luaL_checkinteger(L, 2)));
  return 1;
}
static int destroy(lua_State *L) {
  counter_at(L)->~counter();
  return 0;
}
static int make(lua_State *L) {
  new (lua_newuserdatauv(L, sizeof(counter), 0)) counter;
  luaL_setmetatable(L, "counter");
  return 1;
}

void border_class_into_lua(lua_State *L, const char *global) {
  luaL_newmetatable(L, "counter");
  lua_newtable(L);
  lua_pushcfunction(L, add);
  lua_setfield(L, -2, "add");
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, destroy);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  lua_pushcfunction(L, make);
  lua_setglobal(L, global);
}
