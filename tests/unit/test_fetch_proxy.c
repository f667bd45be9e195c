/* SPDX-License-Identifier: Apache-2.0 */
/* Which hosts NO_PROXY covers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "lib/core/fetch_parts.h"

static void covers(void **state)
{
    static const struct {
        const char *no_proxy, *host;
        int port;
        bool covered;
    } cases[] = {
        {"", "a.test", 80, false},
        {"*", "a.test", 80, true},
        {"a.test", "a.test", 80, true},
        {"a.test", "b.a.test", 80, true}, /* names mean their subdomains too */
        {"a.test", "xa.test", 80, false},
        {".a.test", "a.test", 80, false}, /* a leading dot means only those */
        {".a.test", "b.a.test", 80, true},
        {"*.a.test", "b.a.test", 80, true},
        {"A.Test", "a.tesT", 80, true},
        {"x.test, a.test", "a.test", 80, true},
        {"a.test:8080", "a.test", 80, false},
        {"a.test:8080", "a.test", 8080, true},
        {"127.0.0.1", "127.0.0.1", 80, true},
        {"10.0.0.0/8", "10.1.2.3", 80, true},
        {"10.0.0.0/8", "11.1.2.3", 80, false},
        {"10.128.0.0/9", "10.127.0.1", 80, false},
        {"10.0.0.0/33", "10.0.0.1", 80, false},
        {"10.0.0.0/8", "ten.test", 80, false},
        {"fd00::/8", "fd12::1", 80, true},
        {"[::1]", "::1", 80, true},
        {"::1", "::1", 80, true},
        {"0.0.0.0/0", "127.0.0.1", 80, true},
        {",,", "a.test", 80, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (no_proxy_covers(cases[i].no_proxy, cases[i].host, cases[i].port) !=
            cases[i].covered)
            fail_msg("'%s' and %s:%d", cases[i].no_proxy, cases[i].host, cases[i].port);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(covers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
