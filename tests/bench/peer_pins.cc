#include "peer_pins.h"

/* ------------------------------------------------------------ Python in Lua */

static int finalize(lua_State *L) {
  Py_XDECREF(*static_cast<PyObject **>(lua_touserdata(L, 1)));
  return 0;
}

static void push(lua_State *L, PyObject *object);

static int call(lua_State *L) {
  PyObject *result = PyObject_CallNoArgs(*static_cast<PyObject **>(luaL_checkudata(L, 1, "pinned")));
  if (!result) {
    PyErr_Clear();
    return luaL_error(L, "Python has raised an error");
  }
  if (PyLong_Check(result))
    lua_pushinteger(L, PyLong_AsLongLong(result));
  else if (result == Py_None)
    lua_pushnil(L);
  else
    push(L, result);
  Py_DECREF(result);
  return 1;
}

static void push(lua_State *L, PyObject *object) {
  PyObject **place = static_cast<PyObject **>(lua_newuserdatauv(L, sizeof *place, 0));
  *place = object;
  Py_INCREF(object);
  if (luaL_newmetatable(L, "pinned")) {
    lua_pushcfunction(L, finalize);
    lua_setfield(L, -2, "__gc");
    lua_pushcfunction(L, call);
    lua_setfield(L, -2, "__call");
  }
  lua_setmetatable(L, -2);
}

void pins_into_lua(lua_State *L, const char *global, PyObject *object) {
  push(L, object);
  lua_setglobal(L, global);
}

/* ------------------------------------------------------------ Lua in Python */

struct pinned {
  PyObject_HEAD lua_State *L;
  int reference;
};

static void free_pinned(PyObject *self) {
  pinned *one = reinterpret_cast<pinned *>(self);
  luaL_unref(one->L, LUA_REGISTRYINDEX, one->reference);
  PyTypeObject *type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

static PyObject *call_pinned(PyObject *self, PyObject *, PyObject *) {
  pinned *one = reinterpret_cast<pinned *>(self);
  lua_rawgeti(one->L, LUA_REGISTRYINDEX, one->reference);
  if (lua_pcall(one->L, 0, 1, 0) != LUA_OK) {
    lua_pop(one->L, 1);
    PyErr_SetString(PyExc_RuntimeError, "Lua has raised an error");
    return nullptr;
  }
  PyObject *result = PyLong_FromLongLong(lua_tointeger(one->L, -1));
  lua_pop(one->L, 1);
  return result;
}

PyObject *pins_into_python(lua_State *L, const char *global) {
  static PyType_Slot slots[] = {{Py_tp_dealloc, reinterpret_cast<void *>(free_pinned)},
                                {Py_tp_call, reinterpret_cast<void *>(call_pinned)},
                                {0, nullptr}};
  static PyType_Spec spec = {"bench.pinned", sizeof(pinned), 0, Py_TPFLAGS_DEFAULT, slots};
  static PyObject *type;
  if (!type) type = PyType_FromSpec(&spec);
  if (!type) return nullptr;
  PyObject *self = PyType_GenericAlloc(reinterpret_cast<PyTypeObject *>(type), 0);
  if (!self) return nullptr;
  pinned *one = reinterpret_cast<pinned *>(self);
  one->L = L;
  lua_getglobal(L, global);
  one->reference = luaL_ref(L, LUA_REGISTRYINDEX);
  return self;
}
