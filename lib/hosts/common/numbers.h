/* Numbers of a language that has doubles only, as JavaScript: which of them cross as integers, and which names of
 * properties are what a number has become. */
#ifndef XLGC_HOSTS_COMMON_NUMBERS_H
#define XLGC_HOSTS_COMMON_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xlgc/bridge.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Up to here, and down to its negative, each whole number is a double: 2^53. */
#define XLGC__NUMBERS_LARGEST (INT64_C(1) << 53)
/* Room for the text of an integer. */
enum { XLGC__NUMBERS_TEXT_BYTES = 24 };

/* An integer when it is a whole one within that, other than -0. */
void xlgc__numbers_pack(double number, xlgc_value *out);
/* "0", "-7", "4294967296": the text of a whole number within that, and no other text of it. */
bool xlgc__numbers_of_text(const char *text, size_t length, int64_t *number);
/* Makes a text the key that it is as a property's name of an object with these traits: text that is of an integer is
 * that. A list has no places below zero. */
void xlgc__numbers_name(xlgc_value *key, unsigned traits);
/* Can a key be a property's name, as a number, text or boolean can? */
bool xlgc__numbers_is_name(const xlgc_value *key);
/* A date of so many milliseconds since 1970; false for NaN. */
bool xlgc__numbers_date(double milliseconds, xlgc_value *out);
/* The milliseconds of a date: what is less than one is dropped. */
double xlgc__numbers_milliseconds(const xlgc_value *date);
/* The text of a whole number. Returns its length. */
size_t xlgc__numbers_to_text(int64_t number, char text[XLGC__NUMBERS_TEXT_BYTES]);

#ifdef __cplusplus
}
#endif

#endif
