/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a provider's refusal means: its status, and the code, type and message of its error. Called by llm_answer.c. Pure.
 * Shapes: OpenAI {"error": {message, type, code}}, Anthropic {"type": "error", "error": {type, message}}, Ollama
 * {"error": "…"}, vLLM {"message", "type"}, FastAPI servers {"detail": "…"}, Gemini a list of {"error": {status, message}}.
 */
#include <string.h>
#include <strings.h>

#include "lib/base/attr.h"
#include "lib/core/json.h"
#include "probes/llm.h"

#define DETAIL_MAX_BYTES 200

struct row { /* a word in the code or type, or (is_message) part of the message */
    const char *word;
    enum reason reason;
    bool is_message;
};
static const struct row rows[] = {
    {"insufficient_quota", REASON_NO_CREDIT, false},
    {"billing_hard_limit_reached", REASON_NO_CREDIT, false},
    {"billing_not_active", REASON_NO_CREDIT, false},
    {"billing_error", REASON_NO_CREDIT, false},
    {"insufficient_balance", REASON_NO_CREDIT, false},
    {"budget_exceeded", REASON_NO_CREDIT, false}, /* LiteLLM: the key's own budget */
    {"credit balance is too low", REASON_NO_CREDIT, true},
    {"insufficient balance", REASON_NO_CREDIT, true},
    {"invalid_api_key", REASON_INVALID_KEY, false},
    {"authentication_error", REASON_INVALID_KEY, false},
    {"invalid_authentication", REASON_INVALID_KEY, false},
    {"api key not valid", REASON_INVALID_KEY, true},
    {"incorrect api key", REASON_INVALID_KEY, true},
    {"permission_error", REASON_FORBIDDEN, false},
    {"model_not_found", REASON_MODEL_MISSING, false},
    {"not_found_error", REASON_MODEL_MISSING, false},
    {"deploymentnotfound", REASON_MODEL_MISSING, false}, /* Azure */
    {"not a valid model", REASON_MODEL_MISSING, true},
    {"invalid model name", REASON_MODEL_MISSING, true}, /* LiteLLM */
    {"overloaded_error", REASON_OVERLOADED, false},
    {"server_overloaded", REASON_OVERLOADED, false},
    {"engine_overloaded", REASON_OVERLOADED, false},
    {"rate_limit_exceeded", REASON_RATE_LIMITED, false},
    {"rate_limit_error", REASON_RATE_LIMITED, false},
    {"resource_exhausted", REASON_RATE_LIMITED, false}, /* Gemini */
};

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

static bool has_part(const char *text, const char *part)
{
    const size_t len = strlen(part);
    for (; *text; text++) {
        if (!strncasecmp(text, part, len))
            return true;
    }
    return false;
}

/* "model 'x' not found", "The model `x` does not exist" */
static bool tells_of_model(const char *message)
{
    return has_part(message, "model") &&
           (has_part(message, "not found") || has_part(message, "does not exist"));
}

static enum reason reason_of_status(int status)
{
    switch (status) {
    case 401:
        return REASON_INVALID_KEY;
    case 402:
        return REASON_NO_CREDIT;
    case 403:
        return REASON_FORBIDDEN;
    case 429:
        return REASON_RATE_LIMITED;
    case 498: /* Groq: the tier's capacity is used */
    case 503:
    case 529:
        return REASON_OVERLOADED;
    default:
        return status >= 300 && status < 400 ? REASON_REDIRECT : REASON_STATUS;
    }
}

static enum reason reason_of(int status, const char *code, const char *type,
                             const char *message)
{
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct row *r = &rows[i];
        const bool fits = r->is_message
                              ? has_part(message, r->word)
                              : !strcasecmp(code, r->word) || !strcasecmp(type, r->word);
        if (fits)
            return r->reason;
    }
    const bool is_clients = status == 400 || status == 404;
    return is_clients && tells_of_model(message) ? REASON_MODEL_MISSING
                                                 : reason_of_status(status);
}

struct llm_fault llm_fault_of(int status, const json_t *root, struct arena *arena)
{
    if (json_is_array(root))
        root = json_array_get(root, 0);
    const json_t *error = json_object_get(root, "error");
    const char *code = text_of(error, "code"), *type = text_of(error, "type");
    const char *message = text_of(error, "message");
    if (!type[0])
        type = text_of(error, "status");
    if (json_is_string(error))
        message = json_string_value(error);
    else if (!error)
        message = text_of(root, json_object_get(root, "detail") ? "detail" : "message");
    struct llm_fault f = {.reason = reason_of(status, code, type, message),
                          .word = arena_strdup(arena, code[0] ? code : type)};
    const struct bytes short_one = bytes_cut(bytes_of(message), DETAIL_MAX_BYTES);
    /* Of a key that it does not know a provider repeats a part. */
    f.detail = f.reason == REASON_INVALID_KEY
                   ? ""
                   : arena_strndup(arena, short_one.ptr, short_one.len);
    return f;
}
