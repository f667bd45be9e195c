/* SPDX-License-Identifier: Apache-2.0 */
/* See api_read.h. Called by handlers, and by what reads the disk for them. Reads nothing itself. */
#include "collector/api_read.h"

#include <stdlib.h>

#include "lib/base/memory.h"

struct api_read {
    struct exchange *exchange; /* NULL: the client has left */
    const char *file;
};

bool api_read_number(struct exchange *x, const char *name, uint64_t usual, uint64_t most,
                     uint64_t *ret_number)
{
    const char *text = exchange_param(x, name);
    uint64_t number = usual;
    if (text &&
        (!bytes_to_u64(bytes_of(text), &number) || number == 0 || number > most)) {
        exchange_error(x, 400, "'%s' is '%.40s': a number from 1 to %llu is wanted", name,
                       text, (unsigned long long)most);
        return false;
    }
    *ret_number = number;
    return true;
}

struct api_read *api_read_begin(struct exchange *x, const char *file)
{
    struct api_read *r = memory_take(sizeof(*r));
    *r = (struct api_read){.file = file};
    exchange_suspend_as(x, &r->exchange);
    return r;
}

void api_read_done(void *read, struct buf *text, const struct err *e)
{
    struct api_read *r = read;
    if (r->exchange && text && !text->overflow)
        exchange_reply_json(r->exchange, 200, text);
    else if (r->exchange)
        exchange_error(r->exchange, 503, "%s cannot be read: %s", r->file,
                       e ? e->text : "it has too much for one answer; ask for less");
    free(r);
}
