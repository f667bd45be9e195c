/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commands as documents. Called by the other files of the probe, which say them. Every command that may take long has a
 * limit that the server keeps, and every one may be answered by a secondary. Nothing here writes anything.
 */
#include <bson/bson.h>
#include <string.h>
#include <sys/utsname.h>

#include "probes/mongodb.h"

static void destroy(void *ctx)
{
    bson_destroy(ctx);
}

static bson_t *begin(struct arena *arena)
{
    bson_t *b = bson_new();

    arena_cleanup(arena, destroy, b);
    return b;
}

static struct bytes raw(const bson_t *b)
{
    return (struct bytes){(const char *)bson_get_data(b), b->len};
}

static void add_text(bson_t *b, const char *key, const char *text)
{
    bson_append_utf8(b, key, -1, text, -1);
}

static void add_document(bson_t *b, const char *key, struct bytes document)
{
    bson_t view;

    if (document.len &&
        bson_init_static(&view, (const uint8_t *)document.ptr, document.len))
        bson_append_document(b, key, -1, &view);
}

static void add_preference(bson_t *b)
{
    bson_t child;

    bson_append_document_begin(b, "$readPreference", -1, &child);
    add_text(&child, "mode", "primaryPreferred");
    bson_append_document_end(b, &child);
}

/* What follows in every command. */
static struct bytes end(bson_t *b, const char *database, nsec limit)
{
    if (limit)
        bson_append_int64(b, "maxTimeMS", -1, limit / NSEC_PER_MSEC);
    add_text(b, "$db", database);
    add_preference(b);
    return raw(b);
}

/* ---- hello ---- */

/* Who asks, for the server's log and currentOp; only the first hello of a connection may have it. */
static void add_client(bson_t *b)
{
    struct utsname system = {0};
    bson_t client, part;

    uname(&system);
    bson_append_document_begin(b, "client", -1, &client);
    bson_append_document_begin(&client, "application", -1, &part);
    add_text(&part, "name", "healthd");
    bson_append_document_end(&client, &part);
    bson_append_document_begin(&client, "driver", -1, &part);
    add_text(&part, "name", "healthd");
    add_text(&part, "version", HEALTHD_VERSION);
    bson_append_document_end(&client, &part);
    bson_append_document_begin(&client, "os", -1, &part);
    add_text(&part, "type", "Linux");
    add_text(&part, "architecture", system.machine);
    bson_append_document_end(&client, &part);
    bson_append_document_end(b, &client);
}

struct bytes mongodb_hello(struct arena *arena, const struct mongodb_target *target,
                           const char *auth_source, bool is_legacy, bool is_first)
{
    bson_t *b = begin(arena);

    bson_append_int32(b, is_legacy ? "isMaster" : "hello", -1, 1);
    bson_append_bool(b, "helloOk", -1, true);
    if (target->is_balanced && is_first)
        bson_append_bool(b, "loadBalanced", -1, true);
    if (is_first)
        add_client(b);
    if (is_first && target->wants_login && target->user &&
        target->mechanism == MECHANISM_DEFAULT)
        add_text(b, "saslSupportedMechs",
                 arena_printf(arena, "%s.%s", auth_source, target->user));
    add_text(b, "$db", "admin");
    return raw(b);
}

/* ---- plain commands ---- */

/* Parts of serverStatus that are large, and of which nothing is shown. */
static const char *const unread_parts[] = {"tcmalloc", "locks", "mirroredReads",
                                           "shardingStatistics", "heapProfile"};

struct bytes mongodb_simple(struct arena *arena, const char *name, const char *database,
                            nsec limit)
{
    bson_t *b = begin(arena);

    bson_append_int32(b, name, -1, 1);
    for (size_t i = 0; !strcmp(name, "serverStatus") && i < ARRAY_LEN(unread_parts); i++)
        bson_append_int32(b, unread_parts[i], -1, 0);
    if (!strcmp(name, "listDatabases"))
        bson_append_bool(b, "nameOnly", -1, true);
    if (!strcmp(name, "dbStats"))
        bson_append_int32(b, "scale", -1, 1);
    return end(b, database, limit);
}

