# How long dead rings through two languages wait for their end, by preset: from 1 to 99 of 100, and the longest.
packages="g++ python3 $(language_packages lua python mozjs duktape)"
peers="the promise: max_age, and a second for the collection"
# shellcheck source=/dev/null
. "$bench/rows/hosts.inc"
build() { build_hosts && build_python; }
# A histogram of all waits, a curve for each case.
draw() {
  gnuplot_svg 500 <<EOF
set title "$row: how long dead rings wait"
set xlabel "ms"
set ylabel "rings, in a tenth of a decade"
set logscale x
set grid
set key outside
file = '$objects/latency.waits'
stats file using 2 nooutput
bin(x) = 10 ** (floor(log10(x) * 10) / 10.0)
plot for [i = 0:STATS_blocks - 2] file index i using (bin(\$2)):(1) smooth frequency with histeps lw 2 \\
  title system("awk -F '\\\\t' 'BEGIN { n = ".i." } NF == 0 { blank++ } blank == 2 * n && NF { print \$1; exit }' ".file)
EOF
}
# shellcheck disable=SC2086 # $quick may be empty
run_row() { run_python "$bench/latency.py" $quick "$objects/latency.waits"; }
