/* SPDX-License-Identifier: Apache-2.0 */
/* Which Accept-Encoding lets a page be sent in gzip. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "collector/web_coding.h"
#include "lib/base/attr.h"

static void gzip_is_sent_to_those_who_read_it(void **state UNUSED)
{
    static const struct {
        const char *header; /* NULL: none */
        bool is_accepted;
    } cases[] = {
        {NULL, false},
        {"", false},
        {"identity", false},
        {"gzip", true},
        {"x-gzip", true},
        {"deflate, GZIP;q=0.5, br", true},
        {"*", true},
        {"gzip;q=0", false},
        {"gzip;q=0.", false},
        {"gzip;q=0.000", false},
        {"gzip; Q=0", false},
        {"gzip ; q=0.001", true},
        {"gzip;q=1", true},
        {"gzip;q=", false},
        {"gzip;level=9;q=0", false},
        {"*;q=0, gzip", true},
        {"*, gzip;q=0", false},
        {"gzip;q=0, *", false},
        {"br, *;q=0", false},
        {", ,gzip", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (coding_accepts_gzip(bytes_of(cases[i].header)) != cases[i].is_accepted)
            fail_msg("%s", cases[i].header);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gzip_is_sent_to_those_who_read_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
