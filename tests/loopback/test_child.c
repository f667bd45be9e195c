/* SPDX-License-Identifier: Apache-2.0 */
/* A program that nobody wants any more does not run, however far its start has come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/attr.h"
#include "lib/core/child_spawn.h"

static struct spawn spawn_made(struct arena *arena)
{
    struct spawn s;
    spawn_prepare(&s,
                  &(struct child_conf){
                      .argv = (const char *const[]){"sleep", "60", NULL},
                      .environment = (const char *const[]){NULL},
                      .path = "/bin:/usr/bin",
                  },
                  arena);
    return s;
}

static void close_ends(const struct spawn *s)
{
    close(s->out);
    close(s->err);
}

static void forbidden_before_it_starts(void **state UNUSED)
{
    struct arena *arena = arena_create(0);
    struct spawn s = spawn_made(arena);
    spawn_forbid(
        &s); /* as a shutdown does, while the thread still looks for the program */
    spawn_run(&s);
    assert_int_equal(s.error, ECANCELED);
    assert_int_equal(s.pid, 0);
    assert_int_equal(s.out, -1);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nothing was started */
    arena_destroy(arena);
}

static void forbidden_once_it_runs(void **state UNUSED)
{
    struct arena *arena = arena_create(0);
    struct spawn s = spawn_made(arena);
    int status = 0;
    spawn_run(&s);
    assert_int_equal(s.error, 0);
    spawn_forbid(&s); /* the loop has not heard of the start yet */
    assert_int_equal(waitpid(s.pid, &status, 0), s.pid);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGKILL);
    spawn_forbid(&s); /* again: nobody else's group is killed by that */
    close_ends(&s);
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forbidden_before_it_starts),
        cmocka_unit_test(forbidden_once_it_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
