/* SPDX-License-Identifier: Apache-2.0 */
/* Lines to a reader that stalls, goes away or comes back; to files that are rotated or cannot be written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/log.h"
#include "lib/core/loop.h"
#include "lib/core/outlet.h"

#define QUEUE (64u << 10)

/* Standard error becomes one end of something while a story runs. */
struct story {
    struct loop *loop;
    struct outlet *outlet;
    int reader, saved;
    struct buf got;
    size_t failures; /* log lines of ours */
};

static void count_failures(void *ctx, struct buf *line)
{
    ((struct story *)ctx)->failures++;
}

static void story_begin(struct story *s, bool is_socket)
{
    struct err e = {0};
    int ends[2];
    *s = (struct story){.got = BUF_MAX(1 << 22)};
    assert_int_equal(is_socket ? socketpair(AF_UNIX, SOCK_STREAM, 0, ends) : pipe(ends),
                     0);
    s->reader = ends[0];
    fcntl(s->reader, F_SETFL, O_NONBLOCK);
    s->saved = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    s->loop = loop_create(&e);
    assert_non_null(s->loop);
    s->outlet = outlet_open(s->loop, "stderr", QUEUE, &e);
    assert_non_null(s->outlet);
    log_to(count_failures, s);
}

static void stderr_restore(struct story *s)
{
    dup2(s->saved, STDERR_FILENO);
    close(s->saved);
}

static void story_end(struct story *s)
{
    outlet_close(s->outlet);
    stderr_restore(s);
    close(s->reader);
    loop_destroy(s->loop);
    buf_finish(&s->got);
    log_to(NULL, NULL);
}

/* Takes what is there. */
static void read_some(struct story *s)
{
    char *room = buf_room(&s->got, 1 << 20);
    const ssize_t n = read(s->reader, room, 1 << 20);
    if (n > 0)
        buf_grew(&s->got, (size_t)n);
}

/* Puts numbered lines until one finds no room; returns how many were taken. */
static size_t put_until_full(struct story *s, size_t from)
{
    char line[128];
    for (size_t i = from;; i++) {
        const int len =
            snprintf(line, sizeof(line), "line %06zu of a reader that stalls\n", i);
        if (!outlet_has_room(s->outlet, (size_t)len))
            return i;
        outlet_put(s->outlet, (struct bytes){line, (size_t)len});
    }
}

static void assert_numbered(struct bytes text, size_t count)
{
    struct bytes line;
    char expected[128];
    size_t i = 0;
    while (bytes_line(&text, &line)) {
        snprintf(expected, sizeof(expected), "line %06zu of a reader that stalls", i++);
        assert_true(bytes_is(line, expected));
    }
    assert_int_equal(i, count);
    assert_int_equal(text.len, 0);
}

static void pump(void *ctx)
{
    struct story *s = ctx;
    read_some(s);
    if (outlet_queued(s->outlet))
        loop_defer(s->loop, "pump", pump, s);
}

static void stalls(bool is_socket)
{
    struct story s;
    story_begin(&s, is_socket);
    const size_t first = put_until_full(&s, 0);
    assert_true(outlet_queued(s.outlet) > QUEUE / 2);

    /* It goes on: the loop empties the queue, and ends as nothing waits any more. */
    loop_defer(s.loop, "pump", pump, &s);
    loop_run(s.loop);
    assert_int_equal(outlet_queued(s.outlet), 0);
    const size_t second = put_until_full(&s, first);
    loop_defer(s.loop, "pump", pump, &s);
    loop_run(s.loop);
    read_some(&s);
    assert_numbered(buf_bytes(&s.got), second);
    assert_int_equal(s.failures, 0);
    story_end(&s);
}

static void a_stalled_pipe_loses_nothing_that_fits(void **state)
{
    stalls(false);
}

static void a_stalled_socket_loses_nothing_that_fits(void **state)
{
    stalls(true);
}

static void a_reader_that_has_gone_is_said_once(void **state)
{
    struct story s;
    signal(SIGPIPE, SIG_IGN);
    story_begin(&s, false);
    close(s.reader);
    put_until_full(&s, 0);
    assert_int_equal(s.failures, 1);
    loop_run(s.loop); /* nothing spins or waits for it */
    const size_t queued = outlet_queued(s.outlet);
    assert_int_equal(outlet_close(s.outlet), queued);
    s.outlet = NULL;
    story_end(&s);
}

static void assert_file(const char *path, const char *expected)
{
    char text[256];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(text, expected);
}

static void a_file_is_appended_to_and_rotated(void **state)
{
    char dir[] = "/tmp/healthd-outlet-XXXXXX", path[64], old[64];
    struct err e = {0};
    struct stat st;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/log", dir);
    snprintf(old, sizeof(old), "%s/log.1", dir);

    outlet_close(outlet_open(NULL, path, QUEUE, &e));
    struct outlet *o = outlet_open(NULL, path, QUEUE, &e);
    outlet_put(o, bytes_of("one\n"));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0027, 0);
    assert_int_equal(rename(path, old), 0);
    outlet_put(o, bytes_of("two\n"));
    assert_true(outlet_reopen(o, &e));
    outlet_put(o, bytes_of("three\n"));
    assert_file(old, "one\ntwo\n");
    assert_file(path, "three\n");

    /* No place for a new one: the old one goes on. */
    unlink(path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_false(outlet_reopen(o, &e));
    assert_non_null(strstr(e.text, "cannot write to"));
    outlet_put(o, bytes_of("four\n"));
    assert_int_equal(outlet_close(o), 0);
    rmdir(path);
    unlink(old);
    rmdir(dir);
}

static void what_cannot_be_written_is_an_error_at_once(void **state)
{
    char fifo[] = "/tmp/healthd-outlet-XXXXXX";
    struct err e = {0};
    assert_null(outlet_open(NULL, "/nonexistent/log", QUEUE, &e));
    assert_string_equal(e.text,
                        "cannot write to '/nonexistent/log': No such file or directory");
    assert_non_null(mkdtemp(fifo));
    rmdir(fifo);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_null(outlet_open(NULL, fifo, QUEUE, &e)); /* nobody reads it: no wait */
    unlink(fifo);
    assert_int_equal(outlet_close(NULL), 0);
}

static void a_full_disk_is_tried_again(void **state)
{
    struct err e = {0};
    struct story s = {0};
    if (access("/dev/full", W_OK) != 0)
        skip();
    log_to(count_failures, &s);
    struct outlet *o = outlet_open(NULL, "/dev/full", QUEUE, &e);
    assert_non_null(o);
    outlet_put(o, bytes_of("one\n"));
    outlet_put(o, bytes_of("two\n"));
    assert_int_equal(outlet_queued(o), 8);
    assert_int_equal(s.failures, 1);
    assert_int_equal(outlet_close(o), 8);
    log_to(NULL, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stalled_pipe_loses_nothing_that_fits),
        cmocka_unit_test(a_stalled_socket_loses_nothing_that_fits),
        cmocka_unit_test(a_reader_that_has_gone_is_said_once),
        cmocka_unit_test(a_file_is_appended_to_and_rotated),
        cmocka_unit_test(what_cannot_be_written_is_an_error_at_once),
        cmocka_unit_test(a_full_disk_is_tried_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
