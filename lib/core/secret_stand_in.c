/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands in the place of a secret that is not here, so that the rest of a configuration can be read. Called by
 * secret.c for `--without-secrets`; never knows a secret.
 */
#include "lib/core/secret_stand_in.h"

#include <ctype.h>
#include <string.h>

/* A URL of the kind that the name speaks of. */
static const char *url_stand_in(struct bytes name)
{
    static const struct {
        const char *word, *url;
    } kinds[] = {
        {"redis", "redis://stand-in.invalid"},
        {"valkey", "redis://stand-in.invalid"},
        {"mongo", "mongodb://stand-in.invalid"},
        {"postgres", "postgres://stand-in.invalid/standin"},
        {"database", "postgres://stand-in.invalid/standin"},
        {"url", "https://stand-in.invalid/"},
        {"uri", "https://stand-in.invalid/"},
        {"webhook", "https://stand-in.invalid/"},
    };
    const bool is_url = bytes_has_nocase(name, "url") || bytes_has_nocase(name, "uri") ||
                        bytes_has_nocase(name, "webhook");

    for (size_t i = 0; is_url && i < sizeof(kinds) / sizeof(*kinds); i++) {
        if (bytes_has_nocase(name, kinds[i].word))
            return kinds[i].url;
    }
    return NULL;
}

/* 32 letters and digits, other ones for other names: the end of the name. */
static struct bytes key_stand_in(struct arena *arena, struct bytes name)
{
    char key[] = "standinstandinstandinstandinstan";
    size_t at = strlen(key);

    for (size_t i = name.len; i > 0 && at > 0; i--) {
        if (isalnum((unsigned char)name.ptr[i - 1]))
            key[--at] = name.ptr[i - 1];
    }
    return (struct bytes){arena_strndup(arena, key, strlen(key)), strlen(key)};
}

struct bytes secret_stand_in(struct arena *arena, struct bytes name)
{
    const char *url = url_stand_in(name);

    return url ? bytes_of(url) : key_stand_in(arena, name);
}
