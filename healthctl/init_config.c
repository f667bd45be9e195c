/* SPDX-License-Identifier: Apache-2.0 */
/* healthd.yml and smoke.yml for a compose file: see init.h. Pure. */
#include <string.h>

#include "healthctl/init.h"

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

/* A name that no service has taken. */
static const char *free_name(const struct init_plan *p, const char *name)
{
    return compose_find(p->compose, name) ? arena_printf(p->arena, "healthd-%s", name)
                                          : name;
}

static bool is_probed(const struct guess *g)
{
    return g->kind != GUESS_CONTAINER && g->kind != GUESS_APART;
}

static const struct guess *guess_of(const struct init_plan *p, const char *service)
{
    const struct compose_member *s = compose_find(p->compose, service);
    return s ? &p->guesses[s - p->compose->services] : NULL;
}

static void add_depends_on(const struct init_plan *p, const struct guess *g,
                           struct buf *out)
{
    const struct texts *names = &g->service->depends_on;
    size_t count = 0;
    for (size_t i = 0; i < names->count; i++) {
        const struct guess *other = guess_of(p, names->items[i]);
        if (!other || !is_probed(other) || other->kind == GUESS_BACKUP)
            continue;
        buf_printf(out, "%s%s", count++ ? ", " : "    depends_on: [",
                   init_word(p->arena, names->items[i]));
    }
    if (count)
        buf_add_text(out, "]\n");
}

static void add_warnings(const struct init_plan *p, const struct guess *g,
                         struct buf *out)
{
    const char *open = guess_open_words(p->arena, g);
    if (open)
        buf_printf(out, "  # Its %s.\n", init_remark(p->arena, open));
    if (g->kind == GUESS_POSTGRES)
        buf_add_text(out, "  # The role healthd reads statistics and nothing else: "
                          "examples/privileges/postgres.sql makes it.\n");
    if (g->kind == GUESS_BACKUP)
        buf_printf(out,
                   "  # When it is done it has to say so:\n"
                   "  #   wget -qO- --header \"Authorization: Bearer $TOKEN\" "
                   "http://healthd:9990/api/heartbeat/%s\n",
                   g->service->name);
}

static void add_probe(const struct init_plan *p, const struct guess *g, struct buf *out)
{
    const char *name = init_word(p->arena, g->service->name);
    const char *image = *g->service->image ? g->service->image : "built here";
    buf_printf(out, "\n  # %s. What it is asked comes from %s.\n",
               init_remark(p->arena, image), g->why);
    add_warnings(p, g, out);
    buf_printf(out, "  - name: %s\n", name);
    if (g->kind == GUESS_BACKUP)
        buf_printf(out,
                   "    heartbeat: {every: 24h, grace: 6h, token: "
                   "\"${file:/run/secrets/%s}\"}\n",
                   init_secret_of(p->arena, g));
    else
        init_question(p->arena, g, 4, out);
    add_depends_on(p, g, out);
    buf_printf(out, "    labels: {component: %s}\n", name);
}

/* ---- containers: those that nothing else asks ---- */

static void add_apart(const struct init_plan *p, struct buf *out)
{
    for (size_t i = 0; i < p->compose->count; i++) {
        const struct guess *g = &p->guesses[i];
        if (g->kind == GUESS_APART)
            buf_printf(out, "\n  # %s is left out: %s.\n",
                       init_word(p->arena, g->service->name), g->why);
    }
}

static void add_required(const struct init_plan *p, struct buf *out)
{
    size_t count = 0;
    for (size_t i = 0; i < p->compose->count; i++) {
        const struct guess *g = &p->guesses[i];
        const struct compose_member *s = g->service;
        if (g->kind != GUESS_CONTAINER)
            continue;
        buf_add_text(out, count++ ? ", " : "      required: [");
        if (*s->container)
            buf_printf(out, "\"%s\"", init_word(p->arena, s->container));
        else
            buf_printf(out, "\"%s-%s-*\"",
                       p->compose->is_named ? init_word(p->arena, p->compose->name) : "*",
                       init_word(p->arena, s->name));
    }
    if (count)
        buf_add_text(out, "]   # nothing else asks them: one of each has to run\n");
}

static void add_machine(const struct init_plan *p, struct buf *out)
{
    buf_printf(out,
               "\n  # The machine: CPU, memory, disks.\n"
               "  - name: %s\n"
               "    host: {root: /host}\n"
               "    limits: {disk_used: [80%%, 92%%], memory_available: [15%%, 5%%]}\n"
               "\n  # Every container: restarts, memory, health. Asked through a proxy "
               "that lets three questions through.\n"
               "  - name: %s\n"
               "    containers:\n"
               "      docker: \"http://healthd-docker-proxy:2375\"\n"
               "      root: /host\n",
               free_name(p, "host"), free_name(p, "containers"));
    add_required(p, out);
    buf_add_text(out, "    severity: warning\n");
}

