/* SPDX-License-Identifier: Apache-2.0 */
/* Connection words from whatever text: every host has a port, no list is over its cap, and no error quotes a password. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/core/pg_url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create(0);
    const char *text = arena_strndup(arena, (const char *)data, size);
    struct pg_words words;
    struct err e = {0};

    if (pg_words_parse(arena, text, &words, &e)) {
        assert(words.host_count <= PG_MAX_HOSTS && words.word_count <= PG_MAX_WORDS);
        for (size_t i = 0; i < words.host_count; i++) {
            assert(words.hosts[i].port > 0 && words.hosts[i].port <= 65535);
            assert(strlen(words.hosts[i].name) <= size);
        }
        for (size_t i = 0; i < words.word_count; i++)
            assert(pg_word(&words, words.words[i].key) == words.words[i].value);
        assert(strlen(words.user) <= size && strlen(words.password) <= size);
    } else {
        assert(e.text[0]);
    }
    arena_destroy(arena);
    return 0;
}
