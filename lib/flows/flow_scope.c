/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table of variables in the run's arena: declared ones and captures, looked up by name; what is built in is computed.
 * Called by the flow's run, for ${names} and for expressions. Runs no step.
 */
#include "lib/flows/flow_scope.h"

#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/glob.h"
#include "lib/core/run.h"
#include "lib/core/uuid.h"

enum { VALUE_TEXT_MAX = 64 << 10 };

struct variable {
    const char *name, *text; /* text NULL: not captured yet */
    struct value value;
    struct variable *next;
};

struct flow_scope {
    struct arena *arena;
    struct secrets *secrets;
    const struct flow *flow;
    struct variable *first;
    char run_id[UUID_SIZE];
    struct wall started;
};

const char *const flow_builtins[] = {"uuid",   "now",     "flow", "step",
                                     "run_id", "task_id", NULL};

/* ---- variables ---- */

static struct variable *variable_find(const struct flow_scope *s, struct bytes name)
{
    for (struct variable *v = s->first; v; v = v->next) {
        if (bytes_is(name, v->name))
            return v;
    }
    return NULL;
}

static void release_json(void *json)
{
    json_decref(json);
}

/* A value that outlives the run it came from: texts are copied, a number read from JSON keeps its exact form. */
static struct value value_keep(struct flow_scope *s, const struct value *v,
                               const char *text)
{
    struct value copy = *v;
    if (v->type == VALUE_TEXT || v->type == VALUE_LIST || v->type == VALUE_MAP)
        return value_text(bytes_of(text));
    if (v->json) {
        json_t *own = json_deep_copy(v->json);
        arena_cleanup(s->arena, release_json, own);
        copy.json = own;
    }
    return copy;
}

void flow_scope_put(struct flow_scope *s, const char *name, const struct value *value,
                    bool is_secret)
{
    struct variable *v = variable_find(s, bytes_of(name));
    struct buf text = BUF_MAX(VALUE_TEXT_MAX);
    if (!v) {
        v = arena_alloc(s->arena, sizeof(*v));
        *v = (struct variable){.name = name, .next = s->first};
        s->first = v;
    }
    value_print(value, &text);
    v->text = arena_strdup(s->arena, buf_text(&text));
    v->value = value_keep(s, value, v->text);
    if (is_secret && s->secrets)
        secrets_add(s->secrets, bytes_of(v->text));
    buf_finish(&text);
}

bool flow_scope_has(const struct flow_scope *s, const char *name)
{
    const struct variable *v = variable_find(s, bytes_of(name));
    return v && v->text;
}

const char *flow_scope_run_id(const struct flow_scope *s)
{
    return s->run_id;
}

static const struct flow_var *declared(const struct flow *flow, const char *name)
{
    for (size_t i = 0; i < flow->var_count; i++) {
        if (!strcmp(flow->vars[i].name, name))
            return &flow->vars[i];
    }
    return NULL;
}

static bool not_declared(const struct flow *flow, const char *name, struct arena *arena,
                         struct err *e)
{
    const char **names = arena_alloc(arena, (flow->var_count + 1) * sizeof(*names));
    for (size_t i = 0; i < flow->var_count; i++)
        names[i] = flow->vars[i].name;
    const char *near = nearest_word(name, names);
    return err_set(e, "the flow '%s' has no variable '%.80s'%s%s%s", flow->name, name,
                   near              ? "; did you mean '"
                   : flow->var_count ? ""
                                     : ": it has no `vars:`",
                   near ? near : "", near ? "'?" : "");
}

struct flow_scope *flow_scope_create(struct arena *arena, struct secrets *secrets,
                                     const struct flow *flow, const struct pairs *given,
                                     struct wall now, struct err *e)
{
    struct flow_scope *s = arena_alloc(arena, sizeof(*s));
    *s = (struct flow_scope){
        .arena = arena, .secrets = secrets, .flow = flow, .started = now};
    uuid_make(now, s->run_id);
    for (size_t i = 0; i < flow->var_count; i++) {
        if (!flow->vars[i].value)
            continue;
        const struct value value = value_text(bytes_of(flow->vars[i].value));
        flow_scope_put(s, flow->vars[i].name, &value, false);
    }
    for (size_t i = 0; given && i < given->count; i++) {
        const struct value value = value_text(bytes_of(given->items[i].value));
        if (!declared(flow, given->items[i].key)) {
            not_declared(flow, given->items[i].key, arena, e);
            return NULL;
        }
        flow_scope_put(s, given->items[i].key, &value, false);
    }
    for (size_t i = 0; i < flow->var_count; i++) {
        if (flow_scope_has(s, flow->vars[i].name))
            continue;
        err_set(e, "the flow '%s' needs the variable '%s': give it with --var %s=VALUE",
                flow->name, flow->vars[i].name, flow->vars[i].name);
        return NULL;
    }
    return s;
}

/* ---- ${name} ---- */

static const char *built_in(const struct flow_view *view, struct bytes name,
                            struct arena *arena)
{
    char uuid[UUID_SIZE], text[WALL_TEXT_SIZE];
    if (bytes_is(name, "flow"))
        return view->of->flow->name;
    if (bytes_is(name, "step"))
        return view->step;
    if (bytes_is(name, "run_id"))
        return view->of->run_id;
    if (bytes_is(name, "task_id"))
        return view->task_id;
    if (bytes_is(name, "uuid")) {
        uuid_make(wall_read(), uuid);
        return arena_strdup(arena, uuid);
    }
    if (bytes_is(name, "now"))
        return arena_strdup(arena, wall_format(wall_read(), text));
    return NULL;
}

static bool view_lookup(void *ctx, struct bytes name, struct arena *arena,
                        struct bytes *ret_value, struct err *e)
{
    const struct flow_view *view = ctx;
    const struct variable *v = variable_find(view->of, name);
    const char *text = v && v->text ? v->text : built_in(view, name, arena);
    if (!text)
        return false;
    *ret_value = bytes_of(text);
    return true;
}

void flow_view_init(struct flow_view *view, struct flow_scope *s, const char *step,
                    const char *task_id)
{
    *view = (struct flow_view){
        .scope = {.lookup = view_lookup, .ctx = view},
        .of = s,
        .step = step,
        .task_id = task_id,
    };
}

/* ---- vars.name ---- */

static bool vars_lookup(const void *map, struct bytes key, struct arena *arena,
                        struct value *ret_value)
{
    const struct flow_view *view = map;
    const struct variable *v = variable_find(view->of, key);
    if (v && v->text) {
        *ret_value = v->value;
        return true;
    }
    const char *text = built_in(view, key, arena);
    if (text)
        *ret_value = value_text(bytes_of(text));
    return text != NULL;
}

static bool vars_get(struct run *run, struct arena *arena, struct value *ret_value,
                     struct err *why)
{
    const struct scope *scope = run_scope(run);
    while (scope && scope->lookup != view_lookup)
        scope = scope->outer;
    if (!scope)
        return err_set(why, "there are variables in a flow only");
    *ret_value =
        (struct value){.type = VALUE_MAP, .lookup = vars_lookup, .map = scope->ctx};
    return true;
}

const struct var flow_vars[] = {
    {"vars", VALUE_MAP, "The flow's variables: vars.release, vars[\"run_id\"].",
     vars_get},
    {0},
};
