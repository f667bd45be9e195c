/* SPDX-License-Identifier: Apache-2.0 */
/* What a Redis server and an application's queue hold, read by the queue probe: tags, ids, clients; and its URL. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/core/pg_quote.h"
#include "probes/queue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create(0);
    const char *text = arena_strndup(arena, (const char *)data, size);
    const struct bytes all = {text, size};
    struct bytes tag = {0};
    struct wall made = {0};
    struct redis_url url;
    struct err e = {0};

    if (queue_tag_read("healthd:q:", all, &tag, &made)) {
        assert(bytes_starts(tag, "healthd:q:") && tag.ptr + tag.len <= text + size);
        assert(made.ns >= 0);
    }
    assert(!queue_id_reached(all, all) || size >= 3);
    assert(queue_workers_count(arena, all, "bull", "q") <= (double)size);
    if (redis_url_parse(arena, text, &url, &e))
        assert((url.host || url.unix_path) && url.port >= 0 && url.port <= 65535);
    else
        assert(e.text[0]);
    /* Whatever it is, only the quotes around it end it. */
    const char *quoted = pg_quote_text(arena, all);
    size_t quotes = 0;
    for (const char *at = quoted + 2; *at; at++) {
        if (*at == '\\') {
            assert(at[1] == '\\');
            at++;
        } else {
            quotes += *at == '\'';
        }
    }
    assert(quotes % 2 == 1);
    arena_destroy(arena);
    return 0;
}
