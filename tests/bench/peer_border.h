/* The peer of the row `border`: a binding of Lua and Python, and of a C++ class in Lua, by hand, as one would write it
 * for these uses: what crosses is pinned, nothing knows of rings, and each crossing makes a new object. */
#ifndef PEER_BORDER_H
#define PEER_BORDER_H

#include <Python.h>
#include <lua.hpp>

/* A Python object that holds a global of Lua in the registry: to be called, read, written and gone through. Returns a
 * new reference, or NULL. */
PyObject *border_into_python(lua_State *L, const char *global);
/* Sets a global of Lua to a userdata that holds the object until it is collected, and calls it. */
void border_into_lua(lua_State *L, const char *global, PyObject *object);
/* Sets a global of Lua to a function that makes an object of C++, with the method `add`. */
void border_class_into_lua(lua_State *L, const char *global);

#endif
