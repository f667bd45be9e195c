/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which probe watches which service: by name, by label, or because the service's address stands in its options. Pure; it
 * reads options as they were written, so that no type of probe is known here.
 */
#include <string.h>

#include "healthctl/uncovered.h"
#include "lib/base/glob.h"
struct words { /* of a probe's options, one after the other */
    struct bytes text;
};

static bool separates(char c)
{
    return c == ' ' || c == '\n' || c == '"' || c == '\'' || c == ',' || c == '[' ||
           c == ']' || c == '{' || c == '}';
}

static bool next_word(struct words *w, struct bytes *ret_word)
{
    size_t from = 0, to;
    while (from < w->text.len && separates(w->text.ptr[from]))
        from++;
    for (to = from; to < w->text.len && !separates(w->text.ptr[to]); to++)
        ;
    *ret_word = bytes_slice(w->text, from, to);
    w->text = bytes_slice(w->text, to, w->text.len);
    return ret_word->len > 0;
}

/* "db:5432" of "postgresql://user:secret@db:5432/shop". */
static struct bytes authority(struct bytes word)
{
    const ptrdiff_t scheme = bytes_find(word, bytes_of("://"));
    if (scheme >= 0)
        word = bytes_slice(word, (size_t)scheme + 3, word.len);
    const ptrdiff_t slash = bytes_find_byte(word, '/');
    if (slash >= 0)
        word = bytes_slice(word, 0, (size_t)slash);
    for (ptrdiff_t at; (at = bytes_find_byte(word, '@')) >= 0;)
        word = bytes_slice(word, (size_t)at + 1, word.len);
    return word;
}

static bool is_loopback(struct bytes host)
{
    return bytes_is(host, "localhost") || bytes_starts(host, "127.");
}

/* The machine's own address with a port that the service is published at. */
static bool is_published_at(const struct compose_member *s, struct bytes port)
{
    for (size_t i = 0; i < s->ports.count; i++) {
        if (s->ports.items[i].is_published && bytes_is(port, s->ports.items[i].published))
            return true;
    }
    return false;
}

static bool is_address_of(const struct compose_member *s, struct bytes word)
{
    struct bytes port = authority(word), host = {0};
    const bool has_port = bytes_find_byte(port, ':') >= 0;
    const bool has_scheme = bytes_find(word, bytes_of("://")) >= 0;
    uint64_t number;
    bytes_token(&port, ':', &host);
    if (!has_scheme && !(has_port && bytes_to_u64(port, &number)))
        return false; /* "database:" is the name of an option */
    return bytes_is(host, s->name) || (*s->container && bytes_is(host, s->container)) ||
           (is_loopback(host) && is_published_at(s, port));
}

/* A pattern for names of containers, made for this one: it has the service's name in it. */
static bool is_container_of(struct arena *arena, const struct compose *c,
                            const struct compose_member *s, struct bytes word)
{
    const char *name =
        *s->container ? s->container : arena_printf(arena, "%s-%s-1", c->name, s->name);
    const char *own = *s->container ? s->container : s->name;
    return bytes_find(word, bytes_of(own)) >= 0 && glob_match(word, bytes_of(name));
}

/* What was written, without what it says is left out. */
static struct bytes written(struct arena *arena, const struct probe *p)
{
    static const char key[] = "\"exclude\":[";
    const struct bytes all = bytes_of(p->canonical);
    const ptrdiff_t from = bytes_find(all, bytes_of(key));
    if (from < 0)
        return all;
    const struct bytes rest = bytes_slice(all, (size_t)from + strlen(key), all.len);
    const ptrdiff_t to = bytes_find_byte(rest, ']');
    return bytes_of(
        arena_printf(arena, "%.*s %s", (int)from, all.ptr, to < 0 ? "" : rest.ptr + to));
}

bool probe_watches(struct arena *arena, const struct compose *c,
                   const struct compose_member *s, const struct probe *p)
{
    const char *component = labels_get(p->labels, "component");
    if (!strcmp(p->name, s->name) || (component && !strcmp(component, s->name)))
        return true;
    struct words words = {written(arena, p)};
    struct bytes word;
    while (next_word(&words, &word)) {
        if (is_address_of(s, word) || is_container_of(arena, c, s, word))
            return true;
    }
    return false;
}

bool probe_mentions(struct arena *arena, const struct probe *p, const char *const *words)
{
    const struct bytes text = written(arena, p);
    for (; *words; words++) {
        if (strstr(p->name, *words) || bytes_find(text, bytes_of(*words)) >= 0)
            return true;
    }
    return false;
}
