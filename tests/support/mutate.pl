# perl mutate.pl FILE...: prints all small changes to these C sources, one a line, the fields separated by tabs:
#   FILE, number of the line, what is changed, the line as it is, the line as it becomes (both without outer blanks).
# A line's code is what is outside of comments, strings and the preprocessor; invariants, which are checks, stay.
use strict;
use warnings;

# Blanks out what is no code, so that positions stay.
sub code_of {
  my ($text) = @_;
  my $blank = sub { my $t = shift; $t =~ s/[^\n]/\x01/g; $t };
  $text =~ s{(/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|^[ \t]*\#(?:\\\n|[^\n])*)}{$blank->($1)}gems;
  return $text;
}

my %other = ('<' => '<=', '<=' => '<', '>' => '>=', '>=' => '>', '==' => '!=', '!=' => '==', '&&' => '||', '||' => '&&',
             '++' => '--', '--' => '++', '+=' => '-=', '-=' => '+=', '|=' => '&=', ' + ' => ' - ', ' - ' => ' + ',
             'true' => 'false', 'false' => 'true');

foreach my $file (@ARGV) {
  open(my $in, '<', $file) or die "$file: $!\n";
  my $text = do { local $/; <$in> };
  close $in;
  my @lines = split /\n/, $text;
  my @code = split /\n/, code_of($text);
  for my $i (0 .. $#lines) {
    my ($line, $code) = ($lines[$i], $code[$i] // '');
    next if $code !~ /^ / || $code =~ /XLGC__INVARIANT|XLGC__YIELD|XLGC__CHECK|_Static_assert|memory_order/;
    my $give = sub {
      my ($what, $becomes) = @_;
      (my $from = $line) =~ s/^\s+|\s+$//g;
      (my $to = $becomes) =~ s/^\s+|\s+$//g;
      print join("\t", $file, $i + 1, $what, $from, $to), "\n" if $from ne $to && $from !~ /\t/;
    };
    my $swap = sub { my ($at, $length, $new) = @_; my $l = $line; substr($l, $at, $length) = $new; $l };
    while ($code =~ /(<=|>=|==|!=|&&|\|\||\+\+|--|\+=|-=|\|=|(?<=\w) [-+] (?=\w)|(?<= )[<>](?= )|\btrue\b|\bfalse\b)/g) {
      $give->("$1 to $other{$1}", $swap->($-[1], length $1, $other{$1}));
    }
    while ($code =~ /(?<![\w.])([01])(?![\w.])/g) {
      $give->("$1 to " . (1 - $1), $swap->($-[1], 1, 1 - $1));
    }
    # A condition on one line, with what belongs to it in balance.
    if ($code =~ /^\s*(?:\} else )?(?:if|while) (\((?:[^()]++|(?1))*\))/) {
      my ($at, $end) = ($-[1], $+[1]);
      $give->('condition negated', $swap->($at, $end - $at, '(!' . substr($line, $at, $end - $at) . ')'));
    }
    # A statement that declares nothing and hands nothing back.
    if ($code =~ /^\s+([a-z_][\w.>\[\]-]*(?:\(.*\)| [-+|&^]?= .*|\+\+|--)|\(?\*[\w>.()-]+ = .*);$/ && $code !~ /^\s+(?:return|break|else|case)\b/ ||
        $code =~ /^\s+(?:if \(.*\) )(\w[\w.>\[\]-]*(?:\(.*\)| = .*));$/) {
      my $at = $-[1];
      $give->('statement dropped', $swap->($at, $+[1] - $at, '(void)0')) if defined $1;
    }
  }
}
