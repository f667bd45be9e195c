/* SPDX-License-Identifier: Apache-2.0 */
/*
 * MongoDB servers, by the application's own connection string: hello, login, ping, then what the server says of itself
 * under the names of mongodb_exporter, in groups. Drives the dialogue, and owns nothing else; see mongodb.h for the
 * parts. Never writes, and keeps one connection.
 */
#include "probes/mongodb.h"

#include "lib/core/session.h"
#include "lib/core/talk.h"

enum talk mongodb_say(struct run *run, enum mongodb_step step, struct bytes document)
{
    struct mongodb_state *state = run_state(run);

    state->step = step;
    state->id++;
    run_say(run, mongodb_message(run_arena(run), state->id, document));
    return TALK_MORE;
}

static enum talk pinged(struct run *run, const struct mongodb_doc *doc)
{
    struct mongodb_state *state = run_state(run);

    if (!mongodb_is_ok(doc))
        return mongodb_refused(run, "ping", doc);
    state->is_alive = true;
    state->found.ping_seconds = nsec_to_sec(mono_since(mono_read(), state->asked_at));
    mongodb_verdict(run);
    mongodb_plan(run);
    return mongodb_collect(run);
}

static enum talk heard(struct run *run, const struct mongodb_doc *doc)
{
    const struct mongodb_state *state = run_state(run);

    switch (state->step) {
    case STEP_HELLO:
    case STEP_LEGACY_HELLO:
        return mongodb_hello_heard(run, doc);
    case STEP_SASL:
    case STEP_PROOF:
    case STEP_SASL_END:
        return mongodb_login_heard(run, doc);
    case STEP_PING:
        return pinged(run, doc);
    case STEP_COLLECT:
        return mongodb_collected(run, doc);
    }
    return TALK_MORE;
}

static const char *peer_name(struct run *run)
{
    const struct dial *dial = run_dial(run);

    if (!dial)
        return "the server";
    return dial->unix_path
               ? dial->unix_path
               : arena_printf(run_arena(run), "%s:%d", dial->host, dial->port);
}

/* Servers that want TLS, or have no place left, hang up without a word. */
static enum talk hung_up(struct run *run)
{
    const struct dial *dial = run_dial(run);

    if (((struct mongodb_state *)run_state(run))->step != STEP_HELLO ||
        (dial && dial->is_tls))
        return TALK_MORE;
    return run_down(
        run, REASON_CLOSED,
        "%s closed the connection at the first word: it wants TLS (tls=true), "
        "takes no more connections, or is older than MongoDB 3.6",
        peer_name(run));
}

static enum talk take(struct run *run, struct bytes *in)
{
    struct mongodb_state *state = run_state(run);
    struct bytes document;
    const struct mongodb_doc *doc;
    enum reason reason;
    struct err e;

    switch (mongodb_take_message(in, state->id, &document, &reason, &e)) {
    case MONGODB_TOO_LITTLE:
        return TALK_MORE;
    case MONGODB_WRONG:
        run_down(run, reason, "%s %s", peer_name(run), e.text);
        return TALK_CLOSE;
    case MONGODB_MESSAGE:
        break;
    }
    if (mongodb_doc_read(run_arena(run), document, &doc, &e))
        return heard(run, doc);
    if (state->step ==
        STEP_COLLECT) /* what one group sends does not concern the others */
        return mongodb_unreadable(run, e.text);
    run_down(run, REASON_PROTOCOL, "%s sent a document that %s", peer_name(run), e.text);
    return TALK_CLOSE;
}

static enum talk mongodb_talk(struct run *run, enum talk_event event, struct bytes *in)
{
    enum talk next;

    if (event == TALK_OPEN)
        return mongodb_begin(run);
    if (event == TALK_RESUMED)
        return mongodb_login_computed(run);
    /* The server speaks when it is spoken to: one answer a question. */
    do {
        const size_t before = in->len;
        next = take(run, in);
        if (in->len == before)
            break;
    } while (next == TALK_MORE && in->len);
    if (event == TALK_EOF && next == TALK_MORE && !in->len)
        return hung_up(run);
    return next;
}

/* ---- what every run shows ---- */

