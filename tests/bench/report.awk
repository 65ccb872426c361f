# What the bench programs print (see measure.h) as a table and as JSON.
#
#   awk -f report.awk -v json=FILE -v quick=true|false -v missed_file=FILE
#
# Each line is shown and appended to the JSON file as it comes; in the end the number of targets that were missed goes
# to a file of its own.

BEGIN { FS = "\t"; missed = 0 }

function figure(value) {
  if (value >= 1000) return sprintf("%.0f", value)
  return value >= 100 ? sprintf("%.1f", value) : sprintf("%.2f", value)
}

function figures(middle, least, greatest) {
  return sprintf("%8s %-17s", figure(middle), "(" figure(least) ".." figure(greatest) ")")
}

function escaped(text) {
  gsub(/\\/, "\\\\", text)
  gsub(/"/, "\\\"", text)
  return text
}

NF != 13 {
  print "tests/bench/run: not a result: " $0 > "/dev/stderr"
  broken = 1
  next
}

{
  ratio = $5 > 0 ? sprintf("%.4g", $9 / $5) : "null" # beside a count of 0 there is none
  target = met_word = "null"
  if ($12 > 0) {
    met = $5 > 0 ? $9 / $5 >= $12 * (1 - $13) : $9 > 0
    missed += !met
    target = $12
    met_word = met ? "true" : "false"
    least = $12 * (1 - $13)
    verdict = sprintf(">= %-4s %s", least < 1 ? sprintf("%.2g", least) : least, met ? "met" : "MISSED")
  } else {
    verdict = "-"
  }
  printf "%-17s %-19s %8s %s %-20s %s %-9s %7s  %s\n", $1, $2, $3, figures($5, $6, $7), $8, figures($9, $10, $11), $4,
         ratio == "null" ? "-" : sprintf("%.2f", ratio), verdict
  printf "{\"bench\":\"%s\",\"case\":\"%s\",\"n\":%s,\"xlgc\":%s,\"peer\":\"%s\",\"peer_value\":%s,\"ratio\":%s," \
         "\"unit\":\"%s\",\"xlgc_min\":%s,\"xlgc_max\":%s,\"peer_min\":%s,\"peer_max\":%s,\"target\":%s,\"met\":%s," \
         "\"quick\":%s}\n", escaped($1), escaped($2), $3, $5, escaped($8), $9, ratio, escaped($4), $6, $7, $10, $11,
         target, met_word, quick >> json
  fflush()
}

END {
  if (missed_file) print missed > missed_file
  exit broken ? 1 : 0
}
