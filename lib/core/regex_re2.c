/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads a pattern by the rules of Go's regexp/syntax (flags Perl) and writes the PCRE2 pattern
 * that matches the same texts. Whatever RE2 does not have is refused here, so that PCRE2's own
 * syntax is never reached. Called by regex.c; never matches anything itself.
 */
#include "lib/core/regex_re2.h"

#include <stdint.h>
#include <string.h>

#include "lib/core/regex_class.h"

enum { NEST_MAX = 200, REPEAT_MAX = 1000 };

struct flags {
    bool fold, lines, dot_nl, swap; /* i, m, s, U */
};

struct translation {
    struct pattern in;
    struct arena *arena;
    struct buf *out;
    struct re2_groups *groups;
    struct flags flags;
    unsigned depth;
};

struct repeat {
    unsigned min, max; /* max 0 with endless */
    bool endless;
};

/* ret_repeat: how many copies of its largest part the counted repetitions in it make. */
static bool translate_choice(struct translation *t, unsigned *ret_repeat);
static bool read_repeat(struct translation *t, struct repeat *ret_repeat);

static bool refuse(struct translation *t, size_t from, const char *why)
{
    return pattern_refuse(&t->in, from, why);
}

static char peek(const struct translation *t)
{
    return t->in.ptr[t->in.at];
}

static bool take(struct translation *t, const char *text)
{
    const size_t len = strlen(text);
    if (strncmp(t->in.ptr + t->in.at, text, len) != 0)
        return false;
    t->in.at += len;
    return true;
}

static void set_flags(struct translation *t, struct flags flags)
{
    if (flags.fold != t->flags.fold)
        buf_add_text(t->out, flags.fold ? "(?i)" : "(?-i)");
    t->flags = flags;
}

/* ---- groups ---- */

