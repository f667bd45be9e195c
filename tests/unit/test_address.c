/* SPDX-License-Identifier: Apache-2.0 */
/* Literals in, text out: every form a configuration or a resolver gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "lib/core/resolve.h"

static void literals_read_and_print_back(void **state)
{
    static const struct {
        const char *host;
        int port;
        const char *text; /* NULL: not a literal */
    } cases[] = {
        {"127.0.0.1", 80, "127.0.0.1:80"},
        {"127.0.0.1", 0, "127.0.0.1"},
        {"::1", 443, "[::1]:443"},
        {"[::1]", 443, "[::1]:443"},
        {"::1", 0, "::1"},
        {"2001:DB8:0::1", 1, "[2001:db8::1]:1"},
        {"::ffff:10.0.0.1", 65535, "[::ffff:10.0.0.1]:65535"},
        {"fe80::1%1", 22, "[fe80::1%1]:22"},
        {"fe80::1%lo", 22, "[fe80::1%1]:22"},
        {"fe80::1%", 22, NULL},
        {"fe80::1%nosuchinterface0", 22, NULL},
        {"127.0.0.1%1", 22, NULL},
        {"127.1", 80, NULL},
        {"0127.0.0.1", 80, NULL},
        {"127.0.0.1 ", 80, NULL},
        {"127.0.0.1", 65536, NULL},
        {"127.0.0.1", -1, NULL},
        {"[127.0.0.1]", 80, "127.0.0.1:80"},
        {"[::1", 80, NULL},
        {"[]", 80, NULL},
        {"localhost", 80, NULL},
        {"", 80, NULL},
        {NULL, 80, NULL},
        {"1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17:18:19:20:21:22:23:24:25:26", 80,
         NULL},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct address a;
        char text[ADDRESS_TEXT_SIZE];
        const bool read = address_parse(cases[i].host, cases[i].port, &a);
        if (read != (cases[i].text != NULL))
            fail_msg("%s: read %d", cases[i].host, read);
        if (read)
            assert_string_equal(address_format(&a, text), cases[i].text);
    }
}

static void equality_is_of_address_and_port(void **state)
{
    static const struct {
        const char *a, *b;
        int port_a, port_b;
        bool equal;
    } cases[] = {
        {"10.0.0.1", "10.0.0.1", 1, 1, true},
        {"10.0.0.1", "10.0.0.1", 1, 2, false},
        {"10.0.0.1", "10.0.0.2", 1, 1, false},
        {"10.0.0.1", "::ffff:10.0.0.1", 1, 1, false},
        {"::1", "0:0::1", 1, 1, true},
        {"fe80::1%1", "fe80::1%2", 1, 1, false},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct address a, b;
        assert_true(address_parse(cases[i].a, cases[i].port_a, &a));
        assert_true(address_parse(cases[i].b, cases[i].port_b, &b));
        assert_int_equal(address_equal(&a, &b), cases[i].equal);
        assert_int_equal(address_equal(&b, &a), cases[i].equal);
        assert_int_equal(address_family(&a), a.to.sa.sa_family == AF_INET ? 4 : 6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_read_and_print_back),
        cmocka_unit_test(equality_is_of_address_and_port),
    };
    return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
