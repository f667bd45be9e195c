/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds known secret values in a text and puts [redacted] in their place: as they are, as URLs, forms, JSON and HTML
 * write them (written.h), and in base64 (at any alignment, so also within "user:password"). One pass over the text; free
 * of copies when there is nothing to hide. Called by secret.c alone.
 */
#include "lib/core/redact.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/memory.h"
#include "lib/core/written.h"

enum {
    VALUES_MAX = 1024,
    ENCODED_MAX_BYTES = 4096, /* longer values are not looked for in base64 */
};

/* What a value's writing may begin with, and how it goes on; in that byte's bucket. */
struct form {
    char start;
    bool is_exact; /* ptr is base64, and stands for itself only */
    char *ptr;
    size_t len;
    struct form *next;   /* of the bucket */
    struct form *sister; /* of the value */
};

struct known {
    char *ptr;
    size_t len;
    uint64_t used;       /* grows with each use: the smallest goes first */
    bool is_kept;        /* unless there are others */
    struct wall retired; /* ns 0: in use */
    struct form *forms;
    struct known *next;
};

struct redactor {
    struct known *first;
    size_t count;
    uint64_t uses;
    struct form *buckets[256];
};

static const char redacted[] = "[redacted]";

static struct form **bucket_of(struct redactor *r, char start)
{
    return &r->buckets[(unsigned char)start];
}

static void bucket_remove(struct redactor *r, const struct form *f)
{
    struct form **link = bucket_of(r, f->start);
    while (*link != f)
        link = &(*link)->next;
    *link = f->next;
}

static void form_add(struct redactor *r, struct known *k, char start, bool is_exact,
                     struct bytes text)
{
    for (const struct form *f = k->forms; f; f = f->sister) {
        if (f->start == start && bytes_equal((struct bytes){f->ptr, f->len}, text))
            return;
    }
    struct form *f = memory_take(sizeof(*f));
    struct form **bucket = bucket_of(r, start);
    *f = (struct form){.start = start,
                       .is_exact = is_exact,
                       .ptr = memcpy(memory_take(text.len), text.ptr, text.len),
                       .len = text.len,
                       .sister = k->forms,
                       .next = *bucket};
    k->forms = f;
    *bucket = f;
}

/* RFC 4648 §4 and §5. before: how many bytes stand in front, modulo 3; only the characters that the
 * value alone decides are looked for. */
static void add_base64_form(struct redactor *r, struct known *k, size_t before,
                            const char *last)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    struct buf out = BUF_MAX(2 * (size_t)ENCODED_MAX_BYTES);
    uint32_t bits = 0;
    int held = (int)(8 * before);
    for (size_t i = 0; i < k->len; i++) {
        bits = (bits << 8 | (unsigned char)k->ptr[i]) & 0xFFFFFF;
        for (held += 8; held >= 6; held -= 6) {
            const uint32_t six = bits >> (held - 6) & 0x3F;
            buf_add_byte(&out, six < 62 ? alphabet[six] : last[six - 62]);
        }
    }
    const struct bytes text =
        bytes_slice(buf_bytes(&out), before ? before + 1 : 0, out.len);
    if (text.len >= REDACT_MIN_BYTES)
        form_add(r, k, text.ptr[0], true, text);
    buf_finish(&out);
}

static void add_forms(struct redactor *r, struct known *k)
{
    const struct bytes value = {k->ptr, k->len};
    form_add(r, k, k->ptr[0], false, value);
    for (const char *start = written_starts(k->ptr[0]); *start; start++) {
        if (*start != k->ptr[0])
            form_add(r, k, *start, false, value);
    }
    if (k->len > ENCODED_MAX_BYTES)
        return;
    for (size_t before = 0; before < 3; before++) {
        add_base64_form(r, k, before, "+/");
        add_base64_form(r, k, before, "-_");
    }
}

static void wipe(char *ptr, size_t len)
{
    explicit_bzero(ptr, len);
    free(ptr);
}

/* Ends what *link points to. */
static void known_end(struct redactor *r, struct known **link)
{
    struct known *k = *link;
    *link = k->next;
    while (k->forms) {
        struct form *f = k->forms;
        k->forms = f->sister;
        bucket_remove(r, f);
        wipe(f->ptr, f->len);
        free(f);
    }
    wipe(k->ptr, k->len);
    free(k);
    r->count--;
}

static struct known *known_find(const struct redactor *r, struct bytes value)
{
    for (struct known *k = r->first; k; k = k->next) {
        if (k->len == value.len && !memcmp(k->ptr, value.ptr, value.len))
            return k;
    }
    return NULL;
}

static bool goes_before(const struct known *a, const struct known *b)
{
    return a->is_kept != b->is_kept ? b->is_kept : a->used < b->used;
}

static void end_oldest(struct redactor *r)
{
    struct known **oldest = &r->first;
    for (struct known **link = &r->first; *link; link = &(*link)->next) {
        if (goes_before(*link, *oldest))
            oldest = link;
    }
    known_end(r, oldest);
}

