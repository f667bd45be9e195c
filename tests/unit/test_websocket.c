/* SPDX-License-Identifier: Apache-2.0 */
/* WebSocket frames written and read, and the key of the handshake. The dialogue is in tests/dialogue/websocket.txt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "lib/base/base64.h"
#include "probes/websocket.h"

static void frames_are_masked(void **state UNUSED)
{
    static const unsigned char mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    struct buf out = BUF_MAX(100);

    websocket_frame_write(&out, WEBSOCKET_TEXT, bytes_of("Hello"), mask);
    /* RFC 6455 §5.7 */
    assert_int_equal(out.len, 11);
    assert_memory_equal(out.ptr, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", 11);
    buf_finish(&out);
}

static void lengths_have_three_forms(void **state UNUSED)
{
    static const unsigned char mask[4] = {0};
    static const struct {
        size_t len;
        struct bytes head;
    } cases[] = {
        {0, {"\x82\x80", 2}},
        {125, {"\x82\xfd", 2}},
        {126, {"\x82\xfe\x00\x7e", 4}},
        {65535, {"\x82\xfe\xff\xff", 4}},
        {65536, {"\x82\xff\x00\x00\x00\x00\x00\x01\x00\x00", 10}},
    };
    char *payload = test_calloc(1, 65536);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf out = BUF_MAX(70000);
        websocket_frame_write(&out, WEBSOCKET_BINARY,
                              (struct bytes){payload, cases[i].len}, mask);
        assert_int_equal(out.len, cases[i].head.len + 4 + cases[i].len);
        assert_memory_equal(out.ptr, cases[i].head.ptr, cases[i].head.len);
        buf_finish(&out);
    }
    test_free(payload);
}

/* What comes is read the same whole and byte by byte. */
static void frames_are_read(void **state UNUSED)
{
    static const struct {
        struct bytes in;
        enum websocket_heard heard;
        struct bytes payload;
        int code;
    } cases[] = {
        {{"\x81\x05Hello", 7}, WEBSOCKET_HEARD_TEXT, {"Hello", 5}, 0},
        {{"\x01\x03Hel\x80\x02lo", 9}, WEBSOCKET_HEARD_TEXT, {"Hello", 5}, 0},
        {{"\x01\x00\x00\x00\x80\x00", 6}, WEBSOCKET_HEARD_TEXT, {"", 0}, 0},
        {{"\x82\x02\x00\xff", 4}, WEBSOCKET_HEARD_BINARY, {"\x00\xff", 2}, 0},
        {{"\x89\x02hi", 4}, WEBSOCKET_HEARD_PING, {"hi", 2}, 0},
        {{"\x8a\x00", 2}, WEBSOCKET_HEARD_PONG, {"", 0}, 0},
        {{"\x88\x00", 2}, WEBSOCKET_HEARD_CLOSE, {"", 0}, 1005},
        {{"\x88\x05\x03\xe9"
          "bye",
          7},
         WEBSOCKET_HEARD_CLOSE,
         {"bye", 3},
         1001},
        {{"\x88\x02\x0f\xa1", 4}, WEBSOCKET_HEARD_CLOSE, {"", 0}, 4001},
        {{"\x01\x01"
          "a\x89\x01p",
          6},
         WEBSOCKET_HEARD_PING,
         {"p", 1},
         0},
        {{"\x81", 1}, WEBSOCKET_HEARD_LITTLE, {"", 0}, 0},
        {{"\x81\x05Hell", 6}, WEBSOCKET_HEARD_LITTLE, {"", 0}, 0},
        {{"\x81\x7e\x00", 3}, WEBSOCKET_HEARD_LITTLE, {"", 0}, 0},
        {{"\x01\x01"
          "a",
          3},
         WEBSOCKET_HEARD_LITTLE,
         {"", 0},
         0},
        {{"\x81\x7e\x00\x65", 4}, WEBSOCKET_HEARD_FAULT, {"", 0}, 1002},
        {{"\x81\x65", 2}, WEBSOCKET_HEARD_FAULT, {"", 0}, 1009}, /* 101 bytes */
        {{"\x81\x7e\x00\x7e", 4}, WEBSOCKET_HEARD_FAULT, {"", 0}, 1009},
        {{"\x81\x7f\x80\0\0\0\0\0\0\0", 10}, WEBSOCKET_HEARD_FAULT, {"", 0}, 1009},
        {{"\x81\x01\xff", 3}, WEBSOCKET_HEARD_FAULT, {"", 0}, 1007},
        {{"\x88\x02\x03\xee", 4}, WEBSOCKET_HEARD_FAULT, {"", 0}, 1002}, /* 1006 */
        {{"\x88\x02\x13\x88", 4}, WEBSOCKET_HEARD_FAULT, {"", 0}, 1002}, /* 5000 */
    };
    struct arena *arena = arena_create(0);
    for (size_t i = 0; i < 2 * ARRAY_LEN(cases); i++) {
        const bool is_whole = i < ARRAY_LEN(cases);
        struct bytes rest = cases[i % ARRAY_LEN(cases)].in, piece, payload = {"", 0};
        enum websocket_heard heard = WEBSOCKET_HEARD_LITTLE;
        struct websocket_reader reader;
        struct err e = {0};
        int code = 0;
        websocket_reader_init(&reader, arena, 100);
        while (heard == WEBSOCKET_HEARD_LITTLE &&
               bytes_take(&rest, is_whole ? rest.len : 1, &piece) && piece.len)
            heard = websocket_hear(&reader, &piece, &payload, &code, &e);
        assert_int_equal(heard, cases[i % ARRAY_LEN(cases)].heard);
        assert_int_equal(code, cases[i % ARRAY_LEN(cases)].code);
        assert_int_equal(heard == WEBSOCKET_HEARD_FAULT, e.text[0] != '\0');
        if (heard != WEBSOCKET_HEARD_FAULT)
            assert_true(bytes_equal(payload, cases[i % ARRAY_LEN(cases)].payload));
    }
    arena_destroy(arena);
}

