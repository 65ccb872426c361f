#!/bin/sh
# The includes in lib/ follow lib/layers.txt; the command in lib/tool/ and the hosts in lib/hosts/ know only the public
# headers.
: "${top_srcdir:=.}"
cd "$top_srcdir" || exit 1

# What a language is made of includes its own headers and public ones.
languages=$(find lib/hosts/*/ -name '*.[ch]' -o -name '*.cc' -o -name '*.hh')

# shellcheck disable=SC2086 # a list
awk '
  function complain(text) { print FILENAME ":" FNR ": " text; bad = 1 }
  function included(line) { sub(/^[ \t]*#[ \t]*include[ \t]*["<]/, "", line); sub(/[">].*/, "", line); return line }

  FILENAME == "lib/layers.txt" {
    if ($1 == "layer") { levels++; for (i = 2; i <= NF; i++) level[$i] = levels }
    else if ($1 == "entry") level[$2] = 1000
    else if ($1 == "only") { only[$2] = 1; for (i = 3; i <= NF; i++) may[$2, $i] = 1 }
    else if (NF > 0 && $1 !~ /^#/) complain("unknown word: " $1)
    next
  }

  FNR == 1 {
    files++
    first = 1
    tool = FILENAME ~ /^lib\/(tool|hosts)\//
    name = FILENAME
    sub(/.*\//, "", name)
    is_source = name ~ /\.cc?$/
    sub(/\.(c|h|cc|hh)$/, "", name)
    if (!tool && !(name in level)) complain("is not in lib/layers.txt")
  }

  /^[ \t]*#[ \t]*include/ {
    header = included($0)
    if (is_source && !tool && first && header != "config.h") complain("config.h is included first")
    if (!is_source && header == "config.h") complain("a header does not include config.h")
    first = 0
    if (tool) {
      if (index(header, "/") && $0 ~ /"/) complain("includes " header)
      next
    }
    if (header in only && !((header, name) in may)) complain(name " is not one of those that may include " header)
    layer = header
    if ($0 !~ /"/ || header == "xlgc.h" || header == "config.h") next
    if (!sub(/\.h$/, "", layer) || !(layer in level)) complain("includes " header ", which is no layer")
    else if (level[layer] > level[name] || level[layer] == 1000) complain("includes " header ", which is not above it")
  }

  END {
    if (!levels || !files) { print "nothing was looked at"; bad = 1 }
    print files " files, " levels " layers"
    exit bad
  }
' lib/layers.txt lib/*.[ch] lib/tool/*.[ch] lib/hosts/*.[ch] $languages
