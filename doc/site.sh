#!/bin/sh
# sh doc/site.sh SOURCES FUNCTIONS OUT VERSION
#
# Makes a site of all that is to be read: README is its first page, with a list of the others; the guides and the other
# texts of doc/; the manual pages, with those of the functions, which are in the folder FUNCTIONS; the pictures.
set -e
sources=$1 functions=$2 out=$3 version=$4
for tool in mandoc lowdown; do
  command -v $tool >/dev/null || { echo "make html needs $tool; on Debian: apt-get install $tool" >&2; exit 1; }
done
rm -rf "$out"
mkdir -p "$out/man" "$out/guides"
out=$(cd "$out" && pwd)
cp "$sources"/doc/*.svg "$out"

cat >"$out/style.css" <<'END'
body { max-width: 60em; margin: 2em auto; padding: 0 1em; font: 16px/1.5 sans-serif; }
pre, code { font-family: monospace; font-size: 14px; }
pre { background: #f4f4f4; padding: .7em 1em; overflow: auto; }
table { border-collapse: collapse; } td, th { padding: .2em .6em; vertical-align: top; text-align: left; }
img { max-width: 100%; }
a { text-decoration: none; } a:hover { text-decoration: underline; }
END

# text FILE OUT TITLE UP: a page of Markdown. What follows on the standard input comes behind it.
text() {
  {
    echo "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>$3</title>"
    echo "<link rel=\"stylesheet\" href=\"$4style.css\"></head><body>"
    test -z "$4$5" || echo "<p><a href=\"$4index.html\">xlgc $version</a></p>"
    lowdown -thtml "$1" | sed 's/\(href="[^":]*\)\.md\(["#]\)/\1.html\2/g'
    cat
    echo "</body></html>"
  } >"$2"
}

# manual FILE: a page of the manual, in the present folder. A function that it names leads to its page.
manual() {
  mandoc -Thtml -O style=../style.css,man='%N.%S.html;https://manpages.debian.org/%N.%S' "$1" |
    sed 's|<code class="Fn">\(xlgc_[a-z_]*\)</code>|<a href="\1.3.html">&</a>|g' >"$1.html"
}

# link FILE WORDS
link() { echo "<li><a href=\"$1\">$2</a></li>"; }
# about FILE: what a manual page says of itself.
about() { sed -n 's/^\.Nd //p' "$1" | head -n 1 | sed -e 's/\\&//g' -e 's/</\&lt;/g'; }

cp "$sources"/doc/xlgc*.[13] "$functions"/*.3 "$out/man"
cd "$out/man"
for page in *.[13]; do manual "$page"; done
cd - >/dev/null

for guide in "$sources"/doc/guides/*.md; do
  name=$(basename "$guide" .md)
  text "$guide" "$out/guides/$name.html" "$(sed -n 's/^# //p;1q' "$guide")" ../ </dev/null
done
for page in "$sources"/doc/*.md; do
  name=$(basename "$page" .md)
  text "$page" "$out/$name.html" "$(sed -n 's/^# //p;1q' "$page")" '' inside </dev/null
done

{
  echo "<h2>All pages</h2><h3>Guides</h3><ul>"
  for guide in "$sources"/doc/guides/*.md; do
    link "guides/$(basename "$guide" .md).html" "$(sed -n 's/^# //p;1q' "$guide")"
  done
  echo "</ul><h3>Texts</h3><ul>"
  for page in "$sources"/doc/*.md; do link "$(basename "$page" .md).html" "$(sed -n 's/^# //p;1q' "$page")"; done
  echo "</ul><h3>Manual pages</h3><ul>"
  for page in "$sources"/doc/xlgc*.[13]; do
    name=$(basename "$page")
    link "man/$name.html" "$name: $(about "$page")"
  done
  echo "</ul><h3>Functions and objects</h3><ul>"
  while read -r name; do link "man/$name.3.html" "$name: $(about "$functions/$name.3")"; done <"$functions/list"
  echo "</ul><h3>Pictures</h3>"
  for picture in "$sources"/doc/*.svg; do
    echo "<p><img src=\"$(basename "$picture")\" alt=\"$(basename "$picture" .svg)\"></p>"
  done
} | text "$sources/README" "$out/index.html" "xlgc $version" '' ''
rm -f "$out"/man/*.[13]
