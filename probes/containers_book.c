/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All containers by name: which are there, which are gone, which were known before healthd ended. A list says what is; an
 * event says why. Called by containers.c on the loop. How one container changes is containers_known.c's; whether it is well
 * is containers_judge.c's.
 */
#include "probes/containers_book.h"

#include <math.h>
#include <string.h>

#define FORGET_AFTER NSEC_PER_DAY /* of what was removed, whatever gone_for says */

void book_init(struct book *b, const struct containers_conf *conf)
{
    *b = (struct book){.conf = conf, .known = map_create(), .machine_kills = NAN};
}

void book_finish(struct book *b)
{
    const struct map_entry *entry = NULL;
    while ((entry = map_next(b->known, entry)))
        known_destroy(entry->value);
    map_destroy(b->known);
    docker_list_destroy(b->list);
}

/* ---- one ---- */

static struct known *known_of(struct book *b, const char *name)
{
    struct known *k = map_get(b->known, bytes_of(name));
    if (k)
        return k;
    k = known_create(name);
    map_put(b->known, bytes_of(name), k);
    return k;
}

static void forget(struct book *b, struct known *k)
{
    map_remove(b->known, bytes_of(k->name));
    known_destroy(k);
}

/* ---- what was known before healthd ended ---- */

static bool memo_has(const char *memo, char sign, const char *name)
{
    struct bytes text = bytes_of(memo), line;
    while (bytes_token(&text, '\n', &line)) {
        if (line.len == strlen(name) + 1 && line.ptr[0] == sign &&
            bytes_is(bytes_slice(line, 1, line.len), name))
            return true;
    }
    return false;
}

static void take_first(struct book *b, struct known *k, const char *memo, struct wall now)
{
    if (k->state != DOCKER_EXITED && k->state != DOCKER_DEAD)
        return;
    if (memo_has(memo, '!', k->name)) {
        k->has_run = true;
        k->ending = ENDING_BY_HAND;
    } else if (memo_has(memo, '+', k->name)) {
        k->has_run = true;
    } else if (k->ended.ns < now.ns - b->conf->old) {
        k->is_left_alone = true;
    }
}

/* Those that ran then and are not there now. */
static void take_lost(struct book *b, const char *memo, struct wall now)
{
    struct bytes text = bytes_of(memo), line;
    while (bytes_token(&text, '\n', &line)) {
        char name[256];
        if (line.len < 2 || line.len > sizeof(name))
            continue;
        memcpy(name, line.ptr + 1, line.len - 1);
        name[line.len - 1] = '\0';
        if (map_get(b->known, bytes_of(name)) ||
            !containers_wants(b->conf, name, (struct pairs){0}))
            continue;
        struct known *k = known_of(b, name);
        k->has_run = true;
        k->gone = now;
    }
}

const char *book_memo(const struct book *b, struct arena *arena)
{
    struct buf text = BUF_MAX(4000);
    const struct map_entry *entry = NULL;
    while ((entry = map_next(b->known, entry))) {
        const struct known *k = entry->value;
        const bool is_by_hand = k->has_run && k->ending == ENDING_BY_HAND;
        if (!k->gone.ns && (known_runs(k) || is_by_hand))
            buf_printf(&text, "%c%s\n", is_by_hand && !known_runs(k) ? '!' : '+',
                       k->name);
    }
    return arena_keep(arena, &text);
}

/* ---- lists ---- */

/* While compose makes a container anew, the former or the new one is called <12 hex digits>_<name>. */
static bool is_passing(const struct docker_container *c)
{
    const struct bytes name = bytes_of(c->name);
    return name.len > 13 && name.ptr[12] == '_' &&
           strspn(c->name, "0123456789abcdef") == 12 &&
           containers_label(c->labels, "com.docker.compose.service")[0];
}

static void take_container(struct book *b, const struct docker_container *c,
                           const char *memo, struct wall now)
{
    struct known *k = known_of(b, c->name);
    const bool is_first = !k->id[0];
    if (!known_take_row(k, c, now))
        b->is_behind = true;
    if (is_first)
        take_first(b, k, memo ? memo : "", now);
}