static void many_messages_take_the_room_of_the_largest(void **state UNUSED)
{
    static const struct bytes frame = {"\x81\x05Hello", 7};
    struct arena *arena = arena_create(0);
    struct websocket_reader reader;
    struct err e = {0};
    int code;

    websocket_reader_init(&reader, arena, 100);
    for (int i = 0; i < 10000; i++) {
        struct bytes in = frame, payload;
        assert_int_equal(websocket_hear(&reader, &in, &payload, &code, &e),
                         WEBSOCKET_HEARD_TEXT);
    }
    assert_true(arena_used(arena) < 4096);
    arena_destroy(arena);
}

static void keys_are_accepted(void **state UNUSED)
{
    char text[WEBSOCKET_ACCEPT_SIZE];

    assert_true(websocket_accept("dGhlIHNhbXBsZSBub25jZQ==", text)); /* RFC 6455 §1.3 */
    assert_string_equal(text, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static void bytes_become_base64(void **state UNUSED)
{
    static const char *const cases[][2] = {
        /* RFC 4648 §10 */
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf out = BUF_MAX(20);
        base64_add(&out, bytes_of(cases[i][0]));
        assert_string_equal(buf_text(&out), cases[i][1]);
        buf_finish(&out);
    }
}

static void configurations_are_judged(void **state UNUSED)
{
    static const struct {
        const char *url;
        struct pair header;
        const char *send;
        bool has_step, expected;
    } cases[] = {
        {"ws://chat/", {"X-Tenant", "7"}, "", false, true},
        {"WSS://chat:8443/ws?a=1", {"Host", "other"}, "hi", false, true},
        {"chat", {"X-Tenant", ""}, "", true, true},
        {"https://chat/", {"X-Tenant", "7"}, "", false, true},
        {"ftp://chat/", {"X-Tenant", "7"}, "", false, false},
        {"", {"X-Tenant", "7"}, "", false, false},
        {"ws://chat/", {"Sec-WebSocket-Key", "7"}, "", false, false},
        {"ws://chat/", {"connection", "close"}, "", false, false},
        {"ws://chat/", {"X Tenant", "7"}, "", false, false},
        {"ws://chat/", {"X-Tenant", "7\r\nA: b"}, "", false, false},
        {"ws://chat/", {"X-Tenant", "7"}, "hi", true, false},
    };
    static const struct websocket_step step = {.send = "hi"};
    struct arena *arena = arena_create(0);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct websocket_conf conf = {0};
        struct err e = {0};
        opt_defaults(websocket_opts, &conf, arena);
        conf.url = cases[i].url;
        conf.send = cases[i].send;
        conf.headers = (struct pairs){&cases[i].header, 1};
        conf.query_response =
            (struct sections){.items = &step, .count = cases[i].has_step};
        assert_int_equal(websocket_validate(&conf, arena, &e), cases[i].expected);
        assert_int_equal(e.text[0] == '\0', cases[i].expected);
    }
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_masked),
        cmocka_unit_test(lengths_have_three_forms),
        cmocka_unit_test(frames_are_read),
        cmocka_unit_test(many_messages_take_the_room_of_the_largest),
        cmocka_unit_test(keys_are_accepted),
        cmocka_unit_test(bytes_become_base64),
        cmocka_unit_test(configurations_are_judged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
