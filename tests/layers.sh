#!/bin/sh
# lib/LAYERS holds: a file of lib/ includes, and calls, only what stands above it there. The names of its functions begin
# with its own. The hosts include nothing from inside of the library but hosts/common/ and their own folder, and
# what is inline in base/text, base/metric, table/tree and hosts/core/chain. The command in lib/tool/ knows only its own headers and the public ones.
: "${top_srcdir:=.}" "${top_builddir:=$top_srcdir}" "${NM:=nm}"

work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# What the objects of the build define and want, a line each: the module, the kind of symbol, its name. A build may have
# each object twice, with and without position independence, and those of files that are gone.
symbols() {
  find "$top_builddir"/lib -name '*_la-*.o' -exec $NM -A -g -C {} + | awk -v lib="$top_builddir/lib/" -v sources="$top_srcdir/lib/" '
    function is_source(module,   line) {
      if (!(module in known)) known[module] = (getline line <(sources module ".c")) > 0 || (getline line <(sources module ".cc")) > 0
      return known[module]
    }
    {
      at = index($0, ".o:")
      module = substr($0, length(lib) + 1, at - length(lib) - 1)
      sub(/\.libs\//, "", module)
      sub(/[a-z_0-9]*_la-/, "", module)
      if (module ~ /^tool\// || module ~ /\/xlgc\// || !is_source(module)) next
      symbol = substr($0, at + 3)
      if (!match(symbol, /^[0-9a-f ]* [A-Za-z] /)) next
      kind = substr(symbol, RLENGTH - 1, 1)
      symbol = substr(symbol, RLENGTH + 1)
      sub(/[([ ].*/, "", symbol)
      if (symbol ~ /^xlgc_/ || kind == "T") print module, kind, symbol
    }' | sort -u
}
symbols >"$work/symbols"

cd "$top_srcdir" || exit 1
# shellcheck disable=SC2046 # a list
awk '
  function complain(text) { print FILENAME ":" FNR ": " text; bad = 1 }
  function fault(module, text) { print "lib/" module ": " text; bad = 1 }
  function folder_of(module) { sub(/[^\/]*$/, "", module); return module }
  function name_of(module) { sub(/.*\//, "", module); return module }
  BEGIN { inline["base/text"] = inline["base/metric"] = inline["table/tree"] = inline["hosts/core/chain"] = 1 }

  # A module, the prefixes of its names in brackets if there are others than its own, and a sentence.
  FILENAME == "lib/LAYERS" {
    if (NF == 0 || $1 ~ /^#/) next
    if ($1 == "only") { only[$2] = 1; for (i = 3; i <= NF; i++) may[$2, $i] = 1; next }
    if (NF < 2) complain("a line without a sentence")
    if ($1 ~ /\/$/) { folder = $1; next }
    module = folder $1
    level[module] = ++levels
    prefixes[module] = $1
    if ($0 ~ /^ *[a-z_0-9]+ \[/) {
      text = $0
      sub(/^[^[]*\[/, "", text)
      sub(/\].*/, "", text)
      prefixes[module] = prefixes[module] " " text
    }
    next
  }

  FILENAME == symbols {
    if (!($1 in level)) next
    objects[$1] = 1
    if ($2 == "U") { wants[$1, $3] = 1; next }
    if ($2 !~ /[TDBRCGS]/) next
    defines[$3] = $1
    next
  }

  FNR == 1 {
    files++
    first = 1
    module = FILENAME
    sub(/^lib\//, "", module)
    is_source = module ~ /\.cc?$/
    sub(/\.(c|h|cc|hh)$/, "", module)
    is_tool = module ~ /^tool\//
    if (is_tool) ;
    else if (!(module in level)) complain("is not in lib/LAYERS")
    else seen[module] = 1
  }

  /^[ \t]*#[ \t]*include/ {
    header = $0
    sub(/^[ \t]*#[ \t]*include[ \t]*["<]/, "", header)
    sub(/[">].*/, "", header)
    if (is_source && !is_tool && first && header != "config.h") complain("config.h is included first")
    if (!is_source && header == "config.h") complain("a header does not include config.h")
    first = 0
    if (is_tool) {
      if (index(header, "/") && $0 ~ /"/) complain("includes " header)
      next
    }
    if (header in only && !((header, module) in may)) complain(module " is not one of those that may include " header)
    if ($0 !~ /"/) next
    above = header
    if (!sub(/\.h$/, "", above) || !(above in level)) complain("includes " header ", which is not in lib/LAYERS")
    else if (level[above] > level[module]) complain("includes " header ", which is not above it")
    else if (module ~ /^hosts\// && folder_of(above) != folder_of(module) && above !~ /^hosts\/common\// && !(above in inline))
      complain("includes " header ", which is inside of the library")
  }

  # Is this what a function or variable of the module may be called?
  function is_named(symbol, module,   i, count, word, language) {
    gsub(/::/, "_", symbol)
    language = folder_of(module)
    if (symbol ~ /^xlgc_[^_]/ || symbol ~ /^(PyInit|luaopen)_xlgc$/) return module ~ /^(api|hosts)\//
    if (language == "hosts/core/") language = "host_"
    else if (language ~ /^hosts\/(lua|python|mozjs|duktape)\//) { sub(/^hosts\//, "", language); sub(/\//, "_", language) }
    else language = ""
    count = split(prefixes[module], word, " ")
    for (i = 1; i <= count; i++)
      if (index(symbol "_", "xlgc__" language word[i] "_") == 1) return 1
    return 0
  }

  END {
    for (module in level) if (!(module in seen)) fault(module, "is in lib/LAYERS, and not there")
    for (symbol in defines) {
      named++
      if (!is_named(symbol, defines[symbol])) fault(defines[symbol], symbol " does not begin with the name of its module")
    }
    for (pair in wants) {
      split(pair, part, SUBSEP)
      if (part[2] in defines && part[2] ~ /^xlgc_[^_]/ && part[1] !~ /^hosts\//) fault(part[1], "calls the public " part[2])
      if (!(part[2] in defines) || level[defines[part[2]]] <= level[part[1]]) continue
      fault(part[1], "wants " part[2] " of lib/" defines[part[2]] ", which is not above it")
    }
    for (module in objects) built++
    if (!levels || !files) { print "nothing was looked at"; bad = 1 }
    print files " files, " levels " modules, " built + 0 " of them built, with " named + 0 " names"
    exit bad
  }
' symbols="$work/symbols" lib/LAYERS "$work/symbols" $(find lib -name '*.[ch]' -o -name '*.cc' -o -name '*.hh')