/* ---- who is told ---- */

static void add_head(const struct init_plan *p, struct buf *out)
{
    const char *project = init_word(p->arena, p->compose->name);
    const char *slash = strrchr(p->compose->path, '/');
    buf_printf(out,
               "# What healthd watches, and who is told. Made from %s by `healthctl "
               "init`, and yours from here on:\n"
               "# `healthctl validate` says what is wrong with a change, and healthd "
               "reads the folder again by itself.\n"
               "site: %s\n"
               "labels: {environment: production}\n\n",
               init_remark(p->arena, slash ? slash + 1 : p->compose->path), project);
    buf_add_text(out,
                 "# Secrets are files: the compose file puts ./secrets/NAME to "
                 "/run/secrets/NAME. No password is in here.\n"
                 "receivers:\n"
                 "  chat: {slack: {webhook_url: \"${file:/run/secrets/slack_url}\"}}\n"
                 "  # oncall: {pagerduty: {routing_key: "
                 "\"${file:/run/secrets/pagerduty_key}\"}}\n"
                 "  # mail: {email: {smarthost: \"smtp.example.com:587\", from: "
                 "healthd@example.com, to: [you@example.com]}}\n"
                 "notify:\n"
                 "  critical: [chat]   # [oncall, chat]: chat wakes nobody\n"
                 "  warning: [chat]\n");
    buf_add_text(out, "  # Somebody else has to tell when this machine is gone: a URL "
                      "that is asked every minute (healthchecks.io,\n"
                      "  # Dead Man's Snitch, an Uptime Kuma elsewhere).\n");
    buf_printf(out,
               "  %sdeadman: {url: \"${file:/run/secrets/deadman_url}\", every: 1m}\n\n",
               p->has_deadman ? "" : "# ");
}

static bool needs_backup(const struct init_plan *p)
{
    bool has_data = false;
    for (size_t i = 0; i < p->compose->count; i++) {
        if (p->guesses[i].kind == GUESS_BACKUP)
            return false;
        has_data |= p->guesses[i].has_data;
    }
    return has_data;
}

void init_config(const struct init_plan *p, struct buf *out)
{
    add_head(p, out);
    buf_printf(out,
               "# One probe a service (%zu service%s in the compose file). After an "
               "edit: healthctl coverage.\nprobes:",
               p->compose->count, plural(p->compose->count));
    for (size_t i = 0; i < p->compose->count; i++) {
        if (is_probed(&p->guesses[i]))
            add_probe(p, &p->guesses[i], out);
    }
    add_apart(p, out);
    add_machine(p, out);
    if (needs_backup(p))
        buf_add_text(out,
                     "\n  # Nothing tells of a backup of the databases. In the crontab: "
                     "healthctl run nightly-backup -- /usr/local/bin/backup\n"
                     "  # - name: nightly-backup\n"
                     "  #   heartbeat: {cron: \"0 3 * * *\", grace: 1h, max_run_time: "
                     "3h}\n"
                     "  #   severity: critical\n");
    buf_add_text(out,
                 "\nweb:\n"
                 "  listen: [\":9990\", \"unix:/run/healthd/healthd.sock\"]\n"
                 "  act_token: \"${file:/run/secrets/healthd_token}\"   # reading is "
                 "open to whoever reaches the port\n"
                 "state: {path: /var/lib/healthd}\n");
}

void init_smoke(const struct init_plan *p, struct buf *out)
{
    size_t steps = 0;
    buf_add_text(out,
                 "# After `docker compose up -d`: does the release work?\n"
                 "#   docker compose exec healthd healthctl smoke "
                 "/etc/healthd/smoke.yml --wait 120s\n"
                 "# Add what your users do: a step may post, capture what came back, and "
                 "clean up in `finally`.\n"
                 "deadline: 60s\n"
                 "labels: {workflow_id: smoke}\n"
                 "steps:\n");
    for (size_t i = 0; i < p->compose->count; i++) {
        const struct guess *g = &p->guesses[i];
        if (!is_probed(g) || g->kind == GUESS_BACKUP)
            continue;
        buf_printf(out, "  - name: %s\n", init_word(p->arena, g->service->name));
        init_question(p->arena, g, 4, out);
        steps++;
    }
    if (!steps)
        buf_add_text(out, "  - name: healthd\n    http: "
                          "\"http://127.0.0.1:9990/-/healthy\"\n");
}
