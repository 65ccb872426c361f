/* What the languages' libraries have in common: arrays, addresses, text, numbers, and how objects go out and come in. */
#include <config.h>

#include "hosts/common/address_map.h"
#include "hosts/common/arguments.h"
#include "hosts/common/big.h"
#include "hosts/common/export.h"
#include "hosts/common/grow.h"
#include "hosts/common/messages.h"
#include "hosts/common/numbers.h"
#include "hosts/common/receive.h"
#include "hosts/common/statistics.h"
#include "hosts/common/utf8.h"
#include "support/trial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t seed;

/* ----------------------------------------------------------------- memory */

static unsigned left;
static void *scarce(void *memory, size_t size_bytes) { return left && left-- ? realloc(memory, size_bytes) : NULL; }

START_TEST(arrays_grow) {
  xlgc__grow_list list = {.at = NULL};
  for (uint32_t i = 0; i < 1000; i++)
    ok(xlgc__grow_push(&list, i));
  for (uint32_t i = 0; i < 1000; i++)
    ck_assert_uint_eq(list.at[i], i);
  ck_assert_uint_eq(list.count, 1000);
  size_t room = list.room;
  ck_assert_ptr_null(xlgc__grow_array(list.at, SIZE_MAX / 2, &room, 8));
  ck_assert_ptr_null(xlgc__grow_array(list.at, SIZE_MAX, &room, 1));
  ck_assert_ptr_null(xlgc__grow_zeroed(SIZE_MAX / 2, 8));
  ck_assert_uint_eq(room, list.room);
  xlgc__grow_reallocate = scarce;
  list.count = list.room;
  ck_assert_int_eq(xlgc__grow_push(&list, 1), XLGC_E_NOMEM);
  ck_assert_uint_eq(list.at[999], 999);
  xlgc__grow_free(&list);
  ck_assert_ptr_null(list.at);
}
END_TEST

enum { ADDRESSES = 20000 };

/* Those that lie close to one another, and those that have many low bits in common. */
static const void *address(uint32_t number) {
  return (const void *)((uintptr_t)(number + 1) << (number % 2 ? 4 : 16) | (number % 2));
}

START_TEST(addresses_have_numbers) {
  xlgc__address_map table = {.slots = NULL};
  static uint32_t expected[ADDRESSES];
  uint64_t random = seed;
  memset(expected, 0xFF, sizeof expected);
  ck_assert_uint_eq(xlgc__address_map_find(&table, &table), XLGC__ADDRESS_MAP_NONE);
  for (unsigned i = 0; i < 3 * ADDRESSES; i++) {
    uint32_t which = trial_random(&random, ADDRESSES), number, before = table.count;
    int is_new = xlgc__address_map_add(&table, address(which), &number);
    ck_assert_int_eq(is_new, expected[which] == UINT32_MAX ? XLGC__ADDRESS_MAP_NEW : XLGC__ADDRESS_MAP_KNOWN);
    if (is_new) expected[which] = before;
    MUST(number == expected[which]);
  }
  for (uint32_t i = 0; i < ADDRESSES; i++)
    MUST(xlgc__address_map_find(&table, address(i)) == expected[i]);
  xlgc__address_map_free(&table);
}
END_TEST

START_TEST(addresses_without_memory) {
  xlgc__address_map table = {.slots = NULL};
  uint32_t number;
  xlgc__grow_reallocate = scarce;
  ck_assert_int_eq(xlgc__address_map_add(&table, &table, &number), XLGC_E_NOMEM);
  left = 1;
  ok(xlgc__address_map_reserve(&table, 1000));
  for (uint32_t i = 0; i < 1000; i++)
    ck_assert_int_eq(xlgc__address_map_add(&table, address(i), &number), XLGC__ADDRESS_MAP_NEW);
  ck_assert_int_eq(xlgc__address_map_reserve(&table, SIZE_MAX), XLGC_E_NOMEM);
  ck_assert_int_eq(xlgc__address_map_reserve(&table, 100000), XLGC_E_NOMEM);
  ck_assert_uint_eq(xlgc__address_map_find(&table, address(999)), 999);
  xlgc__address_map_free(&table);
}
END_TEST

