# What `locality --lines` prints, as lines for report.awk: the certified setting at each n beside itself at the least n,
# with a target at the greatest, and beside the exact setting where that was run at the same n.
#
#   awk -f locality.awk -v exact_target=RATIO
#
# A run that touched too many links was stopped, and what it touched is what it touched until then: '+' says so.

BEGIN { FS = "\t"; OFS = "\t" }

NF != 8 || $5 < 1 {
  print "locality.awk: not a result: " $0 > "/dev/stderr"
  broken = 1
  exit 1
}

{
  name = $4 > 1 ? $1 ", by " $4 : $1
  # An event that touches nothing at all counts as one link in all events: there is no ratio to 0.
  figure = ($6 > 0 ? $6 : 1) / $5
  if (!(name in known)) {
    known[name] = 1
    names[++count] = name
  }
  value[name, $3, $2] = figure
  mark[name, $3, $2] = $8 ? "+" : ""
  if ($3 == "certified") {
    if (!least || $2 < least) least = $2
    if ($2 > greatest) greatest = $2
  }
}

function show(name, n, peer, other, target, tolerance,    own) {
  own = sprintf("%.6g", value[name, "certified", n])
  other = sprintf("%.6g", other)
  print "locality", name mark[name, "certified", n], n, "links/event", own, own, own, peer, other, other, other, target,
        tolerance
}

END {
  if (broken) exit 1
  for (i = 1; i <= count; i++) {
    name = names[i]
    for (n = least * 10; n <= greatest; n *= 10)
      if ((name, "certified", n) in value)
        show(name, n, "itself, n = " least, value[name, "certified", least], (n == greatest ? 1 : 0), 1 - 1 / 1.3)
    for (n = least; n <= greatest; n *= 10)
      if ((name, "exact", n) in value && (name, "certified", n) in value)
        show(name, n, "exact" mark[name, "exact", n], value[name, "exact", n], exact_target, 0)
  }
}
