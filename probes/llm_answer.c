/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an LLM provider answered, as a verdict: the model's entry, the list of models, a completion's stream, or a
 * refusal. Called by llm.c when an exchange is over. Asks nothing itself.
 */
#include <string.h>

#include "lib/base/units.h"
#include "lib/core/json.h"
#include "lib/core/loop.h"
#include "probes/llm.h"

#define STREAM_MAX_BYTES ((uint64_t)1 << 20)
#define DOCUMENT_MAX_BYTES ((size_t)8 << 20)

/* ---- while a completion comes ---- */

static void note_first_token(struct run *run, struct llm_state *state)
{
    if (state->has_first_token || !state->stream.has_token)
        return;
    state->has_first_token = true;
    state->first_token = mono_since(loop_now_exact(run_frame(run)->loop), state->sent_at);
}

bool llm_answer_take(void *ctx, struct bytes piece)
{
    struct run *run = ctx;
    struct llm_state *state = run_state(run);
    const struct reply *so_far = fetch_so_far(state->fetch);
    if (so_far->status != 200) {
        if (piece.len > LLM_REFUSAL_MAX_BYTES - state->refusal.len)
            return false;
        buf_add_bytes(&state->refusal, piece);
        return true;
    }
    state->is_too_large = so_far->body_bytes > STREAM_MAX_BYTES;
    if (state->is_too_large)
        return false;
    if (state->refusal.len < RUN_MAX_QUOTE)
        buf_add_bytes(&state->refusal,
                      bytes_slice(piece, 0, RUN_MAX_QUOTE - state->refusal.len));
    const bool wants_more = llm_events_feed(&state->events, piece);
    note_first_token(run, state);
    return wants_more;
}

/* ---- verdicts ---- */

static void fail(struct run *run, enum reason reason, const char *detail)
{
    llm_memory_hold(run, reason, detail);
    run_down(run, reason, "%s", detail);
}

static const char *asked(struct run *run)
{
    const struct llm_conf *conf = run_conf(run);
    return arena_printf(run_arena(run), "%s at %s", llm_provider_title(conf->kind),
                        conf->root);
}

static const char *phrase_of(struct run *run, enum reason reason)
{
    const struct llm_conf *conf = run_conf(run);
    switch ((int)reason) {
    case REASON_INVALID_KEY:
        return conf->key.value[0] ? "did not accept the key"
                                  : "wants a key, and none is given as `key`";
    case REASON_FORBIDDEN:
        return "knows the key, and does not allow this with it";
    case REASON_NO_CREDIT:
        return "refuses: the account has no credit or quota left";
    case REASON_RATE_LIMITED:
        return "refuses for now: it was asked more often than the account may";
    case REASON_OVERLOADED:
        return "is overloaded";
    case REASON_MODEL_MISSING:
        return arena_printf(run_arena(run), "has no model %s for this account",
                            run_quoted(run, bytes_of(conf->model)));
    case REASON_REDIRECT:
        return "redirects, and a key is not sent elsewhere: give the final address as "
               "`base_url`";
    default:
        return "refused the request";
    }
}

static void refuse(struct run *run, int status, const json_t *root)
{
    struct llm_state *state = run_state(run);
    struct arena *arena = run_arena(run);
    struct buf wait = BUF_MAX(64);
    state->fault = llm_fault_of(status, root, arena);
    const struct llm_fault *f = &state->fault;
    if (state->limits.retry_after) {
        buf_add_text(&wait, "; it asks to wait ");
        duration_format_short(&wait, state->limits.retry_after);
    }
    const char *said =
        f->detail[0] ? arena_printf(arena, ": %s", run_quoted(run, bytes_of(f->detail)))
                     : "";
    const char *word = f->word[0] ? arena_printf(arena, ", %.60s", f->word) : "";
    const char *detail =
        arena_printf(arena, "%s %s (status %d%s)%s%s", asked(run),
                     phrase_of(run, f->reason), status, word, said, buf_text(&wait));
    buf_finish(&wait);
    fail(run, f->reason, detail);
}

/* ---- a completion ---- */