START_TEST(arguments_few_and_many) {
  for (size_t count = 0; count < 3 * XLGC__ARGUMENTS_FEW; count++) {
    xlgc__arguments arguments;
    ok(xlgc__arguments_begin(&arguments, count));
    for (; arguments.count < count; arguments.count++)
      ok(xlgc_value_copy(&arguments.all[arguments.count], XLGC_STRING, "argument", 8));
    xlgc__arguments_clear(&arguments);
    ck_assert_uint_eq(arguments.count, 0);
  }
  xlgc__arguments none;
  xlgc__grow_reallocate = scarce;
  ck_assert_int_eq(xlgc__arguments_begin(&none, 100), XLGC_E_NOMEM);
  xlgc__arguments_clear(&none);
}
END_TEST

/* ------------------------------------------------------------------- text */

/* Text of UTF-8, the same in CESU-8, and how both say it. */
static const struct {
  const char *bytes, *copy;
} texts[] = {
    {"", ""},
    {"plain", "plain"},
    {"\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80", NULL},
    {"\xF4\x8F\xBF\xBF\xED\x9F\xBF\xEE\x80\x80", NULL},
    {"a\xFFz", "a?z"},
    {"\xC3", "?"},
    {"\xC0\x80", "??"},
    {"\xE0\x9F\xBF", "???"},
    {"\xED\xA0\xBD\xED\xB8\x80", "??????"},
    {"\xF4\x90\x80\x80", "????"},
    {"\xF0\x9F\x98", "???"},
    {"\xF8\x88\x80\x80\x80", "?????"},
};

START_TEST(what_is_text) {
  const char *copy = texts[_i].copy ? texts[_i].copy : texts[_i].bytes;
  size_t length = strlen(texts[_i].bytes);
  bool is = strcmp(copy, texts[_i].bytes) == 0;
  xlgc_value value;
  ck_assert_int_eq(xlgc__utf8_is_text(texts[_i].bytes, length), is);
  ok(xlgc__utf8_copy(&value, texts[_i].bytes, length));
  ck_assert_int_eq(value.type, XLGC_STRING);
  ck_assert_uint_eq(value.length, length);
  ck_assert_mem_eq(value.as.bytes, copy, length);
  xlgc_value_clear(&value);
}
END_TEST

/* Surrogates that stand alone are text, in which they stay; in words for people they are not. */
START_TEST(lone_surrogates) {
  static const char *const alone[] = {"\xED\xA0\x80", "a\xED\xBF\xBFz", "\xED\xB8\x80\xED\xA0\xBD",
                                      "\xED\xA0\xBD\xED\xA0\xBD\xC3\xA4", "\xED\xA0\xBD\xF0\x9F\x98\x80"};
  for (size_t i = 0; i < sizeof alone / sizeof *alone; i++) {
    uint16_t units[32];
    char again[96], mended[32];
    size_t length = strlen(alone[i]);
    ck_assert(xlgc__utf8_is_text(alone[i], length));
    size_t count = xlgc__utf8_to_utf16(alone[i], length, units);
    ck_assert_uint_le(count, length);
    ck_assert_uint_eq(xlgc__utf8_from_utf16(units, count, again), length);
    ck_assert_mem_eq(again, alone[i], length);
    ck_assert_uint_eq(xlgc__utf8_from_cesu8(alone[i], length, again), length);
    ck_assert_mem_eq(again, alone[i], length);
    memcpy(mended, alone[i], length + 1);
    xlgc__utf8_mend(mended, length);
    ck_assert_ptr_nonnull(strstr(mended, "???"));
  }
  uint16_t units[8];
  ck_assert_uint_eq(xlgc__utf8_to_utf16("a\xFF", 2, units), SIZE_MAX);
  ck_assert_uint_eq(xlgc__utf8_to_utf16("\xED\xA0\xBD\xED\xB8\x80", 6, units), SIZE_MAX);
}
END_TEST

START_TEST(utf16_and_back) {
  uint64_t random = seed;
  for (unsigned turn = 0, turns = trial_work(5000); turn < turns; turn++) {
    uint16_t units[24], again[3 * 24];
    char text[3 * 24];
    size_t count = trial_random(&random, 24);
    for (size_t i = 0; i < count; i++)
      units[i] =
          (uint16_t)(trial_random(&random, 2) ? 0xD700 + trial_random(&random, 0xA00) : trial_random(&random, 65536));
    size_t length = xlgc__utf8_from_utf16(units, count, text);
    ck_assert(xlgc__utf8_is_text(text, length));
    ck_assert_uint_eq(xlgc__utf8_to_utf16(text, length, again), count);
    ck_assert_mem_eq(again, units, count * sizeof *units);
  }
}
END_TEST

