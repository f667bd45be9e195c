/* SPDX-License-Identifier: Apache-2.0 */
/* SCRAM's client with the conversations of RFC 5802 §5, RFC 7677 §3 and MongoDB's specification; what servers may not
 * ask or say; and passwords with more than ASCII (RFC 4013 §3, as far as saslprep.h goes). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "lib/base/attr.h"
#include "lib/core/digest.h"
#include "lib/core/saslprep.h"
#include "lib/core/scram.h"

struct talk_case {
    struct scram_who who;
    const char *first, *challenge, *final, *verdict;
};

static const struct talk_case talks[] = {
    {{SCRAM_SHA_1, "user", "pencil", "fyko+d2lbbFgONRv9qkxdawL"},
     "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
     "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
     "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
     "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="},
    {{SCRAM_SHA_256, "user", "pencil", "rOprNGfwEbeRWgbNEkqO"},
     "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
     "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i="
     "4096",
     "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p="
     "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
     "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="},
    /* MongoDB hashes the password first: md5("user:mongo:pencil"). */
    {{SCRAM_SHA_1, "user", "1c33006ec1ffd90f9cadcbcc0e118200",
      "fyko+d2lbbFgONRv9qkxdawL"},
     "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
     "r=fyko+d2lbbFgONRv9qkxdawLHo+Vgk7qvUOKUwuWLIWg4l/9SraGMHEE,s="
     "rQ9ZY3MntBeuP3E1TDVC4w==,i=10000",
     "c=biws,r=fyko+d2lbbFgONRv9qkxdawLHo+Vgk7qvUOKUwuWLIWg4l/9SraGMHEE,p="
     "MC2T8BvbmWRckDw8oWl5IVghwCY=",
     "v=UMWeI25JD1yNYZRMpZ4VHvhZ9e0="},
};

static struct scram *begin(struct arena *arena, const struct scram_who *who)
{
    struct scram *s = NULL;
    struct err e = {0};

    assert_true(scram_begin(arena, who, &s, &e));
    return s;
}

static void assert_bytes(struct bytes got, const char *want)
{
    assert_int_equal(got.len, strlen(want));
    assert_memory_equal(got.ptr, want, got.len);
}

static void known_conversations(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(talks); i++) {
        const struct talk_case *t = &talks[i];
        struct arena *arena = arena_create(0);
        struct scram_key key = {0}, other = {0};
        struct err e = {0};
        struct scram *s = begin(arena, &t->who);
        assert_bytes(scram_first(s), t->first);
        assert_true(scram_take_challenge(s, bytes_of(t->challenge), &e));
        assert_false(scram_use_key(s, &key));
        scram_compute(s);
        assert_bytes(scram_final(s), t->final);
        assert_true(scram_verify(s, bytes_of(t->verdict), &e));
        scram_keep_key(s, &key);

        /* The next login needs no computation. */
        s = begin(arena, &t->who);
        assert_true(scram_take_challenge(s, bytes_of(t->challenge), &e));
        assert_true(scram_use_key(s, &key));
        assert_bytes(scram_final(s), t->final);
        other = key;
        other.server[0] ^= 1;
        assert_true(scram_use_key(s, &other));
        assert_false(scram_verify(s, bytes_of(t->verdict), &e));
        assert_non_null(strstr(e.text, "does not prove"));

        /* Another password is another key. */
        struct scram_who who = t->who;
        who.password = "pen";
        s = begin(arena, &who);
        assert_true(scram_take_challenge(s, bytes_of(t->challenge), &e));
        assert_false(scram_use_key(s, &key));
        arena_destroy(arena);
    }
}

static void challenges_refused(void **state)
{
    static const struct {
        const char *challenge, *why;
    } cases[] = {
        {"", "not SCRAM's"},
        {"r=abcdef", "not SCRAM's"},
        {"r=abcdef,s=AAAA", "not SCRAM's"},
        {"s=AAAA,r=abcdef,i=4096", "not SCRAM's"},
        {"m=ext,r=abcdef,s=AAAA,i=4096", "extension"},
        {"r=xabcdef,s=AAAA,i=4096", "another client's nonce"},
        {"r=abc,s=AAAA,i=4096", "another client's nonce"}, /* nothing of its own */
        {"r=abcdef,s=,i=4096", "salt"},
        {"r=abcdef,s=AAA,i=4096", "salt"},
        {"r=abcdef,s=A\n==,i=4096", "salt"},
        {"r=abcdef,s=!!!!,i=4096", "salt"},
        {"r=abcdef,s=AAAA,i=", "no number"},
        {"r=abcdef,s=AAAA,i=-1", "no number"},
        {"r=abcdef,s=AAAA,i=4095", "give the password away"},
        {"r=abcdef,s=AAAA,i=200001", "at most 200000"},
        {"r=abcdef,s=AAAA,i=2000000", "asks for 2000000 iterations"},
        {"r=abcdef,s=AAAA,i=99999999999999999999999", "no number"},
    };
    static const struct scram_who who = {SCRAM_SHA_256, "u", "p", "abc"};

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct err e = {0};
        struct scram *s = begin(arena, &who);
        assert_false(scram_take_challenge(s, bytes_of(cases[i].challenge), &e));
        if (!strstr(e.text, cases[i].why))
            fail_msg("%s: %s", cases[i].challenge, e.text);
        arena_destroy(arena);
    }
}

