/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hello: what kind of server it is, whether it speaks what we speak, and whether it is the member that the connection
 * string wants; then the ping, and the verdict. Called by the dialogue. Other members are the frame's to ask.
 */
#include <stdio.h>
#include <string.h>

#include "lib/core/resolve.h"
#include "lib/core/session.h"
#include "lib/core/talk.h"
#include "probes/mongodb.h"

enum { WIRE_OP_MSG = 6, WIRE_NEWEST_KNOWN_LEAST = 29 };

/* ---- before the first word ---- */

/* TXT records may say these two, and nothing else; what the connection string says stands. */
static bool read_text(struct mongodb_target *target, const struct srv *srv,
                      struct arena *arena, struct err *e)
{
    const struct mongodb_target before = *target;
    struct bytes rest = bytes_of(srv->text), pair, key;

    if (srv->is_text_missing)
        return err_set(e, "its TXT record cannot be read");
    if (srv->text_count > 1)
        return err_set(e, "there are %zu TXT records, and there may be one",
                       srv->text_count);
    while (bytes_token(&rest, '&', &pair)) {
        if (!bytes_token(&pair, '=', &key))
            continue;
        if (!bytes_is_nocase(key, "authSource") && !bytes_is_nocase(key, "replicaSet") &&
            !bytes_is_nocase(key, "loadBalanced"))
            return err_set(e,
                           "its TXT record has the option '%.*s'; it may have "
                           "authSource, replicaSet and loadBalanced",
                           (int)(key.len < 60 ? key.len : 60), key.ptr);
        if (!mongodb_target_set(target, key, arena_strndup(arena, pair.ptr, pair.len), e))
            return false;
    }
    if (before.auth_source)
        target->auth_source = before.auth_source;
    if (before.replica_set)
        target->replica_set = before.replica_set;
    return true;
}

/* Hosts of a service share its parent domain: else whoever answers for DNS sends us, and our password, anywhere. */
static bool is_of_domain(const char *host, const char *domain)
{
    const char *first = strchr(domain, '.');
    const char *parent = first && strchr(first + 1, '.') ? first + 1 : domain;
    const size_t host_len = strlen(host), len = strlen(parent);

    return host_len > len + 1 && host[host_len - len - 1] == '.' &&
           bytes_is_nocase(bytes_of(host + host_len - len), parent);
}

static bool follow_srv(struct run *run, struct err *e)
{
    const struct mongodb_conf *conf = run_conf(run);
    struct mongodb_state *state = run_state(run);
    const struct srv *srv = run_srv(run);

    if (!srv)
        return true;
    struct mongodb_target *target =
        arena_memdup(run_arena(run), conf->target, sizeof(*target));
    const char *domain = target->places[0].host;
    for (size_t i = 0; i < srv->count; i++) {
        if (!is_of_domain(srv->places[i].host, domain))
            return err_set(e, "DNS names %s as a host of %s, which is not of its domain",
                           srv->places[i].host, domain);
    }
    if (!read_text(target, srv, run_arena(run), e))
        return err_wrap(e, "%s", domain);
    state->target = target;
    return true;
}

static const char *auth_source_of(const struct mongodb_target *t)
{
    if (t->auth_source)
        return t->auth_source;
    if (t->mechanism == MECHANISM_X509 || t->mechanism == MECHANISM_PLAIN)
        return "$external";
    return t->database ? t->database : "admin";
}

static enum talk say_hello(struct run *run, enum mongodb_step step)
{
    const struct mongodb_state *state = run_state(run);

    return mongodb_say(run, step,
                       mongodb_hello(run_arena(run), state->target, state->auth_source,
                                     step == STEP_LEGACY_HELLO, !run_is_kept(run)));
}

enum talk mongodb_begin(struct run *run)
{
    const struct mongodb_conf *conf = run_conf(run);
    struct mongodb_state *state = run_state(run);
    struct mongodb_session *kept = run_session(run)->state;
    struct err e;

    state->target = conf->target;
    state->set = state->primary = "";
    state->cluster_role = kept->cluster_role;
    if (conf->target->ignored[0])
        run_trace(run, "uri", "options that healthd has no use for: %s",
                  conf->target->ignored);
    if (!follow_srv(run, &e))
        return run_down(run, REASON_DNS_ERROR, "%s", e.text);
    state->auth_source = auth_source_of(state->target);
    return say_hello(run, STEP_HELLO);
}

/* ---- what it is ---- */

static enum mongodb_role role_of(const struct mongodb_doc *doc)
{
    if (bytes_is(mongodb_bytes(doc, "msg"), "isdbgrid"))
        return ROLE_MONGOS;
    if (mongodb_truth(doc, "isWritablePrimary") || mongodb_truth(doc, "ismaster"))
        return mongodb_find(doc, "setName") ? ROLE_PRIMARY : ROLE_STANDALONE;
    if (mongodb_truth(doc, "secondary"))
        return ROLE_SECONDARY;
    if (mongodb_truth(doc, "arbiterOnly"))
        return ROLE_ARBITER;
    return ROLE_OTHER;
}

static void take_hello(struct run *run, const struct mongodb_doc *doc)
{
    struct mongodb_state *state = run_state(run);
    struct mongodb_session *kept = run_session(run)->state;

    state->role = role_of(doc);
    state->set = mongodb_text(doc, "setName", run_arena(run));
    state->primary = mongodb_text(doc, "primary", run_arena(run));
    snprintf(kept->cluster_role, sizeof(kept->cluster_role), "%s",
             state->role == ROLE_MONGOS               ? "mongos"
             : mongodb_find(doc, "configsvr") != NULL ? "configsvr"
                                                      : "mongod");
}

/* ---- whether it is the one ---- */

