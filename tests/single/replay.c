/* What `xlgc replay --check` does, for a program that has the library from one file. */
#include <fcntl.h>
#include <string.h>

#include <xlgc.h>

#include "replay.h"

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  replay_options options = {.setting = strcmp(argv[1], "exact") == 0 ? XLGC_EXACT : XLGC_CERTIFIED, .with_check = 1};
  int file = open(argv[2], O_RDONLY);
  return file < 0 ? 2 : replay_run(&options, file, argv[2]);
}
