/* SPDX-License-Identifier: Apache-2.0 */
/* Digests: the vectors of FIPS 180-4 and RFC 4231, and parts that cannot be mistaken for others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "lib/base/attr.h"
#include "lib/core/digest.h"

static void known_digests(void **state)
{
    static const struct {
        const char *data, *digest;
    } cases[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    };
    char text[DIGEST_TEXT_SIZE];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        digest_bytes(bytes_of(cases[i].data), text);
        assert_string_equal(text, cases[i].digest);
    }
}

static void known_signatures(void **state)
{
    static const struct {
        const char *key, *data, *digest;
    } cases[] = {
        {"Jefe", "what do ya want for nothing?",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {"", "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
    };
    char text[DIGEST_TEXT_SIZE];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        digest_hmac(bytes_of(cases[i].key), bytes_of(cases[i].data), text);
        assert_string_equal(text, cases[i].digest);
    }
}

static void parts_are_apart(void **state)
{
    const struct bytes left[] = {bytes_of("a"), bytes_of("bc")};
    const struct bytes right[] = {bytes_of("ab"), bytes_of("c")};
    char a[DIGEST_TEXT_SIZE], b[DIGEST_TEXT_SIZE];
    (void)state;
    digest_parts(left, 2, a);
    digest_parts(right, 2, b);
    assert_string_not_equal(a, b);
    digest_parts(left, 2, b);
    assert_string_equal(a, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_digests),
        cmocka_unit_test(known_signatures),
        cmocka_unit_test(parts_are_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
