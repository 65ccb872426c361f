/* The peer of the row `hosts`: a binding between Lua and Python that pins, as one would write it by hand for objects that
 * are called. A ring through both leaks. */
#ifndef PEER_PINS_H
#define PEER_PINS_H

#include <Python.h>
#include <lua.hpp>

/* Sets a global of Lua to a userdata that holds the object until it is collected, and calls it when it is called;
 * integers cross by value, None as nil, and others as such userdata. */
void pins_into_lua(lua_State *L, const char *global, PyObject *object);
/* A Python object that holds a global of Lua in the registry, and calls it. Returns a new reference, or NULL. */
PyObject *pins_into_python(lua_State *L, const char *global);

#endif
