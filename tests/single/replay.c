/* What `xlgc replay --check` does, for a program that has the library from one file: a setting, and traces, of which each
 * has a line before what is printed of it. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <xlgc.h>

#include "replay.h"

int main(int argc, char **argv) {
  int worst = argc < 3 ? 2 : 0;
  for (int i = 2; i < argc; i++) {
    replay_options options = {.setting = strcmp(argv[1], "exact") == 0 ? XLGC_EXACT : XLGC_CERTIFIED, .with_check = 1};
    int file = open(argv[i], O_RDONLY);
    printf("trace %s\n", argv[i]);
    fflush(stdout);
    int ended = file < 0 ? 2 : replay_run(&options, file, argv[i]);
    if (ended > worst) worst = ended;
  }
  return worst;
}
