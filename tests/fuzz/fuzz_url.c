/* SPDX-License-Identifier: Apache-2.0 */
/* A URL, a Location at it, a Set-Cookie from it and a NO_PROXY entry, one a line: whatever they are, what comes out
 * is a URL again, and nothing is read out of bounds. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/core/fetch_parts.h"
#include "lib/core/url.h"
#include "probes/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *next_line(struct bytes *in, struct arena *arena)
{
    struct bytes line;
    if (!bytes_token(in, '\n', &line))
        return "";
    return arena_strndup(arena, line.ptr, line.len);
}

static void take_cookie(const char *line, const struct url *from, const struct url *to,
                        struct arena *arena)
{
    const struct pair header = {"set-cookie", line};
    const struct reply reply = {.headers = {&header, 1}};
    struct http_jar *jar = arena_alloc(arena, sizeof(*jar));
    http_cookies_take(jar, &reply, from, (struct wall){0}, arena);
    const char *sent = http_cookies_for(jar, to, arena);
    assert(!sent || jar->count == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create(0);
    struct bytes in = {(const char *)data, size};
    const char *text = next_line(&in, arena), *location = next_line(&in, arena);
    const char *cookie = next_line(&in, arena), *no_proxy = next_line(&in, arena);
    struct url url, again, joined;
    struct err e = {0};
    if (url_parse(arena, text, &url, &e)) {
        assert(url_parse(arena, url.text, &again, &e));
        assert(!strcmp(again.host, url.host) && again.port == url.port &&
               !again.username);
        no_proxy_covers(no_proxy, url.host, url.port);
        assert(url_authority(arena, &url)[0]);
        if (url_join(arena, &url, location, &joined, &e)) {
            assert(!joined.username && !joined.password);
            http_may_trust(&url, &joined);
            take_cookie(cookie, &url, &joined, arena);
        }
    }
    arena_destroy(arena);
    return 0;
}