START_TEST(big_integers) {
  static const struct {
    const char *digits, *text;
  } cases[] = {{"ffffffffffffffff", "18446744073709551615"},
               {"-8000000000000001", "-9223372036854775809"},
               {"56bc75e2d63100000", "100000000000000000000"},
               {"-3b9aca00", "-1000000000"}};
  char text[XLGC__BIG_TEXT_BYTES];
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    size_t length = xlgc__big_describe(cases[i].digits, strlen(cases[i].digits), text);
    ck_assert_uint_eq(length, strlen(cases[i].text));
    ck_assert_mem_eq(text, cases[i].text, length);
  }
  static char many[XLGC__BIG_DIGITS_MAX + 2];
  memset(many, 'f', sizeof many);
  *many = '-';
  ck_assert_uint_eq(xlgc__big_describe(many, sizeof many - 1, text), 4934);
  size_t length = xlgc__big_describe(many, sizeof many, text);
  ck_assert_msg(strstr(text, "-an integer of 4097 hexadecimal digits") == text, "%.*s", (int)length, text);
  static const char *const sorted[] = {"-20000000000000000", "-10000000000000001", "-10000000000000000",
                                       "10000000000000000",  "f0000000000000000",  "100000000000000000"};
  for (size_t i = 0; i < 6; i++)
    for (size_t j = 0; j < 6; j++)
      ck_assert_int_eq(xlgc__big_is_less(sorted[i], strlen(sorted[i]), sorted[j], strlen(sorted[j])), i < j);
}
END_TEST

START_TEST(cesu8_and_back) {
  uint64_t random = seed;
  for (unsigned turn = 0, turns = trial_work(5000); turn < turns; turn++) {
    char bytes[40], cesu8[2 * sizeof bytes], again[3 * sizeof cesu8];
    size_t length = trial_random(&random, sizeof bytes);
    for (size_t i = 0; i < length; i++)
      bytes[i] = (char)"\xF0\x9F\x98\x80\xED\x9F\xBF\xC3\xA4z"[(i + turn) % 10];
    if (!xlgc__utf8_is_text(bytes, length)) continue;
    size_t wide = xlgc__utf8_to_cesu8(bytes, length, cesu8);
    ck_assert_uint_eq(wide, xlgc__utf8_cesu8_length(bytes, length));
    ck_assert_uint_eq(xlgc__utf8_from_cesu8(cesu8, wide, again), length);
    ck_assert_mem_eq(again, bytes, length);
  }
}
END_TEST

START_TEST(cesu8_that_is_no_text) {
  static const struct {
    const char *bytes, *text;
  } cases[] = {
      {"\xED\xA0\xBD\xED\xB8\x80", "\xF0\x9F\x98\x80"},
      {"\xED\xA0\xBDz", "\xED\xA0\xBDz"},
      {"\xFFz\xC3", "\xEF\xBF\xBDz\xEF\xBF\xBD"},
      {"\xED\xA0", "\xEF\xBF\xBD\xEF\xBF\xBD"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    char out[64];
    size_t length = xlgc__utf8_from_cesu8(cases[i].bytes, strlen(cases[i].bytes), out);
    ck_assert_uint_eq(length, strlen(cases[i].text));
    ck_assert_mem_eq(out, cases[i].text, length);
    ck_assert(xlgc__utf8_is_text(out, length));
  }
}
END_TEST

/* ---------------------------------------------------------------- numbers */

START_TEST(doubles_that_are_whole) {
  static const double whole[] = {0, 1, -1, 0x1p53, -0x1p53, 4294967296.0};
  static const double others[] = {-0.0, 0.5, 0x1p53 + 2, -0x1p54, 0x1p1023, INFINITY, -INFINITY, NAN};
  xlgc_value value;
  for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
    xlgc__numbers_pack(whole[i], &value);
    ck_assert_int_eq(value.type, XLGC_INTEGER);
    ck_assert((double)value.as.integer == whole[i]);
  }
  for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
    xlgc__numbers_pack(others[i], &value);
    ck_assert_int_eq(value.type, XLGC_NUMBER);
    ck_assert_mem_eq(&value.as.number, &others[i], sizeof others[i]);
  }
}
END_TEST

