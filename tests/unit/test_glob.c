/* SPDX-License-Identifier: Apache-2.0 */
/* Name patterns and near misses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "lib/base/glob.h"

static void patterns_match_whole_names(void **state)
{
    static const struct {
        const char *pattern, *text;
        bool match;
    } cases[] = {
        {"", "", true},
        {"", "a", false},
        {"a", "", false},
        {"abc", "abc", true},
        {"abc", "abcd", false},
        {"*", "", true},
        {"*", "anything", true},
        {"**", "x", true},
        {"a*c", "abbbc", true},
        {"a*c", "ac", true},
        {"a*c", "acb", false},
        {"*.example.com", "www.example.com", true},
        {"*.example.com", "example.com", false},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"?", "", false},
        {"*?", "", false},
        {"*?", "a", true},
        {"eth[0-9]", "eth7", true},
        {"eth[0-9]", "ethx", false},
        {"[!0-9]*", "x1", true},
        {"[!0-9]*", "1x", false},
        {"[]a]", "]", true},
        {"[!]a]", "]", false},
        {"[!]a]", "b", true},
        {"[a-]", "-", true},
        {"[\\]]", "]", true},
        {"[\\a-\\c]", "b", true},
        {"[a", "[a", true},
        {"[", "[", true},
        {"[]", "[]", true},
        {"[!]", "[!]", true},
        {"*[x", "aa[x", true},
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"\\", "\\", true},
        {"a\\?b", "a?b", true},
        {"*a*b*c*", "xxaxxbxxcxx", true},
        {"*a*b*c*", "xxcxxbxxaxx", false},
        {"[\x80-\xFF]", "\xE2", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (glob_match(bytes_of(cases[i].pattern), bytes_of(cases[i].text)) !=
            cases[i].match)
            fail_msg("'%s' against '%s'", cases[i].pattern, cases[i].text);
    }
    assert_true(glob_match((struct bytes){"a?b", 3}, (struct bytes){"a\0b", 3}));
}

/* With backtracking into every star this would outlive the test's timeout by ages. */
static void hostile_patterns_end_soon(void **state)
{
    char pattern[400], text[4000];
    memset(text, 'a', sizeof(text));
    for (size_t i = 0; i < sizeof(pattern); i++)
        pattern[i] = i % 2 ? 'a' : '*';
    pattern[sizeof(pattern) - 1] = 'b';
    assert_false(glob_match((struct bytes){pattern, sizeof(pattern)},
                            (struct bytes){text, sizeof(text)}));

    memset(text, '[', sizeof(text));
    memset(pattern, '[', sizeof(pattern));
    pattern[0] = '*';
    pattern[sizeof(pattern) - 1] = 'b';
    assert_false(glob_match((struct bytes){pattern, sizeof(pattern)},
                            (struct bytes){text, sizeof(text)}));
}

static void the_nearest_word_is_one_that_was_meant(void **state)
{
    static const char *const options[] = {"interval",   "timeout", "expect", "labels",
                                          "depends_on", "url",     NULL};
    static const struct {
        const char *word, *nearest;
    } cases[] = {
        {"intervall", "interval"},
        {"intreval", "interval"},
        {"tiemout", "timeout"},
        {"timeout", "timeout"},
        {"time_out", "timeout"},
        {"dependson", "depends_on"},
        {"label", "labels"},
        {"uri", "url"},
        {"internet of", NULL},
        {"completely", NULL},
        {"", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const char *nearest = nearest_word(cases[i].word, options);
        if (!cases[i].nearest)
            assert_null(nearest);
        else if (!nearest || strcmp(nearest, cases[i].nearest) != 0)
            fail_msg("'%s': %s", cases[i].word, nearest ? nearest : "nothing");
    }
    assert_null(nearest_word("word", (const char *const[]){NULL}));

    char huge[1000];
    memset(huge, 'a', sizeof(huge) - 1);
    huge[sizeof(huge) - 1] = '\0';
    assert_null(nearest_word(huge, options));
    assert_string_equal(nearest_word("url", (const char *const[]){huge, "url", NULL}),
                        "url");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_match_whole_names),
        cmocka_unit_test(hostile_patterns_end_soon),
        cmocka_unit_test(the_nearest_word_is_one_that_was_meant),
    };
    return cmocka_run_group_tests_name("glob", tests, NULL, NULL);
}