struct redactor *redactor_create(void)
{
    struct redactor *r = memory_take(sizeof(*r));
    *r = (struct redactor){0};
    return r;
}

void redactor_destroy(struct redactor *r)
{
    while (r->first)
        known_end(r, &r->first);
    free(r);
}

static void add(struct redactor *r, struct bytes value, bool is_kept)
{
    if (value.len < REDACT_MIN_BYTES)
        return;
    struct known *k = known_find(r, value);
    if (!k) {
        if (r->count == VALUES_MAX)
            end_oldest(r);
        k = memory_take(sizeof(*k));
        char *copy = memcpy(memory_take(value.len), value.ptr, value.len);
        *k = (struct known){.ptr = copy, .len = value.len, .next = r->first};
        r->first = k;
        r->count++;
        add_forms(r, k);
    }
    k->used = ++r->uses;
    k->is_kept |= is_kept;
    k->retired.ns = 0;
}

void redactor_add(struct redactor *r, struct bytes value)
{
    add(r, value, false);
}

void redactor_keep(struct redactor *r, struct bytes value)
{
    add(r, value, true);
}

void redactor_learn(struct redactor *r, const struct redactor *from)
{
    for (const struct known *k = from->first; k; k = k->next)
        add(r, (struct bytes){k->ptr, k->len}, k->is_kept);
}

void redactor_retire(struct redactor *r, struct bytes value, struct wall now)
{
    struct known *k = known_find(r, value);
    if (!k)
        return;
    k->retired = now;
    k->is_kept = false;
}

void redactor_forget(struct redactor *r, struct wall now)
{
    struct known **link = &r->first;
    while (*link) {
        const struct known *k = *link;
        if (k->retired.ns && now.ns - k->retired.ns > 24 * NSEC_PER_HOUR)
            known_end(r, link);
        else
            link = &(*link)->next;
    }
}

/* How many bytes at the start of text are a secret, the longest one; 0: none. */
static size_t secret_at(const struct redactor *r, struct bytes text)
{
    size_t longest = 0;
    for (const struct form *f = r->buckets[(unsigned char)*text.ptr]; f; f = f->next) {
        const struct bytes value = {f->ptr, f->len};
        const bool is_there = f->len <= text.len && !memcmp(f->ptr, text.ptr, f->len);
        const size_t len =
            f->is_exact ? (is_there ? f->len : 0) : written_len(text, value);
        longest = len > longest ? len : longest;
    }
    return longest;
}

/* Where a secret that starts at from ends: others may start within it and reach further. */
static size_t secret_end(const struct redactor *r, struct bytes text, size_t from,
                         size_t len)
{
    size_t end = from + len;
    for (size_t i = from + 1; i < end && i < text.len; i++) {
        const size_t other = secret_at(r, bytes_slice(text, i, text.len));
        end = i + other > end ? i + other : end;
    }
    return end;
}

/* The offset of the next secret at or after from; text.len: none. */
static size_t next_secret(const struct redactor *r, struct bytes text, size_t from,
                          size_t *ret_len)
{
    for (size_t i = from; i + REDACT_MIN_BYTES <= text.len; i++) {
        *ret_len = secret_at(r, bytes_slice(text, i, text.len));
        if (*ret_len > 0)
            return i;
    }
    return text.len;
}

/* False, with nothing written, when there is nothing to hide. */
static bool rewrite(const struct redactor *r, struct bytes text, struct buf *out)
{
    size_t len = 0;
    size_t at = r->count ? next_secret(r, text, 0, &len) : text.len;
    if (at == text.len)
        return false;
    for (size_t done = 0;; at = next_secret(r, text, done, &len)) {
        buf_add_bytes(out, bytes_slice(text, done, at));
        if (at == text.len)
            return true;
        buf_add_text(out, redacted);
        done = secret_end(r, text, at, len);
    }
}

void redactor_apply(const struct redactor *r, struct buf *text)
{
    struct buf out = BUF_MAX(SIZE_MAX / 2);
    if (!rewrite(r, buf_bytes(text), &out))
        return;
    const size_t max = text->max;
    const bool overflow = text->overflow;
    buf_finish(text);
    *text = BUF_MAX(max);
    /* [redacted] may be longer than what it hides: the end is cut rather than the start. */
    buf_add_bytes(text, bytes_slice(buf_bytes(&out), 0, max));
    text->overflow = overflow || out.len > max;
    explicit_bzero(out.ptr, out.len);
    buf_finish(&out);
}

const char *redactor_applied(const struct redactor *r, struct arena *arena,
                             const char *text)
{
    struct buf out = BUF_MAX(SIZE_MAX / 2);
    if (!rewrite(r, bytes_of(text), &out))
        return text;
    const char *clean = arena_strndup(arena, buf_text(&out), out.len);
    buf_finish(&out);
    return clean;
}
