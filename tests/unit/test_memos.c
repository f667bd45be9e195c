/* SPDX-License-Identifier: Apache-2.0 */
/* What the disk refused is written once it takes it, and is said once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collector/memos.h"
#include "lib/base/buf.h"
#include "lib/base/log.h"
#include "tests/unit/folder.h"

static const struct probe_type type = {.name = "heartbeat"};

static void keep_line(void *ctx, struct buf *line)
{
    buf_add_bytes(ctx, buf_bytes(line));
}

static void on_kept(void *ctx, bool is_kept)
{
    buf_add_text(ctx, is_kept ? "kept " : "refused ");
}

static void a_refused_memo_is_written_later(void **state)
{
    struct session s = {.type = &type, .name = "backup", .memo = ""}, again = s;
    struct buf told = BUF_MAX(100), log = BUF_MAX(10000);
    struct err e = {0};
    char folder[] = "/tmp/healthd-memos-XXXXXX", state_path[64];
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(state_path, sizeof(state_path), "%s/state", folder);
    struct loop *loop = loop_create(&e);
    struct memos *m = memos_create(loop, state_path, &e);
    assert_non_null(m);
    log_to(keep_line, &log);

    session_set_memo(&s, "seen 03:00");
    memos_keep(m, &s, on_kept, &told); /* there is no folder */
    memos_keep(m, &s, on_kept, &told);
    assert_string_equal(buf_text(&told), "refused refused ");
    const size_t said = log.len;
    assert_true(bytes_find(buf_bytes(&log), bytes_of("memo not kept")) > 0);
    memos_keep(m, &s, NULL, NULL);
    assert_int_equal(log.len, said);

    assert_int_equal(mkdir(state_path, 0700), 0);
    memos_keep(m, &s, NULL, NULL);
    memos_destroy(m);
    log_to(NULL, NULL);
    m = memos_create(loop, state_path, &e);
    memos_recall(m, &again);
    assert_string_equal(again.memo, "seen 03:00");

    memos_destroy(m);
    loop_destroy(loop);
    free(s.memo_owned);
    free(again.memo_owned);
    buf_finish(&told);
    buf_finish(&log);
    assert_int_equal(folder_remove(folder), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_memo_is_written_later),
    };
    return cmocka_run_group_tests_name("memos", tests, NULL, NULL);
}
