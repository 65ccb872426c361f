#include <config.h>

#include "doctor.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#include <xlgc.h>

#include "engines.h"
#include "finding.h"
#include "system.h"

static const char *word_of(finding_state state) {
  static const char *const words[] = {"works", "without", "fails", "not built"};
  return words[state];
}

/* The file that the library's code is in; the command itself when it was linked statically. */
static void find_library(char *out, size_t size) {
  Dl_info info;
  void *address = dlsym(RTLD_DEFAULT, "xlgc_version");
  if (!address || !dladdr(address, &info) || !info.dli_fname) {
    finding_copy(out, size, "the command itself");
    return;
  }
  char *path = realpath(info.dli_fname, NULL);
  finding_copy(out, size, path ? path : info.dli_fname);
  free(path);
}

/* ------------------------------------------------------------------- text */

static void print_lines(const char *title, const finding *findings, int count) {
  puts(title);
  for (int i = 0; i < count; i++) {
    const finding *of = &findings[i];
    printf("  %-11s %-9s ", of->name, word_of(of->state));
    if (of->state == FINDING_WORKS && *of->engine)
      printf("%s, in %s, by %s", of->version, of->engine, of->library);
    else
      fputs(of->words, stdout);
    putchar('\n');
  }
}

/* ------------------------------------------------------------------- JSON */

/* How many bytes the UTF-8 character has that begins there, 0 if it is none. */
static int character_bytes(const unsigned char *text) {
  int bytes = *text < 0x80 ? 1 : *text < 0xc2 ? 0 : *text < 0xe0 ? 2 : *text < 0xf0 ? 3 : *text < 0xf5 ? 4 : 0;
  for (int i = 1; i < bytes; i++)
    if ((text[i] & 0xc0) != 0x80) return 0;
  if ((*text == 0xe0 && text[1] < 0xa0) || (*text == 0xed && text[1] > 0x9f)) return 0;
  if ((*text == 0xf0 && text[1] < 0x90) || (*text == 0xf4 && text[1] > 0x8f)) return 0;
  return bytes;
}

/* Bytes of a file's name that are no text are shown as the replacement character. */
static void print_text(const char *key, const char *value) {
  printf("\"%s\": \"", key);
  const unsigned char *at = (const unsigned char *)value;
  while (*at) {
    int bytes = character_bytes(at);
    if (!bytes)
      fputs("\\ufffd", stdout);
    else if (*at == '"' || *at == '\\')
      printf("\\%c", *at);
    else if (*at < 0x20 || *at == 0x7f)
      printf("\\u%04x", *at);
    else
      printf("%.*s", bytes, (const char *)at);
    at += bytes ? bytes : 1;
  }
  putchar('"');
}

static void print_array(const char *key, const finding *findings, int count) {
  printf("  \"%s\": [\n", key);
  for (int i = 0; i < count; i++) {
    const finding *of = &findings[i];
    const struct {
      const char *key, *value;
    } members[] = {
        {"state", word_of(of->state)}, {"words", of->words},     {"version", of->version},
        {"engine", of->engine},        {"library", of->library},
    };
    fputs("    {", stdout);
    print_text("name", of->name);
    for (size_t j = 0; j < sizeof members / sizeof *members; j++) {
      if (!*members[j].value) continue;
      fputs(", ", stdout);
      print_text(members[j].key, members[j].value);
    }
    printf("}%s\n", i + 1 < count ? "," : "");
  }
  puts("  ],");
}

/* ----------------------------------------------------------------- report */

static int all_work(const finding *findings, int count) {
  for (int i = 0; i < count; i++)
    if (findings[i].state == FINDING_FAILS) return 0;
  return 1;
}

int doctor_run(int with_json) {
  static finding systems[SYSTEM_FINDINGS], engines[ENGINE_FINDINGS];
  char library[1024];
  find_library(library, sizeof library);
  system_examine(systems);
  engines_examine(engines);
  int is_well = all_work(systems, SYSTEM_FINDINGS) && all_work(engines, ENGINE_FINDINGS);
  if (with_json) {
    fputs("{\n  ", stdout);
    print_text("version", xlgc_version());
    fputs(",\n  ", stdout);
    print_text("library", library);
    puts(",");
    print_array("system", systems, SYSTEM_FINDINGS);
    print_array("engines", engines, ENGINE_FINDINGS);
    printf("  \"works\": %s\n}\n", is_well ? "true" : "false");
  } else {
    printf("xlgc %s, in %s\n", xlgc_version(), library);
    print_lines("system", systems, SYSTEM_FINDINGS);
    print_lines("engines", engines, ENGINE_FINDINGS);
    puts(is_well ? "All that was built works." : "Not all that was built works.");
  }
  return is_well ? 0 : 1;
}
