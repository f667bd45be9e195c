/* SPDX-License-Identifier: Apache-2.0 */
/* Names of certificates in the form that blackbox_exporter's labels have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <openssl/x509.h>

#include "lib/base/attr.h"
#include "lib/core/tls_impl.h"

struct attribute {
    const char *type, *value;
    int set; /* 0: a new RDN, -1: in the one before */
};

static void names_have_the_exporters_order(void **state)
{
    static const struct {
        struct attribute attributes[8];
        const char *expected;
    } cases[] = {
        {{{0}}, ""},
        {{{"C", "DE", 0}, {"O", "Acme, Inc", 0}, {"CN", "localhost", 0}},
         "CN=localhost,O=Acme\\, Inc,C=DE"},
        {{{"CN", "x", 0},
          {"serialNumber", "17", 0},
          {"L", "Ulm", 0},
          {"ST", "BW", 0},
          {"street", "S 1", 0},
          {"postalCode", "89073", 0},
          {"OU", "ops", 0}},
         "SERIALNUMBER=17,CN=x,OU=ops,POSTALCODE=89073,STREET=S 1,L=Ulm,ST=BW"},
        {{{"OU", "a", 0}, {"OU", "b", 0}, {"CN", "first", 0}, {"CN", "last", 0}},
         "CN=last,OU=a+OU=b"},
        {{{"CN", "#1 \"q\" <a>;\\+ ", 0}}, "CN=\\#1 \\\"q\\\" \\<a\\>\\;\\\\\\+\\ "},
        {{{"CN", " edge", 0}}, "CN=\\ edge"},
        {{{"CN", "x", 0}, {"emailAddress", "a@b", 0}},
         "CN=x,1.2.840.113549.1.9.1=#0c03614062"},
        {{{"DC", "test", 0}, {"DC", "shop", 0}},
         "0.9.2342.19200300.100.1.25=#130473686f70,0.9.2342.19200300.100.1.25=#"
         "130474657374"},
        {{{"CN", "M\xc3\xbcnchen", 0}}, "CN=M\xc3\xbcnchen"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        X509_NAME *name = X509_NAME_new();
        for (const struct attribute *a = cases[i].attributes; a->type; a++)
            assert_int_equal(X509_NAME_add_entry_by_txt(name, a->type, MBSTRING_UTF8,
                                                        (const unsigned char *)a->value,
                                                        -1, -1, a->set),
                             1);
        assert_string_equal(tls_name_format(name, arena), cases[i].expected);
        X509_NAME_free(name);
        arena_destroy(arena);
    }
}

static void times_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } cases[] = {
        {"20260102030405Z", 1767323045},
        {"700101000000Z", 0},
        {"20500101000000Z", 2524608000},
        {"99991231235959Z", 253402300799},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        ASN1_TIME *time = ASN1_TIME_new();
        assert_int_equal(ASN1_TIME_set_string(time, cases[i].text), 1);
        const int64_t read = tls_time_read(time).ns;
        /* beyond 2262 nanoseconds end: the end is as good */
        if (cases[i].seconds > INT64_MAX / NSEC_PER_SEC)
            assert_true(read > INT64_MAX / 2);
        else
            assert_int_equal(read / NSEC_PER_SEC, cases[i].seconds);
        ASN1_TIME_free(time);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_have_the_exporters_order),
        cmocka_unit_test(times_are_read),
    };
    return cmocka_run_group_tests_name("tls_cert", tests, NULL, NULL);
}
