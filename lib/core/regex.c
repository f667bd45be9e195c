/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regular expressions as Go's regexp matches them, run by PCRE2 under limits on work and memory.
 * Used for body and header rules, dialogues and expressions. Keeps nothing between calls, so one
 * regex serves all threads. Never answers "no match" when it merely gave up.
 */
#include "lib/core/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/core/regex_re2.h"

enum {
    PATTERN_MAX = 16 * 1024,
    TRANSLATED_MAX = 512 * 1024,
    MATCH_MAX = 2000000, /* backtracks of one attempt; the work below runs out first */
    HEAP_MAX_KIB = 8 * 1024,
    WORK_BASE = 4000000, /* measured: about 1 ns each */
    WORK_PER_BYTE = 24,
    WORK_PER_STEP = 10
};

struct regex {
    const char *pattern;
    pcre2_code *code;
    struct re2_groups groups;
};

/* ---- compile ---- */

static void code_free(void *code)
{
    pcre2_code_free(code);
}

static pcre2_code *code_compile(const struct buf *translated, struct err *e)
{
    const uint32_t options = PCRE2_UTF | PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY |
                             PCRE2_ALT_CIRCUMFLEX | PCRE2_NEVER_BACKSLASH_C;
    pcre2_compile_context *context = pcre2_compile_context_create(NULL);
    if (!context)
        abort();
    pcre2_set_newline(context, PCRE2_NEWLINE_LF);
    int error;
    PCRE2_SIZE offset;
    pcre2_code *code = pcre2_compile((PCRE2_SPTR)buf_text(translated), translated->len,
                                     options, &error, &offset, context);
    pcre2_compile_context_free(context);
    if (code)
        return code;
    PCRE2_UCHAR why[160];
    pcre2_get_error_message(error, why, sizeof(why));
    err_set(e, "%s", (const char *)why);
    return NULL;
}

struct regex *regex_compile(struct arena *arena, const char *pattern, struct err *e)
{
    if (strlen(pattern) > PATTERN_MAX) {
        err_set(e, "the pattern has %zu bytes; at most %d are allowed", strlen(pattern),
                PATTERN_MAX);
        return NULL;
    }
    struct regex *re = arena_alloc(arena, sizeof(*re));
    struct buf translated = BUF_MAX(TRANSLATED_MAX);
    if (re2_translate(arena, pattern, &translated, &re->groups, e))
        re->code = code_compile(&translated, e);
    buf_finish(&translated);
    if (!re->code)
        return NULL;
    arena_cleanup(arena, code_free, re->code);
    re->pattern = arena_strdup(arena, pattern);
    return re;
}

const char *regex_pattern(const struct regex *re)
{
    return re->pattern;
}

/* ---- texts that are not UTF-8 ---- */

/* As Go reads them: each byte that belongs to no character is U+FFFD. */
static void copy_repaired(struct bytes text, struct buf *out)
{
    for (size_t at = 0; at < text.len;) {
        const struct bytes rest = bytes_slice(text, at, text.len);
        const size_t len = bytes_utf8(rest);
        if (len > 0)
            buf_add(out, rest.ptr, len);
        else
            buf_add_text(out, "\xef\xbf\xbd");
        at += len > 0 ? len : 1;
    }
}

/* Where in text the repaired copy's offset lies. */
static size_t offset_before_repair(struct bytes text, size_t repaired)
{
    size_t at = 0;
    for (size_t copied = 0; copied < repaired && at < text.len;) {
        const size_t len = bytes_utf8(bytes_slice(text, at, text.len));
        at += len > 0 ? len : 1;
        copied += len > 0 ? len : 3;
    }
    return at;
}

/* ---- match ---- */

struct work {
    size_t left;
    PCRE2_SIZE last; /* where the previous callout stood */
};

/* PCRE2's own limits count backtracks of one starting point, which bounds neither "\s+$" over a
 * megabyte of blanks nor the starting points. The way travelled between callouts does. */
static int count_work(pcre2_callout_block *block, void *data)
{
    struct work *work = data;
    const PCRE2_SIZE at = block->current_position;
    const size_t way = at > work->last ? at - work->last : work->last - at;
    work->last = at;
    if (work->left < way + WORK_PER_STEP)
        return PCRE2_ERROR_CALLOUT;
    work->left -= way + WORK_PER_STEP;
    return 0;
}

