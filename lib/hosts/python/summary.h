/* The summary of the interpreter. */
#ifndef XLGC_HOSTS_PYTHON_SUMMARY_H
#define XLGC_HOSTS_PYTHON_SUMMARY_H

#include <xlgc/host.h>

/* The adapter's `summarise`. */
int xlgc__python_summary_take(void *engine, xlgc_summary *summary);
/* Frees what is kept between summaries. */
void xlgc__python_summary_forget(void);

#endif
