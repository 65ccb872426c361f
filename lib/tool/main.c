/* The `xlgc` command: looks at its arguments and hands over to the subcommand. */
#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <xlgc.h>

#include "doctor.h"
#include "replay.h"

enum { STATUS_TROUBLE = 2 };

static const char help[] =
    "usage: xlgc replay [--setting exact|certified] [--check] [--stats] FILE\n"
    "       xlgc doctor [--json]\n"
    "       xlgc --help\n"
    "       xlgc --version\n"
    "\n"
    "replay: a trace of links is replayed with a pool, and the objects that are orphaned are printed, in order, under\n"
    "the flush that told them. FILE is the trace, - standard input.\n"
    "\n"
    "  -s, --setting=SETTING  how objects are kept certified: certified (the default) or exact; both print the same\n"
    "  -c, --check            compare every step with a plain breadth-first model, and stop at the first difference\n"
    "  -S, --stats            print all counters of the pool before the summary\n"
    "doctor: what was built, which engines are found and where, and whether they and what the library wants of the\n"
    "system work.\n"
    "\n"
    "  -j, --json             print that as JSON\n"
    "\n"
    "  -h, --help             print this help\n"
    "  -V, --version          print the version\n"
    "\n"
    "A trace has one operation a line; a name is any text without white space and stands for an object from its\n"
    "first use until the object is gone:\n"
    "  # TEXT                 a comment\n"
    "  pin A, unpin A         A is kept alive by decree; counted\n"
    "  link A B, unlink A B   A holds B; counted\n"
    "  keep A                 when A is orphaned next, it asks to be kept until the flush after\n"
    "  flush                  all before is applied and orphans are told: prints `orphan A` for each\n"
    "  distance A             prints `distance A N`, the least number of links from a root to A, or - for N\n"
    "  path A                 prints `path A HOLDER... ROOT`, a shortest chain of holders, or - for the chain\n"
    "An object is a root while it is pinned, and before its first pin or link into it. The end of the trace flushes.\n"
    "\n"
    "Exit status: 0; 1 when the trace has errors, which are printed as `error LINE: what is wrong` on standard\n"
    "error, or when something that was built does not work; 2 on bad arguments and when a file cannot be read or "
    "memory\n"
    "is out; 3 when --check finds a difference.\n";

static int usage_error(void) {
  fputs("Try 'xlgc --help'.\n", stderr);
  return STATUS_TROUBLE;
}

static int print_help(void) {
  fputs(help, stdout);
  return 0;
}

static int print_version(void) {
  printf("xlgc %s\n", xlgc_version());
  return 0;
}

static int replay(int argc, char **argv) {
  static const struct option long_options[] = {
      {"setting", required_argument, NULL, 's'}, {"check", no_argument, NULL, 'c'},   {"stats", no_argument, NULL, 'S'},
      {"help", no_argument, NULL, 'h'},          {"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0},
  };
  replay_options options = {.setting = XLGC_CERTIFIED};
  for (int option; (option = getopt_long(argc, argv, "s:cShV", long_options, NULL)) != -1;) {
    switch (option) {
    case 's':
      if (strcmp(optarg, "exact") == 0) {
        options.setting = XLGC_EXACT;
      } else if (strcmp(optarg, "certified") == 0) {
        options.setting = XLGC_CERTIFIED;
      } else {
        fprintf(stderr, "xlgc: there is no setting '%s', only exact and certified.\n", optarg);
        return usage_error();
      }
      break;
    case 'c': options.with_check = 1; break;
    case 'S': options.with_stats = 1; break;
    case 'h': return print_help();
    case 'V': return print_version();
    default: return usage_error();
    }
  }
  if (argc - optind != 1) {
    fprintf(stderr, "xlgc: replay takes one FILE, or - for standard input; here are %d.\n", argc - optind);
    return usage_error();
  }
  const char *file_name = argv[optind];
  if (strcmp(file_name, "-") == 0) return replay_run(&options, STDIN_FILENO, "standard input");
  int file = open(file_name, O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    fprintf(stderr, "xlgc: cannot open %s: %s\n", file_name, strerror(errno));
    return STATUS_TROUBLE;
  }
  int status = replay_run(&options, file, file_name);
  close(file);
  return status;
}

static int doctor(int argc, char **argv) {
  static const struct option long_options[] = {
      {"json", no_argument, NULL, 'j'},
      {"help", no_argument, NULL, 'h'},
      {"version", no_argument, NULL, 'V'},
      {NULL, 0, NULL, 0},
  };
  int with_json = 0;
  for (int option; (option = getopt_long(argc, argv, "jhV", long_options, NULL)) != -1;) {
    switch (option) {
    case 'j': with_json = 1; break;
    case 'h': return print_help();
    case 'V': return print_version();
    default: return usage_error();
    }
  }
  if (argc == optind) return doctor_run(with_json);
  fprintf(stderr, "xlgc: doctor takes no arguments; here are %d.\n", argc - optind);
  return usage_error();
}

static int run(int argc, char **argv) {
  static const struct option long_options[] = {
      {"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0}};
  char *program = argv[0];
  switch (getopt_long(argc, argv, "+hV", long_options, NULL)) {
  case 'h': return print_help();
  case 'V': return print_version();
  case -1: break;
  default: return usage_error();
  }
  if (optind == argc) {
    fputs("xlgc: say what to do: replay or doctor.\n", stderr);
    return usage_error();
  }
  int is_replay = strcmp(argv[optind], "replay") == 0;
  if (!is_replay && strcmp(argv[optind], "doctor") != 0) {
    fprintf(stderr, "xlgc: there is no command '%s', only replay and doctor.\n", argv[optind]);
    return usage_error();
  }
  argv += optind;
  argc -= optind;
  argv[0] = program;
  optind = 0; /* starts getopt over */
  return is_replay ? replay(argc, argv) : doctor(argc, argv);
}

int main(int argc, char **argv) {
  int status = run(argc, argv);
  if (fflush(stdout) == 0 && !ferror(stdout)) return status;
  fprintf(stderr, "xlgc: cannot write the output: %s\n", strerror(errno));
  return STATUS_TROUBLE;
}
