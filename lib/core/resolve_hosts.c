/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hosts file as a table from name to addresses, so that a lookup reads no file. Pure: resolve.c
 * reads the file, and again when it changed.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/base/map.h"
#include "lib/base/memory.h"
#include "lib/base/words.h"
#include "lib/core/resolve_impl.h"

struct host_entry {
    struct host_entry *next; /* of the same name, in the file's order */
    struct address address;
};

struct hosts {
    struct arena *arena;
    struct map *names; /* lower-case name → first struct host_entry */
};

static void hosts_add(struct hosts *h, struct bytes name, const struct address *address)
{
    char lower[HOST_MAX_LEN + 1];
    if (name.len > HOST_MAX_LEN)
        return;
    for (size_t i = 0; i < name.len; i++)
        lower[i] = (char)tolower((unsigned char)name.ptr[i]);
    const struct bytes key = {lower, name.len};
    struct host_entry *entry = arena_alloc(h->arena, sizeof(*entry));
    entry->address = *address;
    struct host_entry *last = map_get(h->names, key);
    if (!last) {
        map_put(h->names, key, entry);
        return;
    }
    size_t count = 1;
    while (last->next) {
        last = last->next;
        count++;
    }
    if (count < RESOLVE_MAX_ADDRESSES)
        last->next = entry;
}

struct hosts *hosts_parse(struct bytes text)
{
    struct hosts *h = memory_take(sizeof(*h));
    h->arena = arena_create(0);
    h->names = map_create();
    struct bytes line, word;
    while (bytes_token(&text, '\n', &line)) {
        const ptrdiff_t comment = bytes_find_byte(line, '#');
        if (comment >= 0)
            line = bytes_slice(line, 0, (size_t)comment);
        char ip[ADDRESS_TEXT_SIZE];
        struct address address;
        if (!words_next(&line, &word) || word.len >= sizeof(ip))
            continue;
        memcpy(ip, word.ptr, word.len);
        ip[word.len] = '\0';
        if (strlen(ip) != word.len || !address_parse(ip, 0, &address))
            continue;
        while (words_next(&line, &word))
            hosts_add(h, word, &address);
    }
    return h;
}

void hosts_destroy(struct hosts *h)
{
    if (!h)
        return;
    map_destroy(h->names);
    arena_destroy(h->arena);
    free(h);
}

static bool has_family(const struct address *a, int af)
{
    return af == AF_UNSPEC || a->to.sa.sa_family == af;
}

size_t hosts_find(const struct hosts *h, const char *name, int af,
                  struct address *ret_addresses, size_t max)
{
    size_t count = 0;
    struct bytes key = bytes_of(name);
    if (bytes_ends(key, "."))
        key.len--;
    for (const struct host_entry *e = map_get(h->names, key); e && count < max;
         e = e->next) {
        if (has_family(&e->address, af))
            ret_addresses[count++] = e->address;
    }
    return count;
}

size_t hosts_find_localhost(const char *name, int af, struct address *ret_addresses,
                            size_t max)
{
    static const char *const loopback[] = {"127.0.0.1", "::1"};
    struct bytes key = bytes_of(name);
    if (bytes_ends(key, "."))
        key.len--;
    if (!bytes_is(key, "localhost") && !bytes_ends(key, ".localhost"))
        return 0;
    size_t count = 0;
    for (size_t i = 0; i < 2 && count < max; i++) {
        struct address a;
        if (address_parse(loopback[i], 0, &a) && has_family(&a, af))
            ret_addresses[count++] = a;
    }
    return count;
}