static const char *waited_for(const struct mongodb_state *state)
{
    switch (state->step) {
    case STEP_HELLO:
    case STEP_LEGACY_HELLO:
        return "hello";
    case STEP_SASL:
    case STEP_PROOF:
    case STEP_SASL_END:
        return "the login";
    case STEP_PING:
        return "the ping";
    case STEP_COLLECT:
        return "a group of numbers";
    }
    return "";
}

static void mongodb_report(struct run *run)
{
    const struct mongodb_state *state = run_state(run);
    const struct mongodb_session *kept = run_session(run)->state;

    if (run_has_timed_out(run) && state->id)
        run_explain(run, "it was asked for the answer to %s", waited_for(state));
    run_group(run, "");
    run_sample_with(run, &mongodb_families[MONGODB_UP],
                    (const char *const[]){kept->cluster_role}, state->is_alive);
    if (state->is_alive)
        run_sample(run, &mongodb_families[MONGODB_PING_SECONDS],
                   state->found.ping_seconds);
    mongodb_report_groups(run);
}

/* ---- where ---- */

static void aim_tls(const struct mongodb_target *target, struct dial *dial)
{
    if (target->has_tls)
        dial->is_tls = target->is_tls;
    dial->tls.insecure_skip_verify =
        dial->tls.insecure_skip_verify || target->is_insecure;
    if (target->ca_file)
        dial->tls.ca_file = target->ca_file;
    if (target->certificate_file)
        dial->tls.cert_file = dial->tls.key_file = target->certificate_file;
    if (target->ca_file || target->certificate_file)
        dial->is_tls = true;
}

static bool mongodb_aim(const void *ctx, struct arena *arena, struct dial *ret_dial,
                        struct err *e)
{
    const struct mongodb_conf *conf = ctx;
    const struct mongodb_target *target = conf->target;

    if (!target)
        return true; /* a module's: the address comes later */
    aim_tls(target, ret_dial);
    if (!target->count)
        return true; /* `host`, or `unix` */
    ret_dial->unix_path = target->unix_path;
    ret_dial->host = target->places[0].host;
    ret_dial->port = target->places[0].port;
    ret_dial->srv = target->srv;
    if (!target->is_direct && !target->unix_path) {
        ret_dial->others = target->places + 1;
        ret_dial->other_count = target->count - 1;
    }
    return true;
}

static void mongodb_close(struct session *session)
{
    struct mongodb_session *kept = session->state;

    custom_kept_finish(&kept->custom);
}

static bool mongodb_may_make(const void *conf, const char *name)
{
    const struct mongodb_conf *c = conf;
    return custom_may_make(&c->metrics, sizeof(struct mongodb_query), name);
}

const struct probe_type probe_mongodb = {
    .name = "mongodb",
    .job = "mongodb",
    .summary = "MongoDB servers and replica sets, by hello, login and ping, with "
               "mongodb_exporter's metrics.",
    .example =
        "mongodb:\n"
        "  uri: \"mongodb://healthd:secret@mongo:27017/shop?authSource=admin\"\n"
        "  metrics:\n"
        "    - {name: shop_orders_open, collection: orders, count: {status: open}}\n"
        "    - name: shop_orders\n"
        "      collection: orders\n"
        "      aggregate: [{$group: {_id: $status, n: {$sum: 1}}}]\n"
        "      labels: [_id]\n",
    .port = 27017,
    .is_critical = true,
    .keeps_connection = true,
    .has_dynamic_families = true,
    .may_make = mongodb_may_make,
    .conf_size = sizeof(struct mongodb_conf),
    .state_size = sizeof(struct mongodb_state),
    .session_size = sizeof(struct mongodb_session),
    .validate = mongodb_validate,
    .aim = mongodb_aim,
    .close = mongodb_close,
    .talk = mongodb_talk,
    .report = mongodb_report,
    .metrics = mongodb_metrics,
    .vars = mongodb_vars,
    .limits = mongodb_limits,
    .groups = (const struct group[]){{"server", 0},
                                     {"replica", 0},
                                     {"oplog", 60 * NSEC_PER_SEC},
                                     {"databases", 60 * NSEC_PER_SEC},
                                     {0}},
    .opts = mongodb_opts,
};
