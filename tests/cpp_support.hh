/* What the tests of xlgc.hpp share: Check, a pool that counts its events, objects that count themselves. */
#ifndef CPP_SUPPORT_HH
#define CPP_SUPPORT_HH

#include <xlgc.hpp>

#include <check.h>
#include <cstdlib>
#include <new>
#include <optional>

extern "C" {
#include "support/trial.h"
}

/* A pool that tells how many events were logged since it was asked last. Nothing wrong may be reported. */
class counting_pool : public xlgc::pool {
public:
  counting_pool() : pool(loud()) {}
  explicit counting_pool(const xlgc_config &config) : pool(config) {}
  ~counting_pool() {
    ck_assert_int_eq(xlgc_flush(native()), 0);
    ck_assert_int_eq(xlgc_verify(native(), nullptr, 0), 0);
    ck_assert_uint_eq(statistics().errors, 0);
    ck_assert_uint_eq(lost_drops(), 0);
  }
  std::uint64_t events() {
    apply();
    const std::uint64_t now = statistics().events, since = now - seen_;
    seen_ = now;
    return since;
  }
  std::uint64_t touched() {
    apply();
    const std::uint64_t now = xlgc_links_touched(native()), since = now - touched_;
    touched_ = now;
    return since;
  }
  static xlgc_config loud() {
    xlgc_config config;
    xlgc_config_init(&config);
    config.on_error = [](void *, const xlgc_error *error) {
      std::fprintf(stderr, "%s: %s\n", error->what, xlgc_strerror(error->code));
    };
    return config;
  }

private:
  std::uint64_t seen_ = 0, touched_ = 0;
};

/* Exactly so many events since it was asked last. */
#define expect_events(pool, count) ck_assert_uint_eq((pool).events(), (count))

/* How many of them there are. */
struct counted {
  static inline std::atomic<int> alive{0};
  counted() { alive++; }
  counted(const counted &) { alive++; }
  counted &operator=(const counted &) = default;
  ~counted() { alive--; }
};
#define expect_alive(count) ck_assert_int_eq(counted::alive.load(), (count))

struct node : xlgc::object, counted {
  int value = 0;
  xlgc::ref<node> next{this};
  node() = default;
  explicit node(int number) : value(number) {}
};

#define expect_error(number, ...)         \
  do {                                    \
    int code_ = 0;                        \
    try {                                 \
      __VA_ARGS__;                        \
    } catch (const xlgc::error &caught) { \
      code_ = caught.code();              \
    }                                     \
    ck_assert_int_eq(code_, (number));    \
  } while (0)

#endif
