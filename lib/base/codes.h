/* Error codes in words. */
#ifndef XLGC_CODES_H
#define XLGC_CODES_H

/* The text for a code, and its name. Static strings, never NULL, for any value. */
const char *xlgc__codes_text(int code);
const char *xlgc__codes_name(int code);

#endif
