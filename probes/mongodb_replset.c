/* SPDX-License-Identifier: Apache-2.0 */
/*
 * replSetGetStatus: the state of every member as this one sees it, and how far each is behind the primary. Called by
 * mongodb_collect.c for members of a set. Never judges the set: mongodb_hello.c does.
 */
#include <math.h>

#include "probes/mongodb.h"

#define MAX_MEMBERS 64 /* a set has at most 50 */

struct member {
    const char *at; /* "members.3" */
    const char *name, *state, *set, *self;
};

struct member_row {
    const char *field;
    double factor; /* of the compat family; the raw ones have the field as it is */
    enum mongodb_family compat, old, raw, other;
};
static const struct member_row member_rows[] = {
    {"state", 1, MONGODB_RS_MEMBER_STATE, MONGODB_OLD_MEMBER_STATE,
     MONGODB_RAW_MEMBER_STATE, MONGODB_MEMBERS_STATE},
    {"health", 1, MONGODB_RS_MEMBER_HEALTH, MONGODB_OLD_MEMBER_HEALTH,
     MONGODB_RAW_MEMBER_HEALTH, MONGODB_MEMBERS_HEALTH},
    {"uptime", 1, MONGODB_RS_MEMBER_UPTIME, MONGODB_NO_FAMILY, MONGODB_RAW_MEMBER_UPTIME,
     MONGODB_MEMBERS_UPTIME},
    {"optimeDate", 0.001, MONGODB_RS_MEMBER_OPTIME, MONGODB_OLD_MEMBER_OPTIME,
     MONGODB_RAW_MEMBER_OPTIME, MONGODB_MEMBERS_OPTIME},
    {"electionDate", 0.001, MONGODB_RS_MEMBER_ELECTION, MONGODB_OLD_MEMBER_ELECTION,
     MONGODB_RAW_MEMBER_ELECTION, MONGODB_MEMBERS_ELECTION},
    {"lastHeartbeat", 0.001, MONGODB_RS_MEMBER_BEAT, MONGODB_OLD_MEMBER_BEAT,
     MONGODB_RAW_MEMBER_BEAT, MONGODB_MEMBERS_BEAT},
    {"lastHeartbeatRecv", 0.001, MONGODB_RS_MEMBER_BEAT_RECV, MONGODB_NO_FAMILY,
     MONGODB_RAW_MEMBER_BEAT_RECV, MONGODB_MEMBERS_BEAT_RECV},
    {"pingMs", 1, MONGODB_RS_MEMBER_PING, MONGODB_OLD_MEMBER_PING,
     MONGODB_RAW_MEMBER_PING, MONGODB_MEMBERS_PING},
    {"configVersion", 1, MONGODB_RS_MEMBER_CONFIG, MONGODB_NO_FAMILY,
     MONGODB_RAW_MEMBER_CONFIG, MONGODB_MEMBERS_CONFIG},
};

static bool member_number(struct run *run, const struct mongodb_doc *doc, const char *at,
                          const char *field, double *ret_number)
{
    return mongodb_number(doc, arena_printf(run_arena(run), "%s.%s", at, field),
                          ret_number);
}

static const char *member_text(struct run *run, const struct mongodb_doc *doc,
                               const char *at, const char *field)
{
    return mongodb_text(doc, arena_printf(run_arena(run), "%s.%s", at, field),
                        run_arena(run));
}

static void show(struct run *run, enum mongodb_family family, const char *const *values,
                 double number)
{
    if (family != MONGODB_NO_FAMILY)
        run_sample_with(run, &mongodb_families[family], values, number);
}

static void show_member(struct run *run, const struct mongodb_doc *doc,
                        const struct member *m)
{
    const struct mongodb_state *state = run_state(run);
    const char *const compat[] = {m->set, m->name, m->state, m->self};
    const char *const raw[] = {m->name, m->state, m->set, m->set, state->cluster_role};
    double number;

    for (size_t i = 0; i < ARRAY_LEN(member_rows); i++) {
        const struct member_row *row = &member_rows[i];
        if (!member_number(run, doc, m->at, row->field, &number))
            continue;
        show(run, row->compat, compat, number * row->factor);
        show(run, row->old, compat, number * row->factor);
        show(run, row->raw, raw, number);
        show(run, row->other, raw, number);
    }
}

