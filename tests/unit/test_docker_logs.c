/* SPDX-License-Identifier: Apache-2.0 */
/* Log streams taken apart: frames, terminals, long lines; whole, then byte by byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/core/docker.h"

#define STAMP "2026-11-27T03:59:50.123456789Z "

#define PODMANS "2026-11-27T14:31:47Z "

static void on_line(void *ctx, const struct docker_line *line)
{
    struct buf *said = ctx;
    buf_printf(said, "%s%s%s[%.*s]", line->stream == DOCKER_STDERR ? "err" : "out",
               line->at.ns ? "@" : "", line->is_cut ? "…" : "", (int)line->text.len,
               line->text.ptr);
}

#define STORY(bytes, said)               \
    {                                    \
        {bytes, sizeof(bytes) - 1}, said \
    }

static const struct {
    struct bytes stream;
    const char *said;
} stories[] = {
    STORY("", ""),
    STORY("\1\0\0\0\0\0\0\6hello\n", "out[hello]"),
    STORY("\1\0\0\0\0\0\0\3hel\2\0\0\0\0\0\0\4oh!\n\1\0\0\0\0\0\0\3lo\n",
          "err[oh!]out[hello]"),
    STORY("\1\0\0\0\0\0\0\4a\nb\n\1\0\0\0\0\0\0\0\2\0\0\0\0\0\0\1c",
          "out[a]out[b]err[c]"),
    STORY("\3\0\0\0\0\0\0\2x\n", "err[x]"),
    STORY("hello\r\nworld", "out[hello]out[world]"),
    STORY("hi", "out[hi]"),
    STORY("\n\n", "out[]out[]"),
    STORY("\1\0\0\0\0\0\0\x27" STAMP "started\n", "out@[started]"),
    STORY(STAMP "\n", "out@[]"),
    STORY("0123456789abcdef0123456789\nb\n", "out…[0123456789abcdef]out[b]"),
    STORY(STAMP "0123456789abcdef0123456789\nb\n", "out@…[0123456789abcdef]out[b]"),
    STORY("\1\0\0\0\xff\xff\xff\xff"
          "endless",
          "out[endless]"),
    STORY("\1\0\0\0\0", ""),
    /* Docker 20.10: a line of more than 16 KiB comes in such pieces */
    STORY("\1\0\0\0\0\0\0\x21" STAMP "ab\1\0\0\0\0\0\0\x20" STAMP
          "c\1\0\0\0\0\0\0\x25" STAMP " end\n\n",
          "out@[abc end]out[]"),
    /* Podman 4.3.1: a line that came in two pieces, then another stream and an empty line */
    STORY("\1\0\0\0\0\0\0\x1c" PODMANS "partial\2\0\0\0\0\0\0\x1a" PODMANS
          "err1\n\1\0\0\0\0\0\0\x1b" PODMANS " rest\n\1\0\0\0\0\0\0\x16" PODMANS "\n",
          "err@[err1]out@[partial rest]out@[]"),
    STORY("\1\0\0\0\0\0\0\x17" PODMANS "ab\1\0\0\0\0\0\0\x15" PODMANS
          "\1\0\0\0\0\0\0\x17" PODMANS "c\n",
          "out@[abc]"),
    STORY("\1\0\0\0\0\0\0\2ab\1\0\0\0\0\0\0\5cd ef\1\0\0\0\0\0\0\1", "out[abcd ef]"),
};

static void streams_are_taken_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(stories); i++) {
        for (size_t step = 1; step < 64; step++) {
            struct buf said = BUF_MAX(4096);
            struct docker_demux *x = docker_demux_create(16, on_line, &said);
            for (size_t at = 0; at < stories[i].stream.len; at += step)
                docker_demux_feed(x, bytes_slice(stories[i].stream, at, at + step));
            docker_demux_end(x);
            assert_string_equal(buf_text(&said), stories[i].said);
            docker_demux_destroy(x);
            buf_finish(&said);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_are_taken_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
