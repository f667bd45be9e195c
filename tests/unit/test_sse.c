/* SPDX-License-Identifier: Apache-2.0 */
/* Server-sent events: the examples of WHATWG HTML 9.2.6, every way a line may end, whole and byte by byte; and caps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/core/sse.h"

struct heard {
    struct buf text;
    size_t stop_after, count;
};

static bool on_event(void *ctx, const struct sse_event *event)
{
    struct heard *h = ctx;
    buf_add_byte(&h->text, '[');
    buf_add_bytes(&h->text, event->name);
    buf_add_byte(&h->text, '|');
    buf_add_bytes(&h->text, event->data);
    buf_add_byte(&h->text, ']');
    return !h->stop_after || ++h->count < h->stop_after;
}

struct story {
    const char *stream, *events, *id;
    nsec retry;
};

static const struct story stories[] = {
    {"data: a\n\n", "[|a]", "", -1},
    {"data: a\ndata: b\n\ndata: c\n\n", "[|a\nb][|c]", "", -1},
    {"event: add\ndata: 1\n\ndata: 2\n\n", "[add|1][|2]", "", -1},
    {"data\n\ndata\ndata\n\ndata:", "[|][|\n]", "", -1}, /* the last one never ended */
    {"data:test\n\ndata: test\n\ndata:  test\n\n", "[|test][|test][| test]", "", -1},
    {": a comment\n:\n\ndata: x: y\n\n", "[|x: y]", "", -1},
    {"event: lonely\n\ndata: x\n\n", "[|x]", "", -1},
    {"id: 7\ndata: x\n\nid\ndata: y\n\n", "[|x][|y]", "", -1},
    {"id: 7\ndata: \nretry: 250\n\n", "[|]", "7", 250 * NSEC_PER_MSEC},
    {"retry: soon\ndata: x\n\n", "[|x]", "", -1},
    {"retry: 99999999999999\n\n", "", "", 86400 * NSEC_PER_SEC},
    {"data: a\r\n\r\ndata: b\r\rdata: c\r\n\n", "[|a][|b][|c]", "", -1},
    {"\xEF\xBB\xBF"
     "data: a\n\n",
     "[|a]", "", -1},
    {"nonsense\nunknown: x\ndata: a\n\n", "[|a]", "", -1},
    {"", "", "", -1},
};

static void tell(const struct story *s, size_t step)
{
    struct heard heard = {.text = BUF_MAX(1000)};
    struct sse sse;
    const struct bytes all = bytes_of(s->stream);
    sse_init(&sse, 100, on_event, &heard);
    for (size_t at = 0; at < all.len; at += step)
        assert_true(sse_feed(&sse, bytes_slice(all, at, at + step)));
    assert_string_equal(buf_text(&heard.text), s->events);
    assert_string_equal(buf_text(&sse.id), s->id);
    assert_int_equal(sse.retry, s->retry);
    sse_finish(&sse);
    buf_finish(&heard.text);
}

static void test_stories(void **state)
{
    for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
        for (size_t step = 1; step < 4; step++)
            tell(&stories[i], step);
        tell(&stories[i], 10000);
    }
}

static void test_ends_when_told(void **state)
{
    struct heard heard = {.text = BUF_MAX(1000), .stop_after = 1};
    struct sse sse;
    sse_init(&sse, 100, on_event, &heard);
    assert_false(sse_feed(&sse, bytes_of("data: a\n\ndata: b\n\n")));
    assert_false(sse.is_over);
    assert_string_equal(buf_text(&heard.text), "[|a]");
    sse_finish(&sse);
    buf_finish(&heard.text);
}

static void test_caps(void **state)
{
    static const char *const lines[] = {"data: 0123456789012345",
                                        "data: 012345678\ndata: 012345678\n"};
    for (size_t i = 0; i < 2; i++) {
        struct heard heard = {.text = BUF_MAX(1000)};
        struct sse sse;
        sse_init(&sse, 16, on_event, &heard);
        assert_false(sse_feed(&sse, bytes_of(lines[i])));
        assert_true(sse.is_over);
        assert_string_equal(buf_text(&heard.text), "");
        sse_finish(&sse);
        buf_finish(&heard.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stories),
        cmocka_unit_test(test_ends_when_told),
        cmocka_unit_test(test_caps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
