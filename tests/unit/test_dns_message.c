/* SPDX-License-Identifier: Apache-2.0 */
/* DNS messages: questions as bytes, records of every kind as text, and what is no message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "lib/core/dns_message.h"

static void add_u16(struct buf *out, unsigned number)
{
    buf_add_byte(out, (char)(number >> 8));
    buf_add_byte(out, (char)(number & 0xff));
}

/* An answer to "a.b" with one record, whose name points at the question. */
static void add_message(struct buf *out, unsigned type, const char *data, size_t len)
{
    static const char question[] = "\x01"
                                   "a\x01"
                                   "b\0\0\x01\0\x01";

    buf_clear(out);
    add_u16(out, 7);
    add_u16(out, 0x8580);
    for (int i = 0; i < 4; i++)
        add_u16(out, i < 2);
    buf_add(out, question, sizeof(question) - 1);
    add_u16(out, 0xc00c);
    add_u16(out, type);
    add_u16(out, 1);
    add_u16(out, 0);
    add_u16(out, 300);
    add_u16(out, (unsigned)len);
    buf_add(out, data, len);
}

#define DATA(text) (text), sizeof(text) - 1

static void records_are_text(void **state UNUSED)
{
    static const struct {
        unsigned type;
        const char *data;
        size_t len;
        const char *expected; /* NULL: no record of this type */
    } cases[] = {
        {1, DATA("\x7f\0\0\1"), "A\t127.0.0.1"},
        {1, DATA("\x7f\0\0"), NULL},
        {1, DATA("\x7f\0\0\1\1"), NULL},
        {28, DATA("\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1"), "AAAA\t2001:db8::1"},
        {2, DATA("\2ns\xc0\x0c"), "NS\tns.a.b."},
        {5, DATA("\0"), "CNAME\t."},
        {12, DATA("\4ho t\xc0\x0e"), "PTR\tho\\ t.b."},
        {6,
         DATA("\1m\xc0\x0c\1h\xc0\x0c\x78\xa3\xc4\x8f\0\0\0\2\0\0\0\3\0\0\0\4\0\0\0\5"),
         "SOA\tm.a.b. h.a.b. 2023998607 2 3 4 5"},
        {15, DATA("\0\xa\2mx\0"), "MX\t10 mx."},
        {16, DATA("\5he\"lo\2\\\xc3"), "TXT\t\"he\\\"lo\" \"\\\\\\195\""},
        {16, DATA("\5hello\2\\"), NULL},
        {33, DATA("\0\1\0\2\x15\xb3\1s\0"), "SRV\t1 2 5555 s."},
        {35, DATA("\0\1\0\2\1U\3E2U\0\0"), "NAPTR\t1 2 \"U\" \"E2U\" \"\" ."},
        {43, DATA("\x30\x39\x8\x2\xab\xcd"), "DS\t12345 8 2 ABCD"},
        {44, DATA("\4\2\xde\xad"), "SSHFP\t4 2 DEAD"},
        {46,
         DATA("\0\1\xd\2\0\0\1\x2c\x61\xcf\x99\x80\x61\xcf\x99\x80\0\7\xc0\x0c\1\2\3\4"),
         "RRSIG\tA 13 2 300 20220101000000 20220101000000 7 a.b. AQIDBA=="},
        {47, DATA("\1n\0\0\6\x40\1\0\0\0\3\1\1\x40"), "NSEC\tn. A MX RRSIG NSEC CAA"},
        {47, DATA("\1n\0\0\x21\x40"), NULL},
        {48, DATA("\1\0\3\xd\1\2\3"), "DNSKEY\t256 3 13 AQID"},
        {52, DATA("\3\1\1\xab"), "TLSA\t3 1 1 ab"},
        {257, DATA("\0\5issueca.test"), "CAA\t0 issue \"ca.test\""},
        {13, DATA("\3x86\5linux"), "HINFO\t\"x86\" \"linux\""},
        {64, DATA("\0\1\0"), "SVCB\t\\# 3 000100"},
        {65280, DATA("\xab"), "TYPE65280\t\\# 1 ab"},
        {65281, DATA(""), "TYPE65281\t\\# 0"},
        {2, DATA("\xc0\x21"), NULL}, /* points at itself */
        {2, DATA("\xc0\x03"), NULL}, /* into the header */
        {2, DATA("\xff\xff"), NULL},
        {2, DATA("\x41"), NULL},
        {2,
         DATA("\x05"
              "ab"),
         NULL},
    };
    struct buf message = BUF_MAX(1000);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct dns_message m;
        struct err e = {0};
        add_message(&message, cases[i].type, cases[i].data, cases[i].len);
        const bool ok = dns_message_read(arena, buf_bytes(&message), &m, &e);
        if (ok != (cases[i].expected != NULL))
            fail_msg("case %zu: %s", i, ok ? "was read" : e.text);
        if (ok) {
            const char *text =
                arena_printf(arena, "a.b.\t300\tIN\t%s", cases[i].expected);
            assert_string_equal(m.records[DNS_ANSWER][0].text, text);
            assert_true(m.is_authoritative && m.is_response && m.is_recursive);
            assert_int_equal(m.records[DNS_ANSWER][0].serial,
                             cases[i].type == DNS_SOA ? 2023998607u : 0u);
        } else {
            assert_non_null(strstr(e.text, "an answer does not fit"));
        }
        arena_destroy(arena);
    }
    buf_finish(&message);
}

