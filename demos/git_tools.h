/* What the demo `git` says to the user, and its small tools. */
#ifndef GIT_TOOLS_H
#define GIT_TOOLS_H

#include <git2.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>

enum { EXIT_USAGE = 2, SHOWN = 20 };

/* Ends the program with a sentence. */
void fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3), noreturn));
/* These do so when the code is negative, or the memory NULL. */
void must(int code, const char *what);
void must_git(int code, const char *what, const char *which);
void *must_have(void *memory);
/* The last error of libgit2. */
const char *git_complaint(void);

struct text {
  char s[GIT_OID_HEXSZ + 1];
};
struct text hex(const git_oid *oid);
/* 1234567 as "1,234,567". */
struct text grouped(uint64_t number);

/* A line that comes and goes, on a terminal only. */
void show_progress(const char *what, uint64_t number);
void clear_progress(void);

double seconds(void);
/* sprintf into new memory. */
char *written(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Room for one more item at the end of an array. */
void *one_more(void *array, size_t count, size_t *room, size_t item_bytes);

/* A file's bytes with a 0 behind them, to be freed; NULL when there is no such file. size_bytes: may be NULL. */
char *read_file(const char *path, size_t *size_bytes);
/* Writes a new file. */
FILE *create_file(const char *path);
void close_file(FILE *file, const char *path);

#endif