/* What is no more: told of for a while when it ran, forgotten at once when it had ended by itself. */
static void review_gone(struct book *b, struct known *k, struct wall now)
{
    const bool is_done =
        k->ending == ENDING_ITSELF && k->has_exit_code && k->exit_code == 0;
    k->labels = (struct pairs){0}; /* they were the list's */
    if (k->ending == ENDING_OPEN) {
        b->is_behind = true;
        return;
    }
    if (!k->gone.ns)
        k->gone = now;
    const nsec since = now.ns - k->gone.ns;
    if (!k->has_run || is_done || k->is_left_alone || since >= b->conf->gone_for ||
        since >= FORGET_AFTER)
        forget(b, k);
}

void book_list_asked(struct book *b)
{
    const struct map_entry *entry = NULL;
    while ((entry = map_next(b->known, entry)))
        ((struct known *)entry->value)->has_newer = false;
}

void book_take_list(struct book *b, struct docker_list *list, const char *memo,
                    struct wall now)
{
    const bool is_first = !b->list;
    const struct map_entry *entry = NULL;
    b->is_behind = false;
    while ((entry = map_next(b->known, entry))) {
        struct known *k = entry->value;
        k->is_listed = false;
        known_settle(k, now);
    }
    for (size_t i = 0; i < list->count; i++) {
        const struct docker_container *c = &list->items[i];
        if (containers_wants(b->conf, c->name, c->labels) && !is_passing(c))
            take_container(b, c, is_first ? memo : NULL, now);
    }
    if (is_first && memo)
        take_lost(b, memo, now);
    entry = map_next(b->known, NULL);
    while (entry) {
        struct known *k = entry->value;
        entry = map_next(b->known, entry);
        if (!k->is_listed)
            review_gone(b, k, now);
    }
    docker_list_destroy(b->list);
    b->list = list;
    b->listed = now;
}

/* ---- events and cgroups ---- */

/* While compose makes one anew, the former has another name. */
static struct known *known_by_id(const struct book *b, const char *id)
{
    const struct map_entry *entry = NULL;
    while ((entry = map_next(b->known, entry))) {
        struct known *k = entry->value;
        if (!strncmp(k->id, id, CONTAINERS_ID_LEN))
            return k;
    }
    return NULL;
}

bool book_take_event(struct book *b, const struct docker_event *ev)
{
    struct known *k = known_by_id(b, ev->id);
    return k ? known_take_event(k, ev) : ev->action != DOCKER_ACTION_OTHER;
}

void book_take_machine(struct book *b, double kills, struct wall at)
{
    const struct map_entry *entry = NULL;
    if (kills > b->machine_kills) /* never so when either is NAN */
        b->machine_killed = at;
    b->machine_kills = kills;
    while ((entry = map_next(b->known, entry)))
        known_take_machine(entry->value, at, b->machine_killed);
}

void book_take_seen(struct book *b, const struct containers_seen *seen)
{
    struct known *k = map_get(b->known, bytes_of(seen->name));
    if (!k || strncmp(k->id, seen->id, CONTAINERS_ID_LEN))
        k = known_by_id(b, seen->id);
    if (k)
        known_take_seen(k, seen, b->has_events);
}

/* ---- for the thread ---- */

static void end_map(void *map)
{
    map_destroy(map);
}

static const char *text_or_none(struct arena *arena, const char *text)
{
    return text[0] ? arena_strdup(arena, text) : NULL;
}

struct map *book_names(const struct book *b, struct arena *arena)
{
    static const int health_states[] = {[DOCKER_HEALTH_NONE] = -1,
                                        [DOCKER_STARTING] = 0,
                                        [DOCKER_HEALTHY] = 1,
                                        [DOCKER_UNHEALTHY] = 0};
    struct map *names = map_create();
    arena_cleanup(arena, end_map, names);
    for (size_t i = 0; b->list && i < b->list->count; i++) {
        const struct docker_container *c = &b->list->items[i];
        const struct known *k = map_get(b->known, bytes_of(c->name));
        struct containers_named *n = arena_alloc(arena, sizeof(*n));
        n->id = arena_strdup(arena, c->id);
        n->name = arena_strdup(arena, c->name);
        n->image = text_or_none(arena, c->image);
        n->is_wanted = containers_wants(b->conf, c->name, c->labels);
        n->labels = containers_labels(arena, b->conf, c->labels, k ? k->restarts : -1);
        n->has_own_network = !bytes_starts(bytes_of(c->network), "container:");
        n->health_state = health_states[k ? k->health : c->health];
        n->created = c->created;
        n->started = k && k->has_exact_start ? k->started : (struct wall){0};
        n->oom_kills = k ? k->oom_told : 0;
        map_put(names, bytes_of(c->id), n);
    }
    return names;
}
