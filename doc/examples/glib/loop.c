/* A main loop of GLib, with the worker of xlgc beside it. The worker finds what nothing holds any more; what the loop's
 * thread has made is released by the loop's thread, which is told by a descriptor. */
#include <glib-unix.h>
#include <stdio.h>
#include <xlgc.h>

enum { WINDOWS = 1000 };

static GMainLoop *loop;
static xlgc_context *context;
static xlgc_id windows[WINDOWS], titles[WINDOWS];
static unsigned long released;
static GThread *thread;

static void release(xlgc_context *from, xlgc_id id, void *object, void *data) {
  (void)from, (void)id, (void)object, (void)data;
  if (g_thread_self() == thread) released++;
}
static const xlgc_kind kind = {.name = "window", .release = release, .delivery = XLGC_DELIVER_OWNER};

/* The mailbox has something: a few releases at a time, so that the loop goes on. */
static gboolean on_mail(gint fd, GIOCondition condition, gpointer data) {
  (void)fd, (void)condition, (void)data;
  if (xlgc_context_dispatch(context, 16) < 0 || released == 2 * WINDOWS) g_main_loop_quit(loop);
  return G_SOURCE_CONTINUE;
}

/* The user closes all windows. Each holds its title, which holds it. */
static gboolean on_close(gpointer data) {
  (void)data;
  for (int i = 0; i < WINDOWS; i++)
    xlgc_unpin(context, windows[i]);
  return G_SOURCE_REMOVE;
}

int main(void) {
  static char objects[2 * WINDOWS];
  xlgc_pool *pool;
  thread = g_thread_self();
  loop = g_main_loop_new(NULL, FALSE);
  if (xlgc_pool_create(NULL, &pool) || xlgc_context_create(pool, "loop", &context)) return 1;
  for (int i = 0; i < WINDOWS; i++) {
    if (xlgc_register(context, &objects[i], &kind, &windows[i])) return 1;
    if (xlgc_register(context, &objects[WINDOWS + i], &kind, &titles[i])) return 1;
    xlgc_pin(context, windows[i]);
    xlgc_link(context, windows[i], titles[i]), xlgc_link(context, titles[i], windows[i]);
  }
  if (xlgc_worker_start(pool)) return 1;
  guint mail = g_unix_fd_add(xlgc_context_fd(context), G_IO_IN, on_mail, NULL);
  g_timeout_add(1, on_close, NULL);
  g_main_loop_run(loop);
  printf("%lu objects were released by the loop's thread\n", released);
  g_source_remove(mail);
  g_main_loop_unref(loop);
  return xlgc_worker_stop(pool) || xlgc_pool_destroy(pool);
}
