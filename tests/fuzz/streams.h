/* Stands before all that the command is made of (lib/tool), so that it reads from memory and prints there: a fuzzer
 * calls it thousands of times a second, and reports on standard error itself. */
#ifndef STREAMS_H
#define STREAMS_H

#include <config.h>

#include <stdio.h>
#include <unistd.h>

extern FILE *streams_output, *streams_errors;
ssize_t streams_read(int file, void *bytes, size_t size);

#ifdef STREAMS_IN_COMMAND
#undef stdout
#undef stderr
#define stdout streams_output
#define stderr streams_errors
#define printf(...) fprintf(streams_output, __VA_ARGS__)
#define putchar(character) putc(character, streams_output)
#define read(file, bytes, size) streams_read(file, bytes, size)
#endif

#endif