START_TEST(texts_of_numbers) {
  static const int64_t numbers[] = {0, 1, -7, 10, 4294967296, XLGC__NUMBERS_LARGEST, -XLGC__NUMBERS_LARGEST};
  static const char *const others[] = {
      "", "-", "-0", "00", "07", "1.0", "1e3", " 1", "+1", "0x1", "1234567890123456789", "9007199254740993"};
  char text[XLGC__NUMBERS_TEXT_BYTES];
  int64_t number;
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
    size_t length = xlgc__numbers_to_text(numbers[i], text);
    ck_assert(xlgc__numbers_of_text(text, length, &number));
    ck_assert_int_eq(number, numbers[i]);
  }
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    ck_assert_msg(!xlgc__numbers_of_text(others[i], strlen(others[i]), &number), "%s", others[i]);
}
END_TEST

/* ------------------------------------------------------- words and numbers */

START_TEST(sorts_of_errors) {
  ck_assert_int_eq(xlgc__messages_sort_of(XLGC_E_NOMEM), XLGC__MESSAGES_MEMORY);
  ck_assert_int_eq(xlgc__messages_sort_of(XLGC_E_STALE), XLGC__MESSAGES_REFERENCE);
  ck_assert_int_eq(xlgc__messages_sort_of(XLGC_E_SHUTDOWN), XLGC__MESSAGES_REFERENCE);
  ck_assert_int_eq(xlgc__messages_sort_of(XLGC_E_INVAL), XLGC__MESSAGES_TYPE);
  ck_assert_int_eq(xlgc__messages_sort_of(XLGC_E_BUSY), XLGC__MESSAGES_ERROR);
  ck_assert_str_eq(xlgc__messages_words(NULL, XLGC_E_INVAL), "this value cannot be passed to another language");
  ck_assert_str_eq(xlgc__messages_words(NULL, XLGC_E_BUSY), xlgc_strerror(XLGC_E_BUSY));
  ck_assert_ptr_nonnull(strstr(xlgc__messages_words(NULL, XLGC_E_STALE), "gone"));
  xlgc_visit visit = {.message = "said by a script"};
  ck_assert_str_eq(xlgc__messages_words(&visit, XLGC_E_RAISED), "said by a script");
}
END_TEST

/* --------------------------------------------------- objects out and in */

static xlgc_pool *pool;
static xlgc_host *host;
static struct {
  unsigned pins, own, found, made;
  bool fails, had_pin, is_dying;
} did;

static int summarise(void *engine, xlgc_summary *summary) {
  (void)engine;
  (void)summary;
  return 0;
}
static void unpin(void *engine, void *handle) {
  (void)engine;
  (void)handle;
  did.pins--;
}
static const xlgc_host_adapter adapter = {.name = "test", .summarise = summarise, .unpin = unpin};

static int pin(void *data, void *handle) {
  (void)handle;
  ck_assert_ptr_eq(data, &did);
  if (did.fails) return XLGC_E_NOMEM;
  did.pins += !did.had_pin;
  return did.had_pin ? XLGC__EXPORT_HAD_PIN : XLGC__EXPORT_PINNED;
}
static void undo(void *data, void *handle) { unpin(data, handle); }
static const xlgc__export_pins pins = {.pin = pin, .undo = undo};

static int own(void *data, void *handle) {
  ck_assert_ptr_eq(data, handle);
  did.own++;
  return 0;
}
static int found(void *data, void *handle) {
  ck_assert_ptr_eq(data, handle);
  did.found++;
  return did.is_dying ? XLGC__RECEIVE_DYING : 0;
}
static int make(void *data, xlgc_id id, void **handle) {
  ck_assert_uint_ne(id, XLGC_ID_NONE);
  if (did.fails) return XLGC_E_NOMEM;
  *handle = data;
  did.made++;
  return 0;
}
static const xlgc__receive_ways ways = {.own = own, .found = found, .make = make};

static void open_host(void) {
  xlgc_config config;
  xlgc_config_init(&config);
  ok(xlgc_pool_create(&config, &pool));
  ok(xlgc_host_open(pool, &adapter, NULL, &host));
}

static void close_host(void) {
  ok(xlgc_host_close(host));
  ok(xlgc_pool_destroy(pool));
}

