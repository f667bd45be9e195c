/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Answers for a few seconds, by name and family. Pure: time comes in. Called by resolve.c; holds no
 * failures, and forgets a name at once when a connect to it failed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/memory.h"
#include "lib/core/resolve_impl.h"

#define CACHE_MAX_NAMES 4096

struct cached {
    struct mono expires;
    size_t count;
    struct address addresses[];
};

struct resolve_cache {
    struct map *answers; /* key → struct cached, owned */
};

#define CACHE_KEY_SIZE (HOST_MAX_LEN + 8)

static struct bytes cache_key(const char *host, int af, char *text)
{
    const int len = snprintf(text, CACHE_KEY_SIZE, "%d/%s", af, host);
    return (struct bytes){text, (size_t)len};
}

struct resolve_cache *resolve_cache_create(void)
{
    struct resolve_cache *c = memory_take(sizeof(*c));
    c->answers = map_create();
    return c;
}

static void cache_clear(struct resolve_cache *c)
{
    for (const struct map_entry *e = map_next(c->answers, NULL); e;
         e = map_next(c->answers, e))
        free(e->value);
    map_destroy(c->answers);
    c->answers = map_create();
}

void resolve_cache_destroy(struct resolve_cache *c)
{
    if (!c)
        return;
    cache_clear(c);
    map_destroy(c->answers);
    free(c);
}

/* Room for one more: the expired go; a cache full of live names starts anew. */
static void cache_sweep(struct resolve_cache *c, struct mono now)
{
    const struct map_entry *next;
    for (const struct map_entry *e = map_next(c->answers, NULL); e; e = next) {
        next = map_next(c->answers, e);
        struct cached *cached = e->value;
        if (!mono_reached(now, cached->expires))
            continue;
        map_remove(c->answers, (struct bytes){e->key, e->key_len});
        free(cached);
    }
    if (map_count(c->answers) >= CACHE_MAX_NAMES)
        cache_clear(c);
}

void resolve_cache_put(struct resolve_cache *c, const char *host, int af,
                       const struct address *addresses, size_t count, struct mono expires,
                       struct mono now)
{
    if (count == 0 || mono_reached(now, expires))
        return;
    if (map_count(c->answers) >= CACHE_MAX_NAMES)
        cache_sweep(c, now);
    struct cached *cached = memory_take(sizeof(*cached) + count * sizeof(addresses[0]));
    cached->expires = expires;
    cached->count = count;
    memcpy(cached->addresses, addresses, count * sizeof(addresses[0]));
    char text[CACHE_KEY_SIZE];
    free(map_put(c->answers, cache_key(host, af, text), cached));
}

size_t resolve_cache_get(const struct resolve_cache *c, const char *host, int af,
                         struct mono now, struct address *ret_addresses, size_t max)
{
    char text[CACHE_KEY_SIZE];
    const struct cached *cached = map_get(c->answers, cache_key(host, af, text));
    if (!cached || mono_reached(now, cached->expires))
        return 0;
    const size_t count = cached->count < max ? cached->count : max;
    memcpy(ret_addresses, cached->addresses, count * sizeof(ret_addresses[0]));
    return count;
}

void resolve_cache_drop(struct resolve_cache *c, const char *host)
{
    static const int families[] = {AF_UNSPEC, AF_INET, AF_INET6};
    char text[CACHE_KEY_SIZE];
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
        free(map_remove(c->answers, cache_key(host, families[i], text)));
}