/* Its own member, when it is the one: else how far the farthest is behind. */
static void show_lag(struct run *run, const struct mongodb_doc *doc,
                     const struct member *m, double primary_ms)
{
    struct mongodb_found *found = &((struct mongodb_state *)run_state(run))->found;
    const char *const values[] = {m->set, m->name, m->state, m->self};
    double optime_ms, state_number;

    if (!member_number(run, doc, m->at, "state", &state_number) ||
        (state_number != 1 && state_number != 2) || isnan(primary_ms) ||
        !member_number(run, doc, m->at, "optimeDate", &optime_ms))
        return;
    const double lag = fabs(primary_ms - optime_ms) / 1000;
    show(run, MONGODB_RS_MEMBER_LAG, values, lag);
    show(run, MONGODB_OLD_MEMBER_LAG, values, lag);
    if (isnan(found->lag_seconds) || lag > found->lag_seconds)
        found->lag_seconds = lag;
}

static double primary_optime(struct run *run, const struct mongodb_doc *doc, size_t count)
{
    double number, optime_ms;

    for (size_t i = 0; i < count; i++) {
        const char *at = arena_printf(run_arena(run), "members.%zu", i);
        if (member_number(run, doc, at, "state", &number) && number == 1 &&
            member_number(run, doc, at, "optimeDate", &optime_ms))
            return optime_ms;
    }
    return NAN;
}

static void show_members(struct run *run, const struct mongodb_doc *doc, const char *set)
{
    struct mongodb_found *found = &((struct mongodb_state *)run_state(run))->found;
    const size_t all = mongodb_count(doc, "members");
    const size_t count = all < MAX_MEMBERS ? all : MAX_MEMBERS;
    const double primary_ms = primary_optime(run, doc, count);

    found->members = (double)all;
    found->healthy_members = 0;
    for (size_t i = 0; i < count; i++) {
        const char *at = arena_printf(run_arena(run), "members.%zu", i);
        double is_self = 0, health = 0;
        member_number(run, doc, at, "self", &is_self);
        member_number(run, doc, at, "health", &health);
        const struct member m = {.at = at,
                                 .name = member_text(run, doc, at, "name"),
                                 .state = member_text(run, doc, at, "stateStr"),
                                 .set = set,
                                 .self = is_self != 0 ? "1" : ""};
        found->healthy_members += health != 0;
        show_member(run, doc, &m);
        show_lag(run, doc, &m, primary_ms);
    }
}

static void show_set(struct run *run, const struct mongodb_doc *doc, const char *set)
{
    struct mongodb_found *found = &((struct mongodb_state *)run_state(run))->found;
    double number;

    if (mongodb_number(doc, "myState", &number)) {
        found->my_state = number;
        mongodb_sample(run, MONGODB_RS_MY_STATE, set, number);
        mongodb_sample(run, MONGODB_OLD_MY_STATE, set, number);
        mongodb_sample(run, MONGODB_SS_RS_MY_STATE, NULL, number);
        mongodb_sample(run, MONGODB_MY_STATE, NULL, number);
    }
    if (mongodb_number(doc, "term", &number)) {
        mongodb_sample(run, MONGODB_RS_TERM, set, number);
        mongodb_sample(run, MONGODB_SS_RS_TERM, NULL, number);
    }
    if (mongodb_number(doc, "heartbeatIntervalMillis", &number)) {
        mongodb_sample(run, MONGODB_RS_HEARTBEAT, set, number);
        mongodb_sample(run, MONGODB_SS_RS_HEARTBEAT, NULL, number);
    }
    number = (double)mongodb_count(doc, "members");
    mongodb_sample(run, MONGODB_RS_MEMBERS, set, number);
    mongodb_sample(run, MONGODB_OLD_MEMBERS, set, number);
}

static void ask_replica(struct run *run, const struct mongodb_task *task)
{
    mongodb_say(
        run, STEP_COLLECT,
        mongodb_simple(run_arena(run), "replSetGetStatus", "admin", mongodb_limit(run)));
}

static void hear_replica(struct run *run, const struct mongodb_task *task,
                         const struct mongodb_doc *doc)
{
    const char *set = mongodb_text(doc, "set", run_arena(run));

    show_set(run, doc, set);
    show_members(run, doc, set);
}

void mongodb_plan_replica(struct run *run)
{
    const struct mongodb_state *state = run_state(run);

    if (state->set[0] && state->role != ROLE_ARBITER)
        mongodb_add_task(run, (struct mongodb_task){.ask = ask_replica,
                                                    .answer = hear_replica,
                                                    .group = GROUP_REPLICA});
}