static enum regex_result match_utf8(const struct regex *re, struct bytes text,
                                    pcre2_match_data *data)
{
    struct work work = {.left = WORK_BASE + WORK_PER_BYTE * text.len};
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    if (!context)
        abort();
    pcre2_set_match_limit(context, MATCH_MAX);
    pcre2_set_depth_limit(context, MATCH_MAX);
    pcre2_set_heap_limit(context, HEAP_MAX_KIB);
    pcre2_set_callout(context, count_work, &work);
    const int found = pcre2_match(re->code, (PCRE2_SPTR)(text.ptr ? text.ptr : ""),
                                  text.len, 0, PCRE2_NO_UTF_CHECK, data, context);
    pcre2_match_context_free(context);
    if (found >= 0)
        return REGEX_MATCH;
    return found == PCRE2_ERROR_NOMATCH ? REGEX_NO_MATCH : REGEX_LIMIT;
}

static enum regex_result match_any(const struct regex *re, struct bytes text,
                                   pcre2_match_data *data, bool *ret_repaired)
{
    *ret_repaired = !bytes_is_utf8(text);
    if (!*ret_repaired)
        return match_utf8(re, text, data);
    struct buf copy = BUF_MAX(text.len * 3);
    copy_repaired(text, &copy);
    const enum regex_result result = match_utf8(re, buf_bytes(&copy), data);
    buf_finish(&copy);
    return result;
}

static pcre2_match_data *data_create(size_t groups)
{
    pcre2_match_data *data = pcre2_match_data_create((uint32_t)groups, NULL);
    if (!data)
        abort();
    return data;
}

enum regex_result regex_match(const struct regex *re, struct bytes text)
{
    bool repaired;
    pcre2_match_data *data = data_create(1);
    const enum regex_result result = match_any(re, text, data, &repaired);
    pcre2_match_data_free(data);
    return result;
}

enum regex_result regex_groups(const struct regex *re, struct bytes text,
                               struct bytes ret_groups[REGEX_MAX_GROUPS],
                               size_t *ret_count)
{
    bool repaired;
    pcre2_match_data *data = data_create(re->groups.count);
    const enum regex_result result = match_any(re, text, data, &repaired);
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(data);
    const char *start = text.ptr ? text.ptr : "";
    for (size_t i = 0; result == REGEX_MATCH && i < re->groups.count; i++) {
        ret_groups[i] = (struct bytes){NULL, 0};
        if (at[2 * i] == PCRE2_UNSET)
            continue;
        const size_t from = repaired ? offset_before_repair(text, at[2 * i]) : at[2 * i];
        const size_t to =
            repaired ? offset_before_repair(text, at[2 * i + 1]) : at[2 * i + 1];
        ret_groups[i] = (struct bytes){start + from, to - from};
    }
    pcre2_match_data_free(data);
    if (result == REGEX_MATCH)
        *ret_count = re->groups.count;
    return result;
}

/* ---- expand ---- */

static const char word_chars[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_";

/* The group of this number, or the first of this name that took part. */
static struct bytes group_named(const struct regex *re, struct bytes name,
                                const struct bytes *groups, size_t count)
{
    uint64_t number;
    const bool padded = name.len > 1 && name.ptr[0] == '0';
    if (!padded && bytes_to_u64(name, &number))
        return number < count ? groups[number] : (struct bytes){NULL, 0};
    for (size_t i = 1; i < count && i < re->groups.count; i++) {
        if (re->groups.names[i] && bytes_is(name, re->groups.names[i]) && groups[i].ptr)
            return groups[i];
    }
    return (struct bytes){NULL, 0};
}

/* Takes $name or ${name}; false for a dollar that is only a dollar. */
static bool take_reference(const char **at, struct bytes *ret_name)
{
    const bool braces = (*at)[1] == '{';
    const char *start = *at + 1 + braces;
    const size_t len = strspn(start, word_chars);
    if (len == 0 || (braces && start[len] != '}'))
        return false;
    *ret_name = (struct bytes){start, len};
    *at = start + len + braces;
    return true;
}

void regex_expand(const struct regex *re, const char *tmpl, const struct bytes *groups,
                  size_t count, struct buf *out)
{
    for (const char *at = tmpl; *at;) {
        struct bytes name;
        if (at[0] == '$' && at[1] == '$') {
            buf_add_byte(out, '$');
            at += 2;
        } else if (at[0] == '$' && take_reference(&at, &name)) {
            buf_add_bytes(out, group_named(re, name, groups, count));
        } else {
            buf_add_byte(out, *at++);
        }
    }
}