struct bytes mongodb_coll_stats(struct arena *arena, const char *database,
                                const char *collection, nsec limit)
{
    bson_t *b = begin(arena);

    add_text(b, "collStats", collection);
    return end(b, database, limit);
}

/* ---- login ---- */

struct bytes mongodb_sasl(struct arena *arena, const char *mechanism, double conversation,
                          struct bytes payload, const char *database)
{
    bson_t *b = begin(arena), options;

    bson_append_int32(b, mechanism ? "saslStart" : "saslContinue", -1, 1);
    if (mechanism)
        add_text(b, "mechanism", mechanism);
    else
        bson_append_int32(b, "conversationId", -1, (int32_t)conversation);
    bson_append_binary(b, "payload", -1, BSON_SUBTYPE_BINARY,
                       (const uint8_t *)(payload.len ? payload.ptr : ""),
                       (uint32_t)payload.len);
    if (mechanism) {
        bson_append_document_begin(b, "options", -1, &options);
        bson_append_bool(&options, "skipEmptyExchange", -1, true);
        bson_append_document_end(b, &options);
    }
    add_text(b, "$db", database);
    return raw(b);
}

struct bytes mongodb_authenticate(struct arena *arena)
{
    bson_t *b = begin(arena);

    bson_append_int32(b, "authenticate", -1, 1);
    add_text(b, "mechanism", "MONGODB-X509");
    add_text(b, "$db", "$external");
    return raw(b);
}

/* ---- reading ---- */

struct bytes mongodb_find_command(struct arena *arena, const struct mongodb_find *find,
                                  nsec limit)
{
    bson_t *b = begin(arena);

    add_text(b, "find", find->collection);
    add_document(b, "filter", find->filter);
    add_document(b, "sort", find->sort);
    add_document(b, "projection", find->projection);
    bson_append_int64(b, "limit", -1, find->limit);
    bson_append_int64(b, "batchSize", -1, find->limit);
    bson_append_bool(b, "singleBatch", -1, true);
    return end(b, find->database, limit);
}

struct bytes mongodb_count_command(struct arena *arena, const struct mongodb_find *find,
                                   nsec limit)
{
    bson_t *b = begin(arena);

    add_text(b, "count", find->collection);
    add_document(b, "query", find->filter);
    return end(b, find->database, limit);
}

/* Its own $limit comes last, so that one batch holds all and no cursor stays open. */
struct bytes mongodb_aggregate_command(struct arena *arena,
                                       const struct mongodb_find *find,
                                       struct bytes pipeline, nsec limit)
{
    bson_t *b = begin(arena), stages, child, view;
    bson_iter_t it;
    char key[16];
    const char *name;
    uint32_t count = 0;

    add_text(b, "aggregate", find->collection);
    bson_append_array_begin(b, "pipeline", -1, &stages);
    if (bson_init_static(&view, (const uint8_t *)pipeline.ptr, pipeline.len) &&
        bson_iter_init(&it, &view)) {
        while (bson_iter_next(&it)) {
            bson_uint32_to_string(count++, &name, key, sizeof(key));
            bson_append_iter(&stages, name, -1, &it);
        }
    }
    bson_uint32_to_string(count, &name, key, sizeof(key));
    bson_append_document_begin(&stages, name, -1, &child);
    bson_append_int64(&child, "$limit", -1, find->limit);
    bson_append_document_end(&stages, &child);
    bson_append_array_end(b, &stages);
    bson_append_document_begin(b, "cursor", -1, &child);
    bson_append_int64(&child, "batchSize", -1, find->limit + 1);
    bson_append_document_end(b, &child);
    return end(b, find->database, limit);
}

struct bytes mongodb_order(struct arena *arena, const char *key, int direction)
{
    bson_t *b = begin(arena);

    bson_append_int32(b, key, -1, direction);
    return raw(b);
}

bool mongodb_from_json(struct arena *arena, struct bytes json, struct bytes *ret_document,
                       struct err *e)
{
    bson_error_t error = {0};
    bson_t *b = bson_new_from_json((const uint8_t *)json.ptr, (ssize_t)json.len, &error);

    if (!b)
        return err_set(e, "%s", error.message);
    arena_cleanup(arena, destroy, b);
    *ret_document = raw(b);
    return true;
}
