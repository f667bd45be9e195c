/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Patterns and near misses over names. Called with patterns from the configuration and
 * names from anywhere; never allocates and never takes more than pattern times text steps.
 */
#include "lib/base/glob.h"

#include <stddef.h>
#include <string.h>

#define LONGEST_WORD 64

struct glob {
    struct bytes pattern;
    size_t unclosed; /* a '[' here or later has no ']' and means itself */
};

/* Reads one character of a set at *at, past a quoting backslash. */
static unsigned char set_char(struct bytes pattern, size_t *at)
{
    if (pattern.ptr[*at] == '\\' && *at + 1 < pattern.len)
        (*at)++;
    return (unsigned char)pattern.ptr[(*at)++];
}

/* Matches c against the set whose '[' is at start. Returns the offset behind its ']', or 0
 * when there is none. */
static size_t set_match(struct bytes pattern, size_t start, unsigned char c,
                        bool *ret_match)
{
    size_t at = start + 1;
    const bool negated = at < pattern.len && pattern.ptr[at] == '!';
    at += negated;

    bool found = false;
    for (size_t first = at; at < pattern.len; first = 0) {
        if (pattern.ptr[at] == ']' && at != first) {
            *ret_match = found != negated;
            return at + 1;
        }
        const unsigned char low = set_char(pattern, &at);
        unsigned char high = low;
        if (at + 1 < pattern.len && pattern.ptr[at] == '-' &&
            pattern.ptr[at + 1] != ']') {
            at++;
            high = set_char(pattern, &at);
        }
        found = found || (c >= low && c <= high);
    }
    return 0;
}

/* Matches one character against the element at *at, which is no '*', and moves past it. */
static bool element_match(struct glob *g, size_t *at, unsigned char c)
{
    const char here = g->pattern.ptr[*at];
    if (here == '[' && *at < g->unclosed) {
        bool match = false;
        const size_t end = set_match(g->pattern, *at, c, &match);
        if (end) {
            *at = end;
            return match;
        }
        g->unclosed = *at;
    }
    if (here == '?') {
        (*at)++;
        return true;
    }
    if (here == '[') {
        (*at)++;
        return c == '[';
    }
    return set_char(g->pattern, at) == c;
}

bool glob_match(struct bytes pattern, struct bytes text)
{
    struct glob g = {pattern, pattern.len};
    size_t at = 0, pos = 0;
    size_t star = 0, star_pos = 0; /* behind the last '*', and where its run ends now */
    bool starred = false;

    while (pos < text.len) {
        if (at < pattern.len && pattern.ptr[at] == '*') {
            star = ++at;
            star_pos = pos;
            starred = true;
        } else if (at < pattern.len &&
                   element_match(&g, &at, (unsigned char)text.ptr[pos])) {
            pos++;
        } else if (starred) {
            at = star;
            pos = ++star_pos;
        } else {
            return false;
        }
    }
    while (at < pattern.len && pattern.ptr[at] == '*')
        at++;
    return at == pattern.len;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Inserted, missing, wrong and swapped neighbouring letters count one each. */
static size_t word_distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][LONGEST_WORD + 1];
    size_t *older = rows[0], *last = rows[1], *now = rows[2];

    for (size_t j = 0; j <= b_len; j++)
        last[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            now[j] = last[j - 1] + (a[i - 1] != b[j - 1]);
            now[j] = least(now[j], least(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], older[j - 2] + 1);
        }
        size_t *spare = older;
        older = last;
        last = now;
        now = spare;
    }
    return last[b_len];
}

const char *nearest_word(const char *word, const char *const *candidates)
{
    const size_t len = strlen(word);
    if (!len || len > LONGEST_WORD)
        return NULL;

    const char *nearest = NULL;
    size_t bound = 1 + len / 4 + 1; /* what is as far as this is too far */
    for (; *candidates; candidates++) {
        const size_t other = strlen(*candidates);
        if (other > LONGEST_WORD)
            continue;
        const size_t distance = word_distance(word, len, *candidates, other);
        if (distance < bound) {
            bound = distance;
            nearest = *candidates;
        }
    }
    return nearest;
}
