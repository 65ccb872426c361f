/* `xlgc replay`: runs a trace with a pool and prints what falls. */
#ifndef XLGC_TOOL_REPLAY_H
#define XLGC_TOOL_REPLAY_H

typedef struct replay_options {
  int setting;    /* XLGC_CERTIFIED or XLGC_EXACT */
  int with_check; /* compare with the model */
  int with_stats; /* print all of xlgc_statistics */
} replay_options;

/* Replays what the open descriptor `file` holds; file_name is for messages. Returns the exit status: 0, 1 when the
 * trace has errors, 2 on trouble, 3 when the library and the model differ. */
int replay_run(const replay_options *options, int file, const char *file_name);

#endif
