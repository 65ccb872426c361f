#!/usr/bin/perl
# perl doc/pages.pl SOURCES OUT HEADER...
#
# Makes a manual page of section 3 for each function, and each object, that these headers of include/ declare, from the
# comment that stands above it there: OUT/NAME.3, and OUT/list with the names. So the contract of a function stands once.
#
# What a comment is made of is known by its words. It begins with what the function does; `name: ` begins what is said of
# a parameter, "Returns", "On error", "Ownership:", "Threads:", "Blocks:" and "Cost:" the other parts. Functions that
# follow each other without a comment or an empty line share one, and a page. A comment with an empty line behind it is
# about all that follow, up to the next of the sort or the next section.
use strict;
use warnings;

my ($top, $out, @headers) = @ARGV;
die "usage: pages.pl SOURCES OUT HEADER...\n" unless @headers;
my $width = 120;

# The page that introduces what a header has.
my %overview = ('xlgc.h' => 'xlgc', 'xlgc/why.h' => 'xlgc', 'xlgc/listen.h' => 'xlgc', 'xlgc/finalizer.h' => 'xlgc', 'xlgc/children.h' => 'xlgc', 'xlgc/scan.h' => 'xlgc',
                'xlgc/cpp.h' => 'xlgc.hpp');

sub slurp {
  my ($name) = @_;
  open my $file, '<', $name or die "$name: $!\n";
  local $/;
  return scalar <$file>;
}

# ---------------------------------------------------------------- headers