/* What was wrong with a stream, or NULL. */
static const char *stream_fault(struct run *run, enum reason *ret_reason)
{
    struct llm_state *state = run_state(run);
    const struct llm_stream *s = &state->stream;
    struct arena *arena = run_arena(run);
    *ret_reason = REASON_PROTOCOL;
    if (s->nonsense)
        return arena_printf(arena, "%s: expected events with JSON, got %s", asked(run),
                            run_quoted(run, bytes_of(s->nonsense)));
    if (s->is_endless || state->is_too_large || llm_events_overflow(&state->events)) {
        *ret_reason = REASON_TOO_LARGE;
        return arena_printf(arena,
                            "%s did not end a completion of at most %lld tokens: it was "
                            "cut after %zu events",
                            asked(run), (long long)state->conf->max_tokens, s->events);
    }
    if (s->events == 0)
        return arena_printf(arena, "%s: expected a stream of events, got %s", asked(run),
                            run_quoted(run, buf_bytes(&state->refusal)));
    if (s->is_whole && !s->pieces && !s->finish.len)
        return arena_printf(arena, "%s ended the stream without an answer in it",
                            asked(run));
    if (s->is_whole)
        return NULL;
    *ret_reason = REASON_CLOSED;
    return arena_printf(arena, "%s broke the stream off after %zu events", asked(run),
                        s->events);
}

static void judge_stream(struct run *run)
{
    struct llm_state *state = run_state(run);
    const struct llm_stream *s = &state->stream;
    const int64_t counted = s->is_whole && s->has_usage ? s->input + s->output : -1;
    const int64_t seen = (int64_t)s->pieces;
    enum reason reason;
    llm_memory_settle(run, s->is_endless && seen > state->count.taken ? seen : counted);
    if (s->error) {
        refuse(run, 200, s->error);
        return;
    }
    const char *fault = stream_fault(run, &reason);
    if (fault) {
        fail(run, reason, fault);
        return;
    }
    state->is_accepted = true;
    llm_memory_succeed(run);
    run_up(run);
}

static void judge_completion(struct run *run)
{
    struct llm_state *state = run_state(run);
    const struct reply *reply = state->reply;
    struct err e;
    if (reply->trouble.reason != REASON_NONE) {
        /* What was never sent has cost nothing. */
        llm_memory_settle(run, reply->reached >= PHASE_WAIT ? -1 : 0);
        if (!reply->trouble.is_unknown)
            llm_memory_hold(run, reply->trouble.reason, reply->trouble.detail);
        run_trouble(run, &reply->trouble);
    } else if (reply->status != 200) {
        llm_memory_settle(run, 0);
        refuse(run, reply->status,
               json_read(run_arena(run), buf_bytes(&state->refusal),
                         LLM_REFUSAL_MAX_BYTES, &e));
    } else {
        judge_stream(run);
    }
}

/* ---- key and model ---- */

/* Ollama's names end with a tag; without one ":latest" is meant. */
static bool is_model(const char *name, const char *wanted)
{
    const size_t len = strlen(wanted);
    return name && (!strcmp(name, wanted) ||
                    (!strncmp(name, wanted, len) && !strcmp(name + len, ":latest")));
}

static bool has_model(const json_t *list, const char *wanted)
{
    size_t i;
    const json_t *one;
    json_array_foreach (list, i, one) {
        const char *id = json_string_value(json_object_get(one, "id"));
        const char *name = json_string_value(json_object_get(one, "name"));
        if (is_model(id, wanted) || is_model(name, wanted))
            return true;
    }
    return !wanted[0];
}

/* No call was made that was due. A probe goes on without; a flow or somebody by hand wanted just that. */
static void go_without(struct run *run, enum reason reason, const char *why)
{
    const enum origin origin = run_origin(run);
    const char *detail = arena_printf(
        run_arena(run), "key and model are good; no completion was asked: %s", why);
    if (origin == ORIGIN_FLOW || origin == ORIGIN_ONCE)
        run_unknown(run, reason, "%s", detail);
    else
        run_degraded(run, reason, "%s", detail);
}

