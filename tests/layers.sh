#!/bin/sh
# The includes in lib/ follow lib/LAYERS; the command in lib/tool/, and a language in lib/hosts/ that is not listed there,
# know only their own headers, those of hosts/common/ and the public ones.
: "${top_srcdir:=.}"
cd "$top_srcdir" || exit 1

# shellcheck disable=SC2046 # a list
awk '
  function complain(text) { print FILENAME ":" FNR ": " text; bad = 1 }

  FILENAME == "lib/LAYERS" {
    if (NF == 0 || $1 ~ /^#/) next
    if ($1 == "only") { only[$2] = 1; for (i = 3; i <= NF; i++) may[$2, $i] = 1; next }
    if (NF < 2) complain("a line without a sentence")
    if ($1 ~ /\/$/) folder = $1
    else level[folder $1] = ++levels
    next
  }

  FNR == 1 {
    files++
    first = 1
    name = FILENAME
    sub(/^lib\//, "", name)
    is_source = name ~ /\.cc?$/
    sub(/\.(c|h|cc|hh)$/, "", name)
    outside = name ~ /^(tool|hosts\/(lua|python|mozjs|duktape))\// && !(name in level)
    if (outside) ;
    else if (!(name in level)) complain("is not in lib/LAYERS")
    else seen[name] = 1
  }

  /^[ \t]*#[ \t]*include/ {
    header = $0
    sub(/^[ \t]*#[ \t]*include[ \t]*["<]/, "", header)
    sub(/[">].*/, "", header)
    if (is_source && !outside && first && header != "config.h") complain("config.h is included first")
    if (!is_source && header == "config.h") complain("a header does not include config.h")
    first = 0
    if (outside) {
      if (index(header, "/") && $0 ~ /"/ && header !~ /^hosts\/common\//) complain("includes " header)
      next
    }
    if (header in only && !((header, name) in may)) complain(name " is not one of those that may include " header)
    if ($0 !~ /"/) next
    module = header
    if (!sub(/\.h$/, "", module) || !(module in level)) complain("includes " header ", which is not in lib/LAYERS")
    else if (level[module] > level[name]) complain("includes " header ", which is not above it")
  }

  END {
    for (name in level) if (!(name in seen)) { print "lib/LAYERS: " name " is not there"; bad = 1 }
    if (!levels || !files) { print "nothing was looked at"; bad = 1 }
    print files " files, " levels " modules"
    exit bad
  }
' lib/LAYERS $(find lib -name '*.[ch]' -o -name '*.cc' -o -name '*.hh')