START_TEST(an_object_goes_out) {
  static char objects[2];
  xlgc_id id = XLGC_ID_NONE, again = XLGC_ID_NONE;
  open_host();
  did.fails = true;
  ck_assert_int_eq(xlgc__export_handle(host, &objects[0], &pins, &did, &id), XLGC_E_NOMEM);
  did.fails = false;
  ok(xlgc__export_handle(host, &objects[0], &pins, &did, &id));
  ok(xlgc__export_handle(host, &objects[0], &pins, &did, &again));
  ck_assert_uint_eq(id, again);
  ck_assert_uint_eq(did.pins, 1);
  ok(xlgc_pool_shutdown(pool));
  ck_assert_int_lt(xlgc__export_handle(host, &objects[1], &pins, &did, &again), 0);
  ck_assert_uint_eq(did.pins, 1);
  did.had_pin = true;
  ck_assert_int_lt(xlgc__export_handle(host, &objects[1], &pins, &did, &again), 0);
  ck_assert_uint_eq(did.pins, 1);
  close_host();
  ck_assert_uint_eq(did.pins, 0);
}
END_TEST

START_TEST(an_id_comes_in) {
  static char object, proxy, second;
  xlgc_id own_id, id;
  xlgc_value value;
  open_host();
  ok(xlgc__export_handle(host, &object, &pins, &did, &own_id));
  ok(xlgc__receive_id(host, own_id, &ways, &object));
  ck_assert_uint_eq(did.own, 1);
  ok(xlgc_host_shared(host, &value));
  id = value.as.id;
  did.fails = true;
  ck_assert_int_eq(xlgc__receive_id(host, id, &ways, &proxy), XLGC_E_NOMEM);
  did.fails = false;
  ok(xlgc__receive_id(host, id, &ways, &proxy));
  ok(xlgc__receive_id(host, id, &ways, &proxy));
  ck_assert_uint_eq(did.made, 1);
  ck_assert_uint_eq(did.found, 1);
  /* The proxy that was found cannot be given out: another takes its place. */
  did.is_dying = true;
  did.fails = true;
  ck_assert_int_eq(xlgc__receive_id(host, id, &ways, &proxy), XLGC_E_NOMEM);
  ok(xlgc_host_proxy_gone(host, id, &proxy));
  did.is_dying = did.fails = false;
  ok(xlgc__receive_id(host, id, &ways, &second));
  ck_assert_uint_eq(did.made, 2);
  ck_assert_int_eq(xlgc__receive_id(host, XLGC_ID_NONE, &ways, &proxy), XLGC_E_INVAL);
  close_host();
}
END_TEST

START_TEST(numbers_have_names) {
  xlgc__condense_counts counts = {.nodes = 11, .edges = 12, .visited = 13, .steps = 14, .told = 15};
  xlgc__statistics is;
  open_host();
  ok(xlgc__statistics_read(pool, host, &counts, &is));
  is.pool.backlog = 7;
  size_t count = 0, matched = 0;
  for (const char *name; (name = xlgc__statistics_name(count)) != NULL; count++) {
    uint64_t value = xlgc__statistics_value(&is, count);
    if (strcmp(name, "objects") == 0) matched += value == is.pool.objects;
    if (strcmp(name, "backlog") == 0) matched += value == 7;
    if (strcmp(name, "host_links") == 0) matched += value == is.host.links;
    if (strcmp(name, "summary_told") == 0) matched += value == 15;
  }
  ck_assert_uint_eq(matched, 4);
  ck_assert_uint_gt(count, 20);
  ok(xlgc__statistics_read(pool, host, NULL, &is));
  ck_assert_uint_eq(is.summary.told, 0);
  close_host();
}
END_TEST

int main(void) {
  seed = trial_seed();
  Suite *suite = suite_create("unit_common");
  TCase *cases = trial_case(suite, "memory");
  tcase_add_test(cases, arrays_grow);
  tcase_add_test(cases, addresses_have_numbers);
  tcase_add_test(cases, addresses_without_memory);
  tcase_add_test(cases, arguments_few_and_many);
  cases = trial_case(suite, "text");
  tcase_add_loop_test(cases, what_is_text, 0, (int)(sizeof texts / sizeof *texts));
  tcase_add_test(cases, lone_surrogates);
  tcase_add_test(cases, utf16_and_back);
  tcase_add_test(cases, big_integers);
  tcase_add_test(cases, cesu8_and_back);
  tcase_add_test(cases, cesu8_that_is_no_text);
  tcase_add_test(cases, doubles_that_are_whole);
  tcase_add_test(cases, texts_of_numbers);
  cases = trial_case(suite, "border");
  tcase_add_test(cases, sorts_of_errors);
  tcase_add_test(cases, an_object_goes_out);
  tcase_add_test(cases, an_id_comes_in);
  tcase_add_test(cases, numbers_have_names);
  return trial_run(suite);
}
