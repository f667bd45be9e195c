/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The login: SCRAM with its computation on the pool, a client certificate, or PLAIN inside TLS. Called by the dialogue
 * after hello. A login that was computed once is repeated without computing, while salt and password stay.
 */
#include <string.h>

#include "lib/core/digest.h"
#include "lib/core/saslprep.h"
#include "lib/core/session.h"
#include "probes/mongodb.h"

static bool offers(struct run *run, const struct mongodb_doc *hello,
                   const char *mechanism)
{
    for (size_t i = 0; i < mongodb_count(hello, "saslSupportedMechs"); i++) {
        const char *path = arena_printf(run_arena(run), "saslSupportedMechs.%zu", i);
        if (bytes_is(mongodb_bytes(hello, path), mechanism))
            return true;
    }
    return false;
}

/* A user that the server says nothing of is of an old server, or does not exist: what is oldest is tried. */
static enum mongodb_mechanism choose(struct run *run, const struct mongodb_doc *hello)
{
    const struct mongodb_state *state = run_state(run);

    if (state->target->mechanism != MECHANISM_DEFAULT)
        return (enum mongodb_mechanism)state->target->mechanism;
    return offers(run, hello, scram_name(SCRAM_SHA_256)) ? MECHANISM_SHA_256
                                                         : MECHANISM_SHA_1;
}

/* As each mechanism wants it: SHA-256 prepared, SHA-1 hashed with the name. */
static bool password_for(struct run *run, enum scram_hash hash, const char **ret_password,
                         struct err *e)
{
    const struct mongodb_target *target =
        ((struct mongodb_state *)run_state(run))->target;
    char digest[DIGEST_MD5_TEXT_SIZE];

    if (hash == SCRAM_SHA_256)
        return saslprep(run_arena(run), target->password, ret_password, e) ||
               err_wrap(e, "the password");
    const char *text =
        arena_printf(run_arena(run), "%s:mongo:%s", target->user, target->password);
    if (!digest_md5(bytes_of(text), digest))
        return err_set(e, "SCRAM-SHA-1 of MongoDB needs MD5, which this machine forbids: "
                          "give the user SCRAM-SHA-256");
    *ret_password = arena_strdup(run_arena(run), digest);
    return true;
}

static enum talk begin_scram(struct run *run, enum scram_hash hash)
{
    struct mongodb_state *state = run_state(run);
    struct scram_who who = {.hash = hash, .user = state->target->user};
    struct err e;

    if (!password_for(run, hash, &who.password, &e))
        return run_down(run, REASON_AUTH, "%s", e.text);
    if (!scram_begin(run_arena(run), &who, &state->scram, &e))
        return run_unknown(run, REASON_SELF, "%s", e.text);
    return mongodb_say(run, STEP_SASL,
                       mongodb_sasl(run_arena(run), scram_name(hash), 0,
                                    scram_first(state->scram), state->auth_source));
}

static enum talk begin_plain(struct run *run)
{
    const struct mongodb_state *state = run_state(run);
    const struct mongodb_target *target = state->target;
    const size_t user = strlen(target->user), password = strlen(target->password);
    char *payload = arena_alloc(run_arena(run), user + password + 2);

    if (!run_dial(run) || !run_dial(run)->is_tls)
        return run_down(
            run, REASON_NOT_TLS,
            "authMechanism=PLAIN sends the password as it is: healthd does so "
            "over TLS only (tls=true)");
    memcpy(payload + 1, target->user, user);
    memcpy(payload + user + 2, target->password, password);
    return mongodb_say(run, STEP_SASL_END,
                       mongodb_sasl(run_arena(run), "PLAIN", 0,
                                    (struct bytes){payload, user + password + 2},
                                    "$external"));
}

enum talk mongodb_login(struct run *run, const struct mongodb_doc *hello)
{
    switch (choose(run, hello)) {
    case MECHANISM_X509:
        return mongodb_say(run, STEP_SASL_END, mongodb_authenticate(run_arena(run)));
    case MECHANISM_PLAIN:
        return begin_plain(run);
    case MECHANISM_SHA_1:
        return begin_scram(run, SCRAM_SHA_1);
    case MECHANISM_SHA_256:
    case MECHANISM_DEFAULT:
        return begin_scram(run, SCRAM_SHA_256);
    }
    return TALK_MORE;
}

static enum talk impostor(struct run *run, const struct err *e)
{
    return run_down(run, REASON_AUTH, "the server %s", e->text);
}

static enum talk hear_challenge(struct run *run, const struct mongodb_doc *doc)
{
    struct mongodb_state *state = run_state(run);
    const struct mongodb_session *kept = run_session(run)->state;
    struct err e;

    mongodb_number(doc, "conversationId", &state->conversation);
    if (!scram_take_challenge(state->scram, mongodb_bytes(doc, "payload"), &e))
        return impostor(run, &e);
    if (scram_use_key(state->scram, &kept->key))
        return mongodb_login_computed(run);
    run_offload(run, scram_compute, state->scram);
    return TALK_OFFLOAD;
}

enum talk mongodb_login_computed(struct run *run)
{
    struct mongodb_state *state = run_state(run);
    struct mongodb_session *kept = run_session(run)->state;

    scram_keep_key(state->scram, &kept->key);
    return mongodb_say(run, STEP_PROOF,
                       mongodb_sasl(run_arena(run), NULL, state->conversation,
                                    scram_final(state->scram), state->auth_source));
}

static enum talk hear_proof(struct run *run, const struct mongodb_doc *doc)
{
    struct mongodb_state *state = run_state(run);
    struct err e;

    if (!scram_verify(state->scram, mongodb_bytes(doc, "payload"), &e))
        return impostor(run, &e);
    if (mongodb_truth(doc, "done"))
        return mongodb_ping(run);
    /* Before 4.4 the exchange ends with an empty message. */
    return mongodb_say(run, STEP_SASL_END,
                       mongodb_sasl(run_arena(run), NULL, state->conversation,
                                    (struct bytes){0}, state->auth_source));
}

enum talk mongodb_login_heard(struct run *run, const struct mongodb_doc *doc)
{
    const struct mongodb_state *state = run_state(run);
    struct mongodb_session *kept = run_session(run)->state;

    if (!mongodb_is_ok(doc)) {
        kept->key = (struct scram_key){0};
        return mongodb_refused(run, "the login", doc);
    }
    if (state->step == STEP_SASL)
        return hear_challenge(run, doc);
    if (state->step == STEP_PROOF)
        return hear_proof(run, doc);
    return mongodb_ping(run);
}