# The lines of a comment, without its frame.
sub comment_lines {
  my ($text) = @_;
  $text =~ s{^/\* ?}{};
  $text =~ s{\s*\*/\s*$}{};
  return map { s/^ \* ?//r } split /\n/, $text;
}

# Its paragraphs. A line where the next word would have fitted ends one; so does an empty line. An array is a list, of
# lines that stay as they are.
sub paragraphs {
  my @lines = @_;
  my (@found, $before);
  for (@lines) {
    if (/^\s*$/) { undef $before; next }
    if (/^\s/) {
      push @found, [] unless defined $before && ref $found[-1];
      push @{$found[-1]}, $_;
      $before = $_;
      next;
    }
    my ($word) = /^(\S+)/;
    my $goes_on = defined $before && !ref $found[-1] && 3 + length($before) + 1 + length($word) + 3 > $width;
    if ($goes_on) { $found[-1] .= " $_" } else { push @found, $_ }
    $before = $_;
  }
  return @found;
}

# Arguments, or what else is separated by commas outside of brackets.
sub by_comma {
  my ($text) = @_;
  my ($depth, @parts) = (0, '');
  for (split //, $text) {
    $depth++ if /[(\[{]/;
    $depth-- if /[)\]}]/;
    if ($_ eq ',' && !$depth) { push @parts, '' } else { $parts[-1] .= $_ }
  }
  return map { s/^\s+|\s+$//gr } @parts;
}

# A declaration: its name, its type, and its arguments, if it is a function.
sub declaration {
  my ($text) = @_;
  $text =~ s/\s+/ /g;
  $text =~ s/\b(?:XLGC_API|extern) //g;
  if (my ($type, $name, $arguments) = $text =~ /^(.*?[ *])(xlgc_\w+)\((.*)\);$/) {
    $type =~ s/\s+$//;
    my @arguments = by_comma($arguments);
    my @names = map { /\(\*(\w+)\)/ ? $1 : /(\w+)(?:\[\d*\])?$/ ? $1 : () } @arguments;
    return {name => $name, type => $type, arguments => \@arguments, parameters => \@names};
  }
  if (my ($type, $name) = $text =~ /^(.*?[ *])(xlgc_\w+);$/) {
    return {name => $name, type => $type =~ s/\s+$//r};
  }
  die "not understood: $text\n";
}

# What a header has: its functions in groups that share a comment, and its types by their names.
my (@groups, %types, %errors);
my $declares = qr!(?:extern )?XLGC_API\b[^;]*;!;
my $defines = qr!(?:typedef )?(?:struct|enum)\b[^;{]*[{].*?^[}][^;]*;!ms;
my $token = qr!\G(?:(/\*.*?\*/)|^($declares)|^($defines)|(\n)|(.))!ms;
sub read_header {
  my ($header) = @_;
  my $text = slurp("$top/include/$header");
  while ($text =~ /^ *X\((\w+), -\d+, "(.*?)"\)/mg) { $errors{"XLGC_E_$1"} = $2 }
  my ($section, $note, $comment, $open) = ([], [], undef, 0);
  while ($text =~ /$token/g) {
    my ($words, $declared, $type, $end, $other) = ($1, $2, $3, $4, $5);
    my ($before, $after) = (substr($text, 0, $-[0]), substr($text, $+[0], 200));
    if (defined $words) {
      next unless $before =~ /(?:^|\n)\z/;
      my $alone = $after =~ /^\n\s*\n/;
      if ($words =~ m{^/\* -{8,} (.*?)(?: -*)?\s*(?:\n|\*/)}) {
        my ($title, @lines) = ($1, comment_lines($words));
        shift @lines;
        ($section, $note) = ([$title, @lines ? paragraphs(@lines) : ()], []);
      } elsif ($alone) {
        $note = [paragraphs(comment_lines($words))] if $before =~ /\S/;
      }
      ($comment, $open) = ($alone ? undef : $words, 0);
    } elsif (defined $declared) {
      my $this = declaration($declared);
      if ($open && !defined $comment) {
        push @{$groups[-1]{declared}}, $this;
      } else {
        push @groups, {header => $header, section => $section, note => $note, declared => [$this],
          paragraphs => [defined $comment ? paragraphs(comment_lines($comment)) : ()]};
      }
      ($comment, $open) = (undef, 1);
    } elsif (defined $type) {
      my ($name) = $type =~ /\}\s*(xlgc_\w+)?;\z/;
      ($name) = $type =~ /^struct (xlgc_\w+)/ unless $name;
      $types{$name} = (defined $comment ? "$comment\n" : '') . $type if $name;
      ($comment, $open) = (undef, 0);
    } elsif (defined $end) {
      $open = 0 if $before =~ /\n\z/;
    } elsif ($other !~ /\s/) {
      ($comment, $open) = (undef, 0);
    }
  }
}

# ------------------------------------------------------------------- mdoc

my (%is_page, %own);

sub escaped {
  my ($text) = @_;
  $text =~ s/\\/\\e/g;
  $text =~ s/^([.'])/\\&$1/;
  return $text;
}

# Words as lines of mdoc: a sentence a line, names by their macros.
sub filled {
  my ($text) = @_;
  my @lines = ('');
  my $flush = sub { push @lines, '' if $lines[-1] ne '' };
  for (split /\s+/, $text) {
    next if $_ eq '';
    my ($before, $word, $after) = /^([(\["]?)`?(.*?)`?([.,;:)\]?!"]*)$/;
    my $macro;
    if ($word =~ /^XLGC_[A-Z_]*[A-Z]$/) { $macro = "Dv $word" }
    elsif ($own{$word} && $word =~ /^xlgc_/) { $macro = "Fn $word" }
    elsif ($is_page{$word}) { $macro = "Xr $word 3" }
    elsif ($own{$word} && /`/) { $macro = "Fa $word" }
    elsif (/^[(\["]?`[^`]+`[.,;:)\]?!"]*$/) { $macro = 'Li ' . escaped($word) }
    if ($macro && $before ne '"' && $after !~ /"/) {
      $flush->();
      $lines[-1] = '.' . ($before ne '' ? "Pf $before $macro" : $macro) . join('', map { " $_" } split //, $after);
      push @lines, '';
    } else {
      s/`//g;
      $lines[-1] .= ($lines[-1] eq '' ? '' : ' ') . $_;
      $flush->() if /[.?!][)"]?$/ && !/^(?:e\.g|i\.e)\.$/;
    }
  }
  pop @lines if $lines[-1] eq '';
  return join('', map { (/^\.[A-Z][a-z]/ ? $_ : escaped($_)) . "\n" } @lines);
}

# Paragraphs, with or without one before them.
sub text_of {
  my @parts = @_;
  my $text = '';
  for (@parts) {
    $text .= ".Pp\n" if $text ne '' && !ref && $text !~ /\.Ed\n\z/;
    $text .= ref ? literal(@$_) : filled($_);
  }
  return $text;
}

sub literal {
  return ".Bd -literal\n" . join('', map { escaped($_) . "\n" } @_) . ".Ed\n";
}

# The parts of a comment: of paragraphs, what the function does; of parameters; and the others by their first word.
sub parts_of {
  my ($parameters, @paragraphs) = @_;
  my $name = @$parameters ? join('|', map { quotemeta } @$parameters) : '(?!)';
  my $marker = qr/(?:(?:$name)(?:, (?:$name))*|Ownership|Threads|Blocks|Cost): |Returns |On error /;
  my (@does, @of, %other);
  for my $paragraph (@paragraphs) {
    if (ref $paragraph) { push @does, $paragraph; next }
    for my $part (split /(?:^|(?<=[.;)]) )(?=$marker)/, $paragraph) {
      next if $part eq '';
      if ($part =~ /^(Ownership|Threads|Blocks|Cost): (.*)/s) { push @{$other{$1}}, ucfirst $2 }
      elsif ($part =~ /^(Returns|On error) /) { push @{$other{$1}}, $part }
      elsif ($part =~ /^((?:$name)(?:, (?:$name))*): (.*)/s) { push @of, [$1, $2] }
      else { push @does, $part }
    }
  }
  return (\@does, \@of, \%other);
}

# What the page is called in lists of pages: the first sentence, in short.
sub in_short {
  my ($does) = @_;
  my ($first) = grep { !ref } @$does;
  return undef unless defined $first;
  $first =~ s/(?:\.|(\?)) .*/$1 || ''/es;
  $first =~ s/[.:]$//;
  $first =~ s/: .*// if length $first > 75;
  $first =~ s/[,;] .*// if length $first > 90;
  $first =~ s/`//g;
  return $first =~ /^[A-Z][a-z]|^A / ? lcfirst $first : $first;
}

sub page {
  my ($group, $date) = @_;
  my @declared = @{$group->{declared}};
  my %parameter;
  $parameter{$_} = 1 for map { @{$_->{parameters} || []} } @declared;
  %own = (%parameter, map { ($_->{name} => 1) } @declared);
  my ($does, $of, $other) = parts_of([sort keys %parameter], @{$group->{paragraphs}});
  my ($title, @about) = @{$group->{section}};
  my ($about, undef, $for_all) = parts_of([], @about);
  push @{$other->{'On error'}}, @{$for_all->{'On error'}} if $for_all->{'On error'};
  $other->{$_} ||= $for_all->{$_} for keys %$for_all;
  my $short = in_short($does);
  my @names = map { $_->{name} } @declared;
  die "$group->{header}: the comment of $names[0] does not begin with what it does, in words that stand alone\n"
    if !defined $short || $short =~ /^(?:it|its|they|the same|\w+ (?:it|them))\b/i;
  my $overview = $overview{$group->{header}} || 'xlgc-' . $group->{header} =~ s{.*/(\w+)\.h}{$1}r;

  my $page = ".\\\" Made by doc/pages.pl from include/$group->{header}.\n.Dd $date\n.Dt \U$names[0]\E 3\n.Os\n.Sh NAME\n";
  $page .= join(" ,\n", map { ".Nm $_" } @names) . "\n.Nd " . escaped($short) . "\n";
  $page .= ".Sh SYNOPSIS\n.In $group->{header}\n";
  for my $this (@declared) {
    if ($this->{arguments}) {
      $page .= ".Ft $this->{type}\n.Fo $this->{name}\n" . join('', map { ".Fa \"$_\"\n" } @{$this->{arguments}}) . ".Fc\n";
    } else {
      $page .= ".Vt extern $this->{type} $this->{name} ;\n";
    }
  }
  $page .= ".Sh DESCRIPTION\n" . text_of(@$does);
  if (@$of) {
    $page .= ".Bl -tag -width Ds\n" . join('', map { ".It Fa " . join(' , ', split /, /, $_->[0]) . "\n" . filled($_->[1]) } @$of) . ".El\n";
  }
  for ('Ownership', 'Threads', 'Blocks', 'Cost') {
    $page .= ".Ss $_\n" . text_of(@{$other->{$_}}) if $other->{$_};
  }
  if (@{$group->{note}}) {
    $page .= ".Ss This and the functions beside it\n" . text_of(@{$group->{note}});
  }
  if (@$about) {
    $page .= ".Ss All functions of the section \\(dq$title\\(dq\n" . text_of(@$about);
  }
  my %used;
  for my $this (@declared) {
    $used{$_} = 1 for grep { $types{$_} } "$this->{type} @{$this->{arguments} || []}" =~ /(xlgc_\w+)/g;
  }
  for (sort keys %used) {
    $page .= ".Ss The type $_\n" . literal(split /\n/, $types{$_});
  }
  if ($other->{Returns}) {
    $page .= ".Sh RETURN VALUES\n" . filled(join ' ', @{$other->{Returns}});
  } elsif ($other->{'On error'} && $declared[0]{type} eq 'int') {
    $page .= ".Sh RETURN VALUES\nReturns 0, or a negative code on error.\n";
  }
  my $errors = join ' ', map { ucfirst s/^On error //r } @{$other->{'On error'} || []};
  my %code = map { ($_ => 1) } grep { $errors{$_} } "$errors @{$other->{Returns} || []}" =~ /(XLGC_E_[A-Z_]+)/g;
  if ($errors ne '' || %code) {
    $page .= ".Sh ERRORS\n" . filled($errors);
    $page .= ".Bl -tag -width Ds\n" . join('', map { ".It Dv $_\n" . filled($errors{$_}) } sort keys %code) . ".El\n" if %code;
  }
  my %see = map { ($_ => 1) } grep { $is_page{$_} && !$own{$_} } join(' ', map { ref ? @$_ : $_ } @{$group->{paragraphs}}) =~ /\b(xlgc_\w+)/g;
  my @see = ($overview, $overview eq 'xlgc' ? () : 'xlgc', sort keys %see);
  $page .= ".Sh SEE ALSO\n" . join(" ,\n", map { ".Xr $_ 3" } sort @see) . "\n";
  return $page;
}

# -------------------------------------------------------------------- all

read_header($_) for @headers;
my ($date) = slurp("$top/doc/xlgc.3") =~ /^\.Dd (.*)/m;
my @names;
for my $group (@groups) {
  push @names, map { $_->{name} } @{$group->{declared}};
}
%is_page = map { ($_ => 1) } @names;
sub write_to {
  my ($name, $text) = @_;
  open my $file, '>', "$out/$name" or die "$out/$name: $!\n";
  print $file $text;
  close $file or die "$out/$name: $!\n";
}
for my $group (@groups) {
  my ($first, @others) = map { $_->{name} } @{$group->{declared}};
  my $page = page($group, $date);
  write_to("$_.3", $page) for $first, @others;
}
write_to('list', join('', map { "$_\n" } sort @names));