static const char *spent(struct run *run)
{
    const struct llm_state *state = run_state(run);
    struct buf wait = BUF_MAX(64);
    duration_format_short(&wait, llm_plan_until_tomorrow(run_wall(run)));
    const long long most = state->conf->daily_tokens, need = state->count.need;
    const char *raise =
        need > most ? arena_printf(run_arena(run), ": raise `daily_tokens` to %lld", need)
                    : "";
    const char *why = arena_printf(
        run_arena(run),
        "%lld of `daily_tokens` (%lld) are used, and one may need %lld%s; the next day "
        "begins in %s",
        (long long)state->count.spent, most, need, raise, buf_text(&wait));
    buf_finish(&wait);
    return why;
}

/* Key and model are good. What completions say besides comes on top. */
static void accept_model(struct run *run)
{
    struct llm_state *state = run_state(run);
    const struct llm_session *kept = state->kept;
    state->is_accepted = true;
    if (kept->held != REASON_NONE)
        run_down(run, kept->held, "the last completion failed: %s",
                 buf_text(&kept->held_text));
    else if (state->plan == LLM_PLAN_SPENT)
        go_without(run, REASON_BUDGET, spent(run));
    else if (state->plan == LLM_PLAN_UNCOUNTED)
        go_without(run, REASON_SELF,
                   arena_printf(run_arena(run), "today's tokens cannot be counted: %s",
                                state->count.why.text));
    else
        run_up(run);
}

static void judge_list(struct run *run, const json_t *root)
{
    struct llm_state *state = run_state(run);
    const struct llm_conf *conf = state->conf;
    const json_t *list =
        json_object_get(root, conf->kind == LLM_OLLAMA ? "models" : "data");
    if (!json_is_array(list)) {
        fail(run, REASON_PROTOCOL,
             arena_printf(run_arena(run),
                          "%s: expected a list of models, got %s; is "
                          "`base_url` the API's?",
                          asked(run), run_quoted(run, state->reply->body)));
        return;
    }
    state->models = json_array_size(list);
    if (has_model(list, conf->model)) {
        accept_model(run);
        return;
    }
    state->fault = (struct llm_fault){REASON_MODEL_MISSING, "", ""};
    fail(run, REASON_MODEL_MISSING,
         arena_printf(run_arena(run), "%s %s; it lists %zu others", asked(run),
                      phrase_of(run, REASON_MODEL_MISSING), state->models));
}

static void judge_entry(struct run *run, const json_t *root)
{
    const struct llm_state *state = run_state(run);
    if (json_is_string(json_object_get(root, "id"))) {
        accept_model(run);
        return;
    }
    fail(run, REASON_PROTOCOL,
         arena_printf(run_arena(run),
                      "%s: expected a model's entry, got %s; is `base_url` the API's?",
                      asked(run), run_quoted(run, state->reply->body)));
}

/* A server that has no such path, rather than no such model. */
static bool lacks_entries(const struct llm_state *state, const json_t *root,
                          struct arena *arena)
{
    const int status = state->reply->status;
    const bool is_missing = status == 404 || status == 405 || status == 501;
    return state->question == LLM_ASK_MODEL && state->conf->kind == LLM_OPENAI &&
           is_missing && llm_fault_of(status, root, arena).reason == REASON_STATUS;
}

bool llm_answer_judge(struct run *run)
{
    struct llm_state *state = run_state(run);
    const struct reply *reply = state->reply;
    struct err e;
    state->limits = llm_limits_of(reply, run_wall(run));
    if (state->question == LLM_ASK_COMPLETION) {
        judge_completion(run);
        return true;
    }
    if (reply->trouble.reason != REASON_NONE) {
        run_trouble(run, &reply->trouble);
        return true;
    }
    const json_t *root = json_read(run_arena(run), reply->body, DOCUMENT_MAX_BYTES, &e);
    if (lacks_entries(state, root, run_arena(run)))
        return false;
    if (reply->status != 200)
        refuse(run, reply->status, root);
    else if (state->question == LLM_ASK_LIST)
        judge_list(run, root);
    else
        judge_entry(run, root);
    return true;
}

void llm_answer_cut(struct run *run)
{
    const struct llm_state *state = run_state(run);
    const bool was_sent = state->sent_at.ns != 0;
    llm_memory_settle(run, was_sent ? -1 : 0);
    if (run_has_timed_out(run) && was_sent)
        llm_memory_hold(run, REASON_TIMEOUT,
                        state->has_first_token
                            ? "the stream did not end within the timeout"
                            : "no first token within the timeout");
}
