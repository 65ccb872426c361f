-- `luarocks make` in this folder builds the Lua module by configure and make (packaging/luarocks.sh).
rockspec_format = "3.0"
package = "xlgc"
version = "dev-1"
source = { url = "file://." }
description = {
  summary = "Exact, incremental garbage collection across languages: Lua with Python and JavaScript in one process",
  license = "MIT",
}
dependencies = { "lua >= 5.4, < 5.5" }
build = {
  type = "command",
  build_command = "sh packaging/luarocks.sh build $(PREFIX)",
  install_command = "sh packaging/luarocks.sh install $(PREFIX) $(LIBDIR)",
}
