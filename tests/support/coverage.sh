#!/bin/sh
# sh tests/support/coverage.sh BUILD
#
# What the tests have run of lib/ since BUILD was made with gcc --coverage: for each folder its files, lines and branches,
# and which part of them was taken. Branches by which only an exception of C++ leaves are not counted. The files of the
# engine are all but the languages and the command.
top=$(cd "$(dirname "$0")/../.." && pwd) || exit 1
build=${1:?"usage: sh tests/support/coverage.sh BUILD"}

rm -f "$build"/*conftest.gcno # configure's
gcovr --root "$top" --object-directory "$build" --filter "$top/lib/" --exclude-throw-branches "$build" --csv - |
  awk -F, '
    function add(key) {
      files[key]++
      lines[key] += $2
      lines_taken[key] += $3
      branches[key] += $5
      branches_taken[key] += $6
    }
    function part(taken, all) { return all ? sprintf("%.1f %%", 100 * taken / all) : "-" }
    function show(name, key) {
      printf "%-20s %6d %7d %8s %9d %9s\n", name, files[key], lines[key], part(lines_taken[key], lines[key]), branches[key],
        part(branches_taken[key], branches[key])
    }
    NR == 1 { next }
    {
      folder = $1
      sub("/[^/]*$", "", folder)
      if (!(folder in files)) order[++count] = folder
      add(folder)
      if (folder !~ /^lib\/(hosts|tool)/) add("engine")
      add("all")
    }
    END {
      if (!files["all"]) exit 1
      printf "%-20s %6s %7s %8s %9s %9s\n", "folder", "files", "lines", "taken", "branches", "taken"
      for (i = 2; i <= count; i++)
        for (j = i; j > 1 && order[j] < order[j - 1]; j--) {
          swap = order[j]
          order[j] = order[j - 1]
          order[j - 1] = swap
        }
      for (i = 1; i <= count; i++) show(order[i], order[i])
      show("the engine", "engine")
      show("lib/ in all", "all")
    }'