static void questions_are_bytes(void **state UNUSED)
{
    static const struct {
        const char *name;
        const char *bytes; /* NULL: refused */
        size_t len;
    } cases[] = {
        {"a.b", DATA("\1a\1b\0")},
        {"a.b.", DATA("\1a\1b\0")},
        {".", DATA("\0")},
        {"", DATA("\0")},
        {"_x\\.y.z", DATA("\4_x.y\1z\0")},
        {"\\195\\164", DATA("\2\xc3\xa4\0")},
        {"a..b", NULL, 0},
        {".a", NULL, 0},
        {"a\\", NULL, 0},
        {"0123456789012345678901234567890123456789012345678901234567890123", NULL, 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf out = BUF_MAX(1000);
        struct err e = {0};
        const struct dns_question q = {cases[i].name, 28, 1};
        const bool ok = dns_query_write(&out, 0x1234, true, &q, &e);
        assert_int_equal(ok, cases[i].bytes != NULL);
        if (ok) {
            const struct bytes name = bytes_slice(buf_bytes(&out), 12, out.len - 4);
            assert_memory_equal(out.ptr, "\x12\x34\1\0\0\1\0\0\0\0\0\0", 12);
            assert_true(bytes_equal(name, (struct bytes){cases[i].bytes, cases[i].len}));
            assert_memory_equal(out.ptr + out.len - 4, "\0\x1c\0\1", 4);
        } else {
            assert_non_null(strstr(e.text, "is no domain name"));
        }
        buf_finish(&out);
    }
}

static void what_was_asked_is_read_back(void **state UNUSED)
{
    struct arena *arena = arena_create(0);
    struct buf out = BUF_MAX(1000);
    struct dns_message m;
    struct err e = {0};

    assert_true(
        dns_query_write(&out, 9, false, &(struct dns_question){"Shop.test", 1, 3}, &e));
    assert_true(dns_message_read(arena, buf_bytes(&out), &m, &e));
    assert_true(m.id == 9 && !m.is_response && m.question.type == 1 &&
                m.question.class == 3);
    assert_string_equal(m.question.name, "Shop.test.");
    assert_true(dns_name_equal(m.question.name, "sHOP.TEST"));
    assert_false(dns_name_equal("a.b", "a.c"));
    assert_false(dns_name_equal("a.b", "a.b.c"));
    for (size_t len = 0; len < out.len; len++)
        assert_false(
            dns_message_read(arena, bytes_slice(buf_bytes(&out), 0, len), &m, &e));
    buf_finish(&out);
    arena_destroy(arena);
}

static void a_message_of_too_much_is_refused(void **state UNUSED)
{
    static const char many[] = "\0\7\x81\x80\0\0\xff\xff\xff\xff\xff\xff";
    struct arena *arena = arena_create(0);
    struct dns_message m;
    struct err e = {0};

    assert_false(dns_message_read(arena, (struct bytes){many, sizeof(many) - 1}, &m, &e));
    assert_non_null(strstr(e.text, "196605 records"));
    assert_true(arena_used(arena) < 1000);
    arena_destroy(arena);
}

static void words_are_iana_s(void **state UNUSED)
{
    struct arena *arena = arena_create(0);
    uint16_t number;
    int rcode;

    assert_true(dns_type_find("HTTPS", &number) && number == 65);
    assert_true(dns_type_find("TYPE65280", &number) && number == 65280);
    assert_false(dns_type_find("a", &number));
    assert_false(dns_type_find("TYPE65536", &number));
    assert_true(dns_class_find("CH", &number) && number == 3);
    assert_true(dns_rcode_find("NXDOMAIN", &rcode) && rcode == 3);
    assert_false(dns_rcode_find("NXDOMAINS", &rcode));
    assert_string_equal(dns_type_name(255, arena), "ANY");
    assert_string_equal(dns_class_name(9, arena), "CLASS9");
    assert_string_equal(dns_rcode_name(12, arena), "RCODE12");
    arena_destroy(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_text),
        cmocka_unit_test(questions_are_bytes),
        cmocka_unit_test(what_was_asked_is_read_back),
        cmocka_unit_test(a_message_of_too_much_is_refused),
        cmocka_unit_test(words_are_iana_s),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
