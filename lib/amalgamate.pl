#!/usr/bin/perl
# perl lib/amalgamate.pl SOURCES BUILD OUT UTHASH FILE...
#
# Makes the core of the library one file, OUT/xlgc.c, with its header OUT/xlgc.h, from the C files of lib/ that are given.
# A program compiles the one and includes the other; nothing needs to be configured. What it includes of uthash, from
# the folder UTHASH, stands in it with its licence. Names that a file has for itself, such as static functions, get a
# number where another file has the same.
use strict;
use warnings;

my ($top, $build, $out, $uthash, @files) = @ARGV;
die "usage: amalgamate.pl SOURCES BUILD OUT UTHASH FILE...\n" unless @files;

sub slurp {
  my ($name) = @_;
  open my $file, '<', $name or die "$name: $!\n";
  local $/;
  return scalar <$file>;
}

# Text of comments and strings is no code.
my $no_code = qr{/\*.*?\*/|//[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'}s;

# What a file defines at its top level for itself, in the layout that clang-format gives.
sub own_names {
  my ($text) = @_;
  $text =~ s{/\*.*?\*/}{}gs;
  $text =~ s/_Atomic\(([^()]*)\)/$1/g;
  my %names;
  $names{$1} = 1 while $text =~ /^static\b[^;={(]*?\b(\w+)\(/mg;
  $names{$1} = 1 while $text =~ /^\}\s*(\w+)\s*(?:\[[^\]]*\])*\s*(?:=|;)/mg;
  $names{$1} = 1 while $text =~ /^static\b[^\n]*\}\s*(\w+)\s*(?:\[[^\]]*\])*\s*(?:=|;)/mg;
  while ($text =~ /^static\b([^({}=;]*?)\s*(?:=|;)/mg) {
    for (split /,/, $1) { $names{$1} = 1 if /(\w+)\s*(?:\[[^\]]*\]\s*)*$/ }
  }
  while ($text =~ /^(?:typedef )?enum\s*\w*\s*\{(.*?)\}/msg) {
    for (split /,/, $1) { $names{$1} = 1 if /^\s*(\w+)/ }
  }
  $names{$1} = 1 while $text =~ /^(?:typedef |static |const )*(?:struct|enum|union) (\w+) \{/mg;
  $names{$1} = 1 while $text =~ /^typedef [^{;]*\b(\w+);/mg;
  $names{$1} = 1 while $text =~ /^typedef [^{;]*\(\*(\w+)\)/mg;
  $names{$1} = 1 while $text =~ /^\s*#\s*define\s+(\w+)/mg;
  delete @names{qw(static const struct enum union), grep { /^xlgc_/i } keys %names};
  return \%names;
}

# Not members of records.
sub rename_in {
  my ($text, $names, $number) = @_;
  return $text unless %$names;
  my $any = join '|', map { quotemeta } sort keys %$names;
  $text =~ s{($no_code)|(?<![.\w])(?<!->)($any)\b}{defined $1 ? $1 : "${2}_$number"}ge;
  return $text;
}

my (%text, %own, %owners, $headers);
for (@files) {
  $text{$_} = slurp("$top/$_");
  $own{$_} = own_names($text{$_});
  $owners{$_}++ for keys %{$own{$_}};
}
for my $name (grep { !/:/ } glob("$top/lib/*/*.h $top/include/*.h $top/include/xlgc/*.h $uthash/uthash.h $uthash/utlist.h")) {
  $headers .= slurp($name);
}
my %in_headers;
$in_headers{$_} = 1 for $headers =~ /\b(\w+)\b/g;

# A header stands where it is included first. Of uthash, a file sets what it wants to have otherwise; where it is included
# again, the rest is set anew.
my (%seen, $options, %options);
my $text_of_uthash = slurp("$uthash/uthash.h");
while ($text_of_uthash =~ /^(#ifndef ((?:uthash|HASH)_\w+)\n#define \2\b[^\n]*\n#endif)/mg) {
  $options .= "$1\n";
  $options{$2} = 1;
}
sub expand {
  my ($text) = @_;
  $text =~ s{^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">][^\n]*\n}{include($1, $2, $&)}gme;
  return $text;
}
sub include {
  my ($quote, $name, $line) = @_;
  return '' if $name eq 'config.h';
  return $seen{$name}++ ? '' : "#include \"xlgc.h\"\n" if $name eq 'xlgc.h';
  my $from = $quote eq '"' ? "$top/lib/$name" : $name =~ /^ut(?:hash|list)\.h$/ ? "$uthash/$name" : undef;
  $from = -e "$top/include/$name" ? "$top/include/$name" : "$build/include/$name" if $name =~ m{^xlgc/};
  return $line unless defined $from;
  return $name eq 'uthash.h' ? $options : '' if $seen{$name}++;
  return expand(slurp($from));
}

my $licence = slurp("$top/COPYING");
my $intro = "xlgc in one file. Made by lib/amalgamate.pl from the sources of the library, which are to be changed instead.";
mkdir $out;

open my $header, '>', "$out/xlgc.h" or die "$out/xlgc.h: $!\n";
print $header "/* $intro\n\n$licence*/\n", expand(slurp("$top/include/xlgc.h"));
close $header or die "$out/xlgc.h: $!\n";

# cpp.h stands in the source, so that the header is C only.
open my $source, '>', "$out/xlgc.c" or die "$out/xlgc.c: $!\n";
print $source "/* $intro\n   cc -c xlgc.c -pthread\n\n$licence*/\n", <<'END';
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif
#ifndef XLGC_BUILDING
#define XLGC_BUILDING 1
#endif
#if defined(_WIN32) && !defined(__USE_MINGW_ANSI_STDIO)
#define __USE_MINGW_ANSI_STDIO 1
#endif
#ifdef __linux__
#define HAVE_SYS_EVENTFD_H 1
#define HAVE_DECL_MADV_HUGEPAGE 1
#else
#define HAVE_DECL_MADV_HUGEPAGE 0
#endif
END
# Some file includes it under a condition.
print $source "\n", expand("#include <utlist.h>\n");
my $number = 0;
for my $file (@files) {
  $number++;
  my %twice = map { $_ => 1 } grep { !$options{$_} && ($owners{$_} > 1 || $in_headers{$_}) } keys %{$own{$file}};
  my $text = rename_in($text{$file}, \%twice, $number);
  my @macros = $text{$file} =~ /^\s*#\s*define\s+(\w+)/mg;
  print $source "\n/* ---- $file */\n", expand($text);
  my %undefined = map { ($twice{$_} ? "${_}_$number" : $_) => 1 } @macros;
  %undefined = (%undefined, %options) if $text =~ /<uthash\.h>/;
  print $source "#undef $_\n" for sort keys %undefined;
}
close $source or die "$out/xlgc.c: $!\n";
