/* A loop of libuv, with the worker of xlgc beside it. The worker finds what nothing holds any more; what the loop's
 * thread has made is released by the loop's thread, which is told by a descriptor. */
#include <stdio.h>
#include <uv.h>
#include <xlgc.h>

enum { WINDOWS = 1000 };

static uv_loop_t loop;
static uv_poll_t mail;
static uv_timer_t user;
static xlgc_pool *pool;
static xlgc_context *context;
static xlgc_id windows[WINDOWS], titles[WINDOWS];
static unsigned long released;
static uv_thread_t thread;

static void release(xlgc_context *from, xlgc_id id, void *object, void *data) {
  (void)from, (void)id, (void)object, (void)data;
  uv_thread_t self = uv_thread_self();
  if (uv_thread_equal(&self, &thread)) released++;
}
static const xlgc_kind kind = {.name = "window", .release = release, .delivery = XLGC_DELIVER_OWNER};

/* The mailbox has something: a few releases at a time, so that the loop goes on. */
static void on_mail(uv_poll_t *handle, int status, int events) {
  (void)handle, (void)status, (void)events;
  if (xlgc_context_dispatch(context, 16) < 0) uv_stop(&loop);
  if (released == 2 * WINDOWS) uv_poll_stop(&mail);
}

/* The user closes all windows. Each holds its title, which holds it. */
static void on_close(uv_timer_t *timer) {
  (void)timer;
  for (int i = 0; i < WINDOWS; i++)
    xlgc_unpin(context, windows[i]);
}

int main(void) {
  static char objects[2 * WINDOWS];
  thread = uv_thread_self();
  if (uv_loop_init(&loop) || xlgc_pool_create(NULL, &pool) || xlgc_context_create(pool, "loop", &context)) return 1;
  for (int i = 0; i < WINDOWS; i++) {
    if (xlgc_register(context, &objects[i], &kind, &windows[i])) return 1;
    if (xlgc_register(context, &objects[WINDOWS + i], &kind, &titles[i])) return 1;
    xlgc_pin(context, windows[i]);
    xlgc_link(context, windows[i], titles[i]), xlgc_link(context, titles[i], windows[i]);
  }
  if (xlgc_worker_start(pool)) return 1;
  uv_poll_init(&loop, &mail, xlgc_context_fd(context));
  uv_poll_start(&mail, UV_READABLE, on_mail);
  uv_timer_init(&loop, &user);
  uv_timer_start(&user, on_close, 1, 0);
  uv_run(&loop, UV_RUN_DEFAULT);
  printf("%lu objects were released by the loop's thread\n", released);
  uv_close((uv_handle_t *)&mail, NULL), uv_close((uv_handle_t *)&user, NULL);
  uv_run(&loop, UV_RUN_DEFAULT);
  return uv_loop_close(&loop) || xlgc_worker_stop(pool) || xlgc_pool_destroy(pool);
}