static const char *role_text(struct run *run)
{
    const struct mongodb_state *state = run_state(run);

    switch (state->role) {
    case ROLE_STANDALONE:
        return "stands alone";
    case ROLE_PRIMARY:
        return "is the primary";
    case ROLE_SECONDARY:
        return arena_printf(run_arena(run), "is a secondary of %s", state->set);
    case ROLE_ARBITER:
        return arena_printf(run_arena(run), "is an arbiter of %s", state->set);
    case ROLE_MONGOS:
        return "is a mongos";
    case ROLE_OTHER:
        return "is neither primary nor secondary (starting, recovering, or removed)";
    }
    return "";
}

/* One server that is named alone is asked itself, whatever it is; else the set is asked for the member that an application
 * with this connection string would use. */
static bool asks_set(const struct mongodb_target *t)
{
    return !t->is_direct && !t->is_balanced && !t->unix_path &&
           (t->count > 1 || t->srv || t->replica_set || t->has_direct);
}

static bool fits(enum mongodb_role role, int preference)
{
    switch ((enum mongodb_preference)preference) {
    case PREFER_PRIMARY_ONLY:
        return role == ROLE_PRIMARY;
    case PREFER_SECONDARY_ONLY:
        return role == ROLE_SECONDARY;
    case PREFER_PRIMARY:
    case PREFER_SECONDARY:
    case PREFER_NEAREST:
        return role == ROLE_PRIMARY || role == ROLE_SECONDARY;
    }
    return false;
}

static void name_primary(struct run *run)
{
    const struct mongodb_state *state = run_state(run);
    struct err e;
    const char *host;
    int port = 27017;

    if (state->primary[0] && dial_split(run_arena(run), state->primary, &host, &port, &e))
        run_name_place(run, host, port);
}

static enum talk pass(struct run *run)
{
    const struct mongodb_state *state = run_state(run);
    const bool is_other = state->role == ROLE_OTHER;

    if (state->target->preference == PREFER_PRIMARY_ONLY)
        name_primary(run);
    return run_elsewhere(run, is_other ? REASON_STARTING : REASON_UNHEALTHY, "%s%s",
                         role_text(run),
                         state->primary[0] ? "" : ", and knows of no primary");
}

static enum talk check_set(struct run *run)
{
    const struct mongodb_state *state = run_state(run);
    const struct mongodb_target *t = state->target;

    if (t->replica_set && strcmp(t->replica_set, state->set) != 0)
        return state->set[0]
                   ? run_elsewhere(
                         run, REASON_EXPECT,
                         "is a member of the set %s, and replicaSet=%s asks for "
                         "another",
                         state->set, t->replica_set)
                   : run_elsewhere(
                         run, REASON_EXPECT,
                         "is a member of no set, and replicaSet=%s asks for one: "
                         "is rs.initiate() still to be done?",
                         t->replica_set);
    if (asks_set(t) && state->set[0] && !fits(state->role, t->preference))
        return pass(run);
    if (state->role == ROLE_OTHER)
        return run_elsewhere(run, REASON_STARTING, "%s", role_text(run));
    return TALK_DONE;
}

static enum talk check_version(struct run *run, const struct mongodb_doc *doc)
{
    double newest = 0, oldest = 0;

    mongodb_number(doc, "maxWireVersion", &newest);
    mongodb_number(doc, "minWireVersion", &oldest);
    if (newest < WIRE_OP_MSG)
        return run_down(
            run, REASON_VERSION,
            "the server speaks wire version %.0f at most, and healthd needs %d "
            "(MongoDB 3.6)",
            newest, WIRE_OP_MSG);
    if (oldest > WIRE_NEWEST_KNOWN_LEAST)
        return run_down(run, REASON_VERSION,
                        "the server speaks wire version %.0f at least, and healthd knows "
                        "%d: a newer healthd is needed",
                        oldest, WIRE_NEWEST_KNOWN_LEAST);
    return TALK_DONE;
}

enum talk mongodb_hello_heard(struct run *run, const struct mongodb_doc *doc)
{
    enum { CODE_COMMAND_NOT_FOUND = 59 };
    const struct mongodb_state *state = run_state(run);
    enum talk next;

    if (!mongodb_is_ok(doc) && state->step == STEP_HELLO &&
        mongodb_code(doc) == CODE_COMMAND_NOT_FOUND)
        return say_hello(run, STEP_LEGACY_HELLO);
    if (!mongodb_is_ok(doc))
        return mongodb_refused(run, "hello", doc);
    take_hello(run, doc);
    if (run_is_traced(run))
        run_trace(run, "hello", "it %s", role_text(run));
    next = check_version(run, doc);
    if (next == TALK_DONE && !run_is_answered(run))
        next = check_set(run);
    if (next != TALK_DONE || run_is_answered(run))
        return next;
    /* Arbiters have no users: they answer hello and ping to everybody. */
    if (state->target->wants_login && !run_is_kept(run) && state->role != ROLE_ARBITER)
        return mongodb_login(run, doc);
    return mongodb_ping(run);
}

/* ---- ping ---- */

enum talk mongodb_ping(struct run *run)
{
    struct mongodb_state *state = run_state(run);

    state->asked_at = mono_read();
    return mongodb_say(run, STEP_PING,
                       mongodb_simple(run_arena(run), "ping", "admin", 0));
}

void mongodb_verdict(struct run *run)
{
    const struct mongodb_state *state = run_state(run);

    if (state->set[0] && !state->primary[0] && state->role != ROLE_PRIMARY)
        run_degraded(run, REASON_UNHEALTHY,
                     "it answers and %s, but the set has no primary: nothing can be "
                     "written",
                     role_text(run));
    else
        run_up(run);
}