static void verdicts_refused(void **state)
{
    static const struct {
        const char *message, *why;
    } cases[] = {
        {"", "not SCRAM's"},
        {"e=invalid-proof", "refuses the login: invalid-proof"},
        {"v=", "not SCRAM's"},
        {"v=AAAA", "not SCRAM's"},
        {"v=7rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=", "does not prove"},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        struct err e = {0};
        struct scram *s = begin(arena, &talks[1].who);
        assert_true(scram_take_challenge(s, bytes_of(talks[1].challenge), &e));
        scram_compute(s);
        assert_false(scram_verify(s, bytes_of(cases[i].message), &e));
        if (!strstr(e.text, cases[i].why))
            fail_msg("%s: %s", cases[i].message, e.text);
        arena_destroy(arena);
    }
}

static void names_are_escaped(void **state)
{
    static const struct scram_who who = {SCRAM_SHA_256, "a=b,c", "p", "nonce"};
    struct arena *arena = arena_create(0);

    assert_bytes(scram_first(begin(arena, &who)), "n,,n=a=3Db=2Cc,r=nonce");
    arena_destroy(arena);
}

static void nonces_are_random(void **state)
{
    static const struct scram_who who = {SCRAM_SHA_256, "u", "p", NULL};
    struct arena *arena = arena_create(0);
    const struct bytes a = scram_first(begin(arena, &who));
    const struct bytes b = scram_first(begin(arena, &who));

    assert_int_equal(a.len, strlen("n,,n=u,r=") + 32);
    assert_memory_not_equal(a.ptr, b.ptr, a.len);
    arena_destroy(arena);
}

static void prepared_passwords(void **state)
{
    static const struct {
        const char *text, *want; /* NULL: refused */
    } cases[] = {
        {"", ""},
        {"user", "user"},
        {"USER", "USER"},
        {"I\xc2\xadX", "IX"},      /* RFC 4013 §3: SOFT HYPHEN */
        {"a\xc2\xa0z", "a z"},     /* NO-BREAK SPACE */
        {"a\xe3\x80\x80z", "a z"}, /* IDEOGRAPHIC SPACE */
        {"a\xef\xbb\xbfz", "az"},  /* ZERO WIDTH NO-BREAK SPACE */
        {"pa\xc3\x9fw\xc3\xb6rt", "pa\xc3\x9fw\xc3\xb6rt"}, /* composed already */
        {"\xd0\xbf\xd0\xb0\xd1\x80", "\xd0\xbf\xd0\xb0\xd1\x80"},
        {"\xe5\xaf\x86\xe7\xa0\x81", "\xe5\xaf\x86\xe7\xa0\x81"},
        {"\xf0\x9f\x94\x91", "\xf0\x9f\x94\x91"},
        {"\xc2\xaa", NULL},     /* RFC 4013 §3: FEMININE ORDINAL, would be "a" */
        {"\xe2\x85\xa8", NULL}, /* ROMAN NUMERAL NINE, would be "IX" */
        {"o\xcc\x88", NULL},    /* a diaeresis of its own, would be joined */
        {"\xef\xbd\x81", NULL}, /* FULLWIDTH A */
        {"\xff", NULL},
        {"\xc3", NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct arena *arena = arena_create(0);
        const char *got = NULL;
        struct err e = {0};
        assert_int_equal(saslprep(arena, cases[i].text, &got, &e), cases[i].want != NULL);
        if (cases[i].want)
            assert_string_equal(got, cases[i].want);
        else
            assert_true(e.text[0]);
        arena_destroy(arena);
    }
}

static void mongodb_password(void **state)
{
    char text[DIGEST_MD5_TEXT_SIZE];

    digest_md5(bytes_of("user:mongo:pencil"), text);
    assert_string_equal(text, "1c33006ec1ffd90f9cadcbcc0e118200");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_conversations), cmocka_unit_test(challenges_refused),
        cmocka_unit_test(verdicts_refused),    cmocka_unit_test(names_are_escaped),
        cmocka_unit_test(nonces_are_random),   cmocka_unit_test(prepared_passwords),
        cmocka_unit_test(mongodb_password),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
