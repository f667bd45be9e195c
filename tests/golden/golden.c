/* SPDX-License-Identifier: Apache-2.0 */
/* See golden.h. Test programs run at the source root, where these files are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "golden.h"
#include "lib/base/buf.h"

static void golden_record(const char *path, struct bytes got)
{
    FILE *file = fopen(path, "w");
    if (!file || fwrite(got.ptr, 1, got.len, file) != got.len || fclose(file) != 0)
        fail_msg("cannot write %s", path);
}

static void golden_read(const char *path, struct buf *out)
{
    FILE *file = fopen(path, "r");
    char piece[4096];
    if (!file)
        fail_msg("there is no %s: run ./dev test golden --record", path);
    for (size_t n = fread(piece, 1, sizeof(piece), file); n;
         n = fread(piece, 1, sizeof(piece), file))
        buf_add(out, piece, n);
    fclose(file);
}

static void golden_differ(const char *path, struct bytes kept, struct bytes got)
{
    struct bytes kept_line, got_line;
    int line = 1;
    for (;; line++) {
        const bool has_kept = bytes_token(&kept, '\n', &kept_line);
        const bool has_got = bytes_token(&got, '\n', &got_line);
        if (!has_kept)
            kept_line = bytes_of("(the end)");
        if (!has_got)
            got_line = bytes_of("(the end)");
        if (!bytes_equal(kept_line, got_line) || (!has_kept && !has_got))
            break;
    }
    print_error("%s:%d differs; when the change is meant: ./dev test golden --record\n  "
                "kept: %.*s\n  now:  %.*s\n",
                path, line, (int)kept_line.len, kept_line.ptr, (int)got_line.len,
                got_line.ptr);
}

void golden_check(const char *name, struct bytes got)
{
    char path[512];
    struct buf kept = BUF_MAX(1 << 24);

    snprintf(path, sizeof(path), "tests/golden/%s", name);
    if (getenv("GOLDEN_RECORD")) {
        golden_record(path, got);
        return;
    }
    golden_read(path, &kept);
    const bool is_equal = bytes_equal(buf_bytes(&kept), got);
    if (!is_equal)
        golden_differ(path, buf_bytes(&kept), got);
    buf_finish(&kept);
    assert_true(is_equal);
}
