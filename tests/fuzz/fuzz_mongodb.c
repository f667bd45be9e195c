/* SPDX-License-Identifier: Apache-2.0 */
/* MongoDB's messages, documents and connection strings, whatever they are: lengths are believed by nobody, depth and
 * fields are capped, and no fault of a connection string quotes a password. Input: 'u' and a connection string, 'm' and
 * messages, 'd' and a document. */
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "probes/mongodb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_document(struct arena *arena, struct bytes document)
{
    const struct mongodb_doc *doc;
    struct cell cells[CUSTOM_MAX_COLUMNS];
    struct err e = {0};
    double number = 0;

    if (!mongodb_doc_read(arena, document, &doc, &e)) {
        assert(e.text[0]);
        return;
    }
    if (mongodb_number(doc, "ok", &number))
        assert(!isnan(number));
    const char *text = mongodb_text(doc, "errmsg", arena);
    assert(bytes_is_utf8(bytes_of(text)));
    mongodb_count(doc, "members");
    mongodb_truth(doc, "cursor.firstBatch.0.a");
    assert(mongodb_cells(document, arena, cells, CUSTOM_MAX_COLUMNS) <=
           CUSTOM_MAX_COLUMNS);
}

static void read_messages(struct arena *arena, struct bytes in)
{
    struct bytes document;
    enum reason reason = REASON_NONE;
    struct err e = {0};

    for (int i = 0; i < 100; i++) {
        const size_t before = in.len;
        const enum mongodb_heard heard =
            mongodb_take_message(&in, 1, &document, &reason, &e);
        assert(in.len <= before);
        if (heard == MONGODB_WRONG)
            assert(reason != REASON_NONE && e.text[0]);
        if (heard != MONGODB_MESSAGE)
            return;
        assert(document.len <= before);
        read_document(arena, document);
    }
}

static void read_uri(struct arena *arena, struct bytes text)
{
    const struct mongodb_conf conf = {.uri = arena_strndup(arena, text.ptr, text.len),
                                      .username = "",
                                      .password = {""},
                                      .auth_source = "",
                                      .replica_set = ""};
    struct mongodb_target target;
    struct err e = {0};

    if (!mongodb_target_read(&conf, arena, &target, &e)) {
        assert(e.text[0]);
        return;
    }
    for (size_t i = 0; i < target.count; i++)
        assert(target.places[i].host[0] && target.places[i].port > 0);
    assert(!target.wants_login || target.mechanism == MECHANISM_X509 || target.password);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    struct arena *arena = arena_create(0);
    const struct bytes rest = {(const char *)data + 1, size - 1};
    if (data[0] == 'u')
        read_uri(arena, rest);
    else if (data[0] == 'm')
        read_messages(arena, rest);
    else
        read_document(arena, rest);
    arena_destroy(arena);
    return 0;
}