static bool read_name(struct translation *t, size_t from, const char **ret_name)
{
    static const char word[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";
    const char *start = t->in.ptr + t->in.at;
    const size_t len = strspn(start, word);
    t->in.at += len;
    if (len == 0 || peek(t) != '>')
        return refuse(t, from, "a group is named (?P<name>…), in letters, digits and _");
    t->in.at++;
    *ret_name = arena_strndup(t->arena, start, len);
    return true;
}

static bool close_group(struct translation *t, size_t from, struct flags outside,
                        unsigned *ret_repeat)
{
    if (++t->depth > NEST_MAX)
        return refuse(t, from, "groups are nested more than 200 deep");
    if (!translate_choice(t, ret_repeat))
        return false;
    if (!take(t, ")"))
        return refuse(t, from, "this group is not closed: a ')' is missing");
    t->depth--;
    t->flags = outside; /* PCRE2 forgets them with the group, too */
    buf_add_byte(t->out, ')');
    return true;
}

static bool translate_capture(struct translation *t, size_t from, bool named,
                              unsigned *ret_repeat)
{
    if (t->groups->count == REGEX_MAX_GROUPS)
        return refuse(t, from,
                      "more than 31 groups; use (?:…) for those that capture nothing");
    const char *name = NULL;
    if (named && !read_name(t, from, &name))
        return false;
    t->groups->names[t->groups->count++] = name;
    buf_add_byte(t->out, '(');
    return close_group(t, from, t->flags, ret_repeat);
}

static bool read_flags(struct translation *t, struct flags *ret_flags)
{
    struct flags flags = t->flags;
    bool on = true, any = false;
    for (;; t->in.at++) {
        switch (peek(t)) {
        case 'i':
            flags.fold = on;
            break;
        case 'm':
            flags.lines = on;
            break;
        case 's':
            flags.dot_nl = on;
            break;
        case 'U':
            flags.swap = on;
            break;
        case '-':
            if (!on)
                return false;
            on = false;
            any = false;
            continue;
        default:
            *ret_flags = flags;
            return on || any;
        }
        any = true;
    }
}

static const char *why_not_group(const char *text)
{
    if (strncmp(text, "(?=", 3) == 0 || strncmp(text, "(?!", 3) == 0 ||
        strncmp(text, "(?<=", 4) == 0 || strncmp(text, "(?<!", 4) == 0)
        return "look-around is not supported: match once more with a second pattern";
    if (strncmp(text, "(?>", 3) == 0)
        return "atomic groups are not supported: use (?:…)";
    if (strncmp(text, "(?P=", 4) == 0)
        return "back-references are not supported";
    if (strncmp(text, "(?#", 3) == 0)
        return "comments are not supported";
    if (strncmp(text, "(?R", 3) == 0 || strncmp(text, "(?&", 3) == 0 ||
        strncmp(text, "(?P>", 4) == 0 || (text[2] >= '0' && text[2] <= '9'))
        return "recursion is not supported";
    return "unknown group; there are (…), (?:…), (?P<name>…) and the flags (?imsU)";
}

/* ret_atom: whether there is now something that can be repeated ((?i) is nothing). */
static bool translate_group(struct translation *t, bool *ret_atom, unsigned *ret_repeat)
{
    const size_t from = t->in.at;
    *ret_atom = true;
    if (take(t, "(?P<"))
        return translate_capture(t, from, true, ret_repeat);
    if (strncmp(t->in.ptr + from, "(?<", 3) == 0 && t->in.ptr[from + 3] != '=' &&
        t->in.ptr[from + 3] != '!' && take(t, "(?<"))
        return translate_capture(t, from, true, ret_repeat);
    if (!take(t, "(?")) {
        t->in.at++;
        return translate_capture(t, from, false, ret_repeat);
    }

    struct flags flags;
    if (!read_flags(t, &flags) || (peek(t) != ':' && peek(t) != ')')) {
        t->in.at = from + strnlen(t->in.ptr + from, 3);
        return refuse(t, from, why_not_group(t->in.ptr + from));
    }
    if (take(t, ")")) {
        *ret_atom = false;
        set_flags(t, flags);
        return true;
    }
    t->in.at++;
    const struct flags outside = t->flags;
    buf_add_text(t->out, "(?:");
    set_flags(t, flags);
    return close_group(t, from, outside, ret_repeat);
}

/* ---- what stands alone ---- */

static bool translate_quote(struct translation *t)
{
    while (peek(t) && !take(t, "\\E")) {
        uint32_t rune;
        pattern_rune(&t->in, &rune);
        class_add_rune(t->out, rune);
    }
    return true;
}

static bool translate_escape(struct translation *t)
{
    static const struct {
        const char *re2, *pcre;
    } assertions[] = {
        {"\\A", "(?:\\A)"}, {"\\b", "(?:\\b)"}, {"\\B", "(?:\\B)"}, {"\\z", "(?:\\z)"}};
    for (size_t i = 0; i < ARRAY_LEN(assertions); i++) {
        if (take(t, assertions[i].re2)) {
            buf_add_text(t->out, assertions[i].pcre);
            return true;
        }
    }
    enum class_found found = class_escape(&t->in, t->flags.fold, false, t->out);
    if (found != CLASS_NONE)
        return found == CLASS_ADDED;
    uint32_t rune;
    if (!pattern_escape(&t->in, &rune))
        return false;
    class_add_rune(t->out, rune);
    return true;
}

static bool translate_rune(struct translation *t)
{
    const size_t from = t->in.at;
    struct repeat repeat;
    if (read_repeat(t, &repeat))
        return refuse(t, from, "there is nothing to repeat before it");
    uint32_t rune;
    pattern_rune(&t->in, &rune);
    switch (rune) {
    case '.':
        buf_add_text(t->out, t->flags.dot_nl ? "." : "\\N");
        return true;
    case '^':
        buf_add_text(t->out, t->flags.lines ? "(?m:^)" : "(?:\\A)");
        return true;
    case '$':
        buf_add_text(t->out, t->flags.lines ? "(?m:$)" : "(?:\\z)");
        return true;
    default:
        class_add_rune(t->out, rune);
        return true;
    }
}

static bool translate_atom(struct translation *t, bool *ret_atom, unsigned *ret_repeat)
{
    *ret_atom = true;
    *ret_repeat = 1;
    switch (peek(t)) {
    case '(':
        return translate_group(t, ret_atom, ret_repeat);
    case '[':
        return class_bracket(&t->in, t->flags.fold, t->out);
    case '\\':
        if (take(t, "\\Q")) {
            *ret_atom = peek(t) && strncmp(t->in.ptr + t->in.at, "\\E", 2) != 0;
            return translate_quote(t);
        }
        return translate_escape(t);
    default:
        return translate_rune(t);
    }
}

/* ---- repetition ---- */

static bool read_count(const char **at, unsigned *ret_count)
{
    const char *start = *at;
    unsigned count = 0;
    while (**at >= '0' && **at <= '9') {
        if (count <= REPEAT_MAX)
            count = count * 10 + (unsigned)(**at - '0');
        (*at)++;
    }
    *ret_count = count;
    return *at > start && !(*at - start > 1 && *start == '0');
}

/* {n}, {n,}, {n,m}: anything else after '{' is text, as in RE2. */
static bool read_braces(struct translation *t, struct repeat *ret_repeat)
{
    const char *at = t->in.ptr + t->in.at + 1;
    struct repeat r = {0};
    if (!read_count(&at, &r.min))
        return false;
    r.max = r.min;
    if (*at == ',') {
        at++;
        r.endless = *at == '}';
        r.max = 0;
        if (!r.endless && !read_count(&at, &r.max))
            return false;
    }
    if (*at != '}')
        return false;
    t->in.at = (size_t)(at + 1 - t->in.ptr);
    *ret_repeat = r;
    return true;
}

static bool read_repeat(struct translation *t, struct repeat *ret_repeat)
{
    switch (peek(t)) {
    case '*':
        *ret_repeat = (struct repeat){.endless = true};
        break;
    case '+':
        *ret_repeat = (struct repeat){.min = 1, .endless = true};
        break;
    case '?':
        *ret_repeat = (struct repeat){.max = 1};
        break;
    case '{':
        return read_braces(t, ret_repeat);
    default:
        return false;
    }
    t->in.at++;
    return true;
}

static bool translate_repeat(struct translation *t, bool is_atom, unsigned *repeat)
{
    const size_t from = t->in.at;
    const bool braces = peek(t) == '{';
    struct repeat r, again;
    if (!read_repeat(t, &r))
        return true;
    if (!is_atom)
        return refuse(t, from, "there is nothing to repeat before it");
    if (r.min > REPEAT_MAX || r.max > REPEAT_MAX || (!r.endless && r.max < r.min))
        return refuse(t, from, "a repetition is {n}, {n,} or {n,m} with n <= m <= 1000");
    const unsigned times = r.endless ? r.min : r.max;
    if (braces && times > 1)
        *repeat *= times;
    if (*repeat > REPEAT_MAX)
        return refuse(t, from, "nested repetitions make more than 1000 copies");

    const bool lazy = take(t, "?") != t->flags.swap;
    const size_t second = t->in.at;
    if (read_repeat(t, &again))
        return refuse(t, second,
                      "a repetition cannot be repeated (possessive ++ is not supported)");
    if (r.endless)
        buf_printf(t->out, "{%u,}", r.min);
    else
        buf_printf(t->out, "{%u,%u}", r.min, r.max);
    buf_add_text(t->out, lazy ? "?(?C1)" : "(?C1)");
    return true;
}

static bool translate_choice(struct translation *t, unsigned *ret_repeat)
{
    unsigned most = 1;
    while (peek(t) && peek(t) != ')') {
        if (take(t, "|")) {
            buf_add_byte(t->out, '|');
            continue;
        }
        bool is_atom = true;
        unsigned repeat = 1;
        if (!translate_atom(t, &is_atom, &repeat) ||
            !translate_repeat(t, is_atom, &repeat))
            return false;
        if (repeat > most)
            most = repeat;
    }
    *ret_repeat = most;
    return true;
}

bool re2_translate(struct arena *arena, const char *pattern, struct buf *out,
                   struct re2_groups *ret_groups, struct err *e)
{
    *ret_groups = (struct re2_groups){.count = 1};
    struct translation t = {
        .in = {.ptr = pattern, .e = e}, .arena = arena, .out = out, .groups = ret_groups};
    if (!bytes_is_utf8(bytes_of(pattern)))
        return err_set(e, "the pattern is not UTF-8");
    buf_add_text(out, "(?C1)");
    unsigned repeat = 1;
    if (!translate_choice(&t, &repeat))
        return false;
    if (peek(&t) == ')')
        return refuse(&t, t.in.at,
                      "this ')' closes nothing; write \\) for the character");
    if (out->overflow)
        return err_set(e, "the pattern is too long");
    return true;
}
