/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock: a file with the tools as they were agreed on, to be committed beside the configuration. Looked at before each
 * run (mcp_lock_read.c), so that one written meanwhile counts; written only by a run that records (healthctl … --accept).
 * JSON in a fixed order, so that a diff shows what was accepted.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "probes/mcp.h"

#define FORMAT "healthd_mcp_lock"
#define FORMAT_VERSION 1

/* ---- text ---- */

static bool read_tool(const char *name, const json_t *from, struct mcp_tool *ret_tool,
                      struct err *e)
{
    const char *description = json_string_value(json_object_get(from, "description"));
    const json_t *input = json_object_get(from, "input");
    if (!json_is_object(input))
        return err_set(e, "tool '%.80s' has no `input` schema", name);
    *ret_tool = (struct mcp_tool){.name = name,
                                  .description = description ? description : "",
                                  .input = input,
                                  .output = json_object_get(from, "output")};
    return true;
}

bool mcp_lock_parse(struct bytes text, struct arena *arena, struct mcp_lock *ret_lock,
                    struct err *e)
{
    const json_t *root = json_read(arena, text, MCP_MAX_LOCK_BYTES, e);
    const json_t *tools = json_object_get(root, "tools");
    const char *name;
    json_t *from;
    size_t count = 0;
    if (!root)
        return false;
    if (json_integer_value(json_object_get(root, FORMAT)) != FORMAT_VERSION ||
        !json_is_object(tools))
        return err_set(e, "it is no lock of tools: expected {\"%s\": %d, \"tools\": {…}}",
                       FORMAT, FORMAT_VERSION);
    struct mcp_tool *items =
        arena_alloc(arena, (json_object_size(tools) + 1) * sizeof(*items));
    json_object_foreach ((json_t *)(uintptr_t)tools, name, from) {
        if (!read_tool(name, from, &items[count++], e))
            return false;
    }
    ret_lock->tools = (struct mcp_tools){items, count};
    mcp_tools_sort(&ret_lock->tools);
    return true;
}

static void set_digest(json_t *object, const char *key, const char *text)
{
    char digest[DIGEST_TEXT_SIZE];
    digest_bytes(bytes_of(text), digest);
    json_object_set_new(object, key, json_string(digest));
}

static json_t *locked_tool(const struct mcp_tool *tool)
{
    struct arena *arena = arena_create(0);
    json_t *object = json_object();
    json_t *input = mcp_schema_bare(tool->input);
    set_digest(object, "sha256", mcp_schema_text(input, arena));
    if (*tool->description)
        set_digest(object, "description", tool->description);
    json_object_set_new(object, "input", input);
    if (tool->output)
        json_object_set_new(object, "output", mcp_schema_bare(tool->output));
    arena_destroy(arena);
    return object;
}

void mcp_lock_write(const struct mcp_tools *tools, const json_t *server, struct buf *out)
{
    json_t *root = json_object(), *list = json_object();
    json_object_set_new(root, FORMAT, json_integer(FORMAT_VERSION));
    for (size_t i = 0; i < tools->count; i++)
        json_object_set_new(list, tools->items[i].name, locked_tool(&tools->items[i]));
    json_object_set_new(root, "tools", list);
    if (json_is_object(server)) {
        json_t *who = json_object();
        json_object_set(who, "name", json_object_get(server, "name"));
        json_object_set(who, "version", json_object_get(server, "version"));
        json_object_set_new(root, "server", who);
    }
    char *text = json_dumps(root, JSON_INDENT(2) | JSON_SORT_KEYS);
    buf_add_text(out, text ? text : "");
    buf_add_byte(out, '\n');
    free(text);
    json_decref(root);
}

/* ---- file ---- */

static bool write_all(int fd, struct bytes text)
{
    while (text.len) {
        const ssize_t len = write(fd, text.ptr, text.len);
        if (len < 0 && errno != EINTR)
            return false;
        text = bytes_slice(text, len > 0 ? (size_t)len : 0, text.len);
    }
    return fsync(fd) == 0;
}

/* Beside it first, so that nobody reads half of it. */
static bool write_file(const char *path, struct bytes text, struct arena *arena,
                       struct err *e)
{
    const char *fresh = arena_printf(arena, "%s.new", path);
    const int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0)
        return err_errno(e, errno, "lock: '%s' cannot be written", fresh);
    const bool is_written = write_all(fd, text);
    close(fd);
    if (is_written && rename(fresh, path) == 0)
        return true;
    err_errno(e, errno, "lock: '%s' cannot be written", path);
    unlink(fresh);
    return false;
}

static void record(struct mcp_state *s)
{
    struct buf text = BUF_MAX(MCP_MAX_LOCK_BYTES);
    struct err e = {0};
    mcp_lock_write(&s->tools, s->server, &text);
    if (text.overflow)
        err_set(&e, "lock: these tools' schemas are larger than 4 MiB");
    if (text.overflow ||
        !write_file(s->conf->lock, buf_bytes(&text), run_arena(s->run), &e))
        mcp_find(s, HEALTH_UNKNOWN, REASON_CONFIG, "%s", e.text);
    else
        run_trace(s->run, "lock", "%zu tools were written to %s", s->tools.count,
                  s->conf->lock);
    buf_finish(&text);
}

/* ---- judgement ---- */

#define MAX_TOLD 3

static bool is_told(const struct mcp_state *s, const struct mcp_change *c)
{
    return c->is_breaking || !s->conf->allow_additions;
}

/* What breaks callers comes first. */
static size_t tell(const struct mcp_state *s, bool is_breaking, size_t told,
                   struct buf *out)
{
    const struct mcp_changes *changes = s->changes;
    for (size_t i = 0; i < changes->count && i < MCP_MAX_CHANGES; i++) {
        const struct mcp_change *c = &changes->items[i];
        if (c->is_breaking != is_breaking || !is_told(s, c))
            continue;
        if (told++ < MAX_TOLD)
            buf_printf(out, "%s%s", told > 1 ? "; " : "", c->text);
    }
    return told;
}

static void judge(struct mcp_state *s)
{
    struct buf text = BUF_MAX(1200);
    size_t told = tell(s, true, 0, &text);
    const bool is_breaking = told > 0;
    told = tell(s, false, told, &text);
    if (told > MAX_TOLD)
        buf_printf(&text, "; and %zu more", told - MAX_TOLD);
    if (told)
        mcp_find(s, is_breaking ? HEALTH_DOWN : HEALTH_DEGRADED, REASON_SCHEMA_DRIFT,
                 "%s differs from %s: %s", s->way->peer(s), s->conf->lock,
                 buf_text(&text));
    buf_finish(&text);
}

void mcp_judge_lock(struct mcp_state *s)
{
    const struct mcp_conf *c = s->conf;
    if (!c->lock[0])
        return;
    if (run_is_recording(s->run)) {
        record(s);
        return;
    }
    if (s->lock_fault) {
        mcp_find(s, HEALTH_UNKNOWN, REASON_CONFIG, "%s", s->lock_fault);
        return;
    }
    struct arena *arena = run_arena(s->run);
    struct mcp_changes *changes = arena_alloc(arena, sizeof(*changes));
    mcp_drift(s->lock, &s->tools, c->lock_descriptions, arena, changes);
    s->changes = changes;
    judge(s);
}
