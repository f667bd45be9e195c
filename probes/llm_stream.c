/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the events of a streamed completion tell: the first token, the tokens used, the end, a refusal half-way. Called
 * with each event by llm_events.c. Pure; knows neither time nor network.
 */
#include <string.h>

#include "lib/core/json.h"
#include "probes/llm.h"

size_t llm_stream_most_pieces(int64_t max_tokens)
{
    return 64 + 4 * (size_t)max_tokens;
}

static void begin(struct llm_stream *s)
{
    s->has_token = true;
    s->pieces++;
    s->is_endless = s->most_pieces && s->pieces > s->most_pieces;
}

static void keep_text(struct llm_stream *s, const json_t *text)
{
    const char *piece = json_string_value(text);
    if (piece)
        buf_add_bytes(&s->text, bytes_cut(bytes_of(piece), s->text.max - s->text.len));
}

static void add_text(struct llm_stream *s, const json_t *text)
{
    const char *piece = json_string_value(text);
    if (!piece || !piece[0])
        return;
    begin(s);
    keep_text(s, text);
}

/* "stop", "length", "max_tokens": why the answer ended. */
static bool take_finish(struct llm_stream *s, const json_t *word)
{
    const char *text = json_string_value(word);
    if (!text)
        return false;
    buf_clear(&s->finish);
    buf_add_bytes(&s->finish, bytes_cut(bytes_of(text), LLM_FINISH_MAX_BYTES));
    return true;
}

static void take_count(const json_t *from, const char *key, int64_t *ret_count)
{
    const json_t *count = json_object_get(from, key);
    if (json_is_integer(count) && json_integer_value(count) >= 0 &&
        json_integer_value(count) <= BUDGET_MOST)
        *ret_count = json_integer_value(count);
}

static bool is_told(const json_t *value)
{
    return value && !json_is_null(value);
}

/* Servers put "" and [] where there is nothing yet. */
static bool says_something(const json_t *value)
{
    if (json_is_string(value))
        return json_string_length(value) > 0;
    return json_is_array(value) ? json_array_size(value) > 0 : is_told(value);
}

static bool take_openai(struct llm_stream *s, const json_t *root)
{
    const json_t *choice = json_array_get(json_object_get(root, "choices"), 0);
    const json_t *delta = json_object_get(choice, "delta");
    const json_t *usage = json_object_get(root, "usage");
    add_text(s, json_object_get(delta, "content"));
    if (says_something(json_object_get(delta, "tool_calls")) ||
        says_something(json_object_get(delta, "reasoning_content")) ||
        says_something(json_object_get(delta, "reasoning")))
        begin(s);
    if (take_finish(s, json_object_get(choice, "finish_reason")))
        s->has_token = s->is_whole = true;
    if (json_is_object(usage)) {
        s->has_usage = true;
        take_count(usage, "prompt_tokens", &s->input);
        take_count(usage, "completion_tokens", &s->output);
    }
    return !s->is_endless;
}

static bool take_anthropic(struct llm_stream *s, const json_t *root)
{
    const char *type = json_string_value(json_object_get(root, "type"));
    const json_t *delta = json_object_get(root, "delta");
    const json_t *usage = json_object_get(root, "usage");
    if (!usage)
        usage = json_object_get(json_object_get(root, "message"), "usage");
    if (json_is_object(usage)) {
        int64_t written = 0, read = 0;
        take_count(usage, "input_tokens", &s->input);
        take_count(usage, "output_tokens", &s->output);
        take_count(usage, "cache_creation_input_tokens", &written);
        take_count(usage, "cache_read_input_tokens", &read);
        s->input += json_object_get(usage, "input_tokens") ? written + read : 0;
        s->has_usage = true;
    }
    if (!type)
        return true;
    if (!strcmp(type, "content_block_delta"))
        begin(s);
    if (!strcmp(type, "message_delta"))
        s->has_token = true;
    keep_text(s, json_object_get(delta, "text"));
    take_finish(s, json_object_get(delta, "stop_reason"));
    s->is_whole = s->is_whole || !strcmp(type, "message_stop");
    return !s->is_whole && !s->is_endless;
}

static bool take_ollama(struct llm_stream *s, const json_t *root)
{
    const json_t *message = json_object_get(root, "message");
    add_text(s, json_object_get(message, "content"));
    add_text(s, json_object_get(message, "thinking"));
    if (!json_is_true(json_object_get(root, "done")))
        return !s->is_endless;
    take_finish(s, json_object_get(root, "done_reason"));
    s->has_token = s->is_whole = true;
    s->has_usage = is_told(json_object_get(root, "eval_count"));
    take_count(root, "prompt_eval_count", &s->input);
    take_count(root, "eval_count", &s->output);
    return false;
}

bool llm_stream_take(void *ctx, struct bytes data)
{
    struct llm_stream *s = ctx;
    struct err e;
    s->events++;
    if (s->provider == LLM_OPENAI && bytes_is(bytes_trim(data), "[DONE]")) {
        s->has_token = s->is_whole = true;
        return false;
    }
    const json_t *root = json_read(s->arena, data, LLM_EVENT_MAX_BYTES, &e);
    if (!json_is_object(root)) {
        const struct bytes head = bytes_cut(data, RUN_MAX_QUOTE);
        s->nonsense = arena_strndup(s->arena, head.ptr ? head.ptr : "", head.len);
        return false;
    }
    if (is_told(json_object_get(root, "error"))) {
        s->error = root;
        return false;
    }
    if (s->provider == LLM_ANTHROPIC)
        return take_anthropic(s, root);
    return s->provider == LLM_OLLAMA ? take_ollama(s, root) : take_openai(s, root);
}
