/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is sent to each provider: path, headers and body of its three questions. Called by llm.c. Never shows the key.
 */
#include <string.h>

#include "lib/core/headers.h"
#include "probes/llm.h"

#define LIST_MAX_BYTES ((size_t)8 << 20)
#define BODY_MAX_BYTES ((size_t)64 << 10)

static struct pairs headers_of(struct run *run, const struct llm_conf *conf,
                               bool has_body)
{
    struct arena *arena = run_arena(run);
    const char *task = run_task_id(run);
    struct headers list = headers_in(arena);
    headers_add_all(&list, &conf->headers);
    if (conf->kind == LLM_ANTHROPIC) {
        if (conf->key.value[0])
            headers_put(&list, "x-api-key", conf->key.value);
        headers_put(&list, "anthropic-version", conf->version);
    } else if (conf->key.value[0]) {
        headers_put(&list, "Authorization",
                    arena_printf(arena, "Bearer %s", conf->key.value));
    }
    headers_put(&list, "User-Agent", "healthd/" HEALTHD_VERSION);
    headers_put(&list, "Accept",
                has_body ? "text/event-stream, application/json" : "application/json");
    if (has_body)
        headers_put(&list, "Content-Type", "application/json");
    if (task)
        headers_put(&list, "X-Request-Id", task);
    return headers_pairs(&list);
}

/* As one segment of a path (RFC 3986 §3.3). */
static const char *encoded(struct arena *arena, const char *text)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:@";
    struct buf out = BUF_MAX(BODY_MAX_BYTES);
    for (const char *c = text; *c; c++) {
        if (strchr(plain, *c))
            buf_add_byte(&out, *c);
        else
            buf_printf(&out, "%%%02X", (unsigned char)*c);
    }
    return arena_keep(arena, &out);
}

static const char *path_of(const struct llm_conf *conf, enum llm_question question,
                           struct arena *arena)
{
    if (conf->kind == LLM_OLLAMA)
        return question == LLM_ASK_COMPLETION ? "/api/chat" : "/api/tags";
    if (question == LLM_ASK_COMPLETION)
        return conf->kind == LLM_ANTHROPIC ? "/messages" : "/chat/completions";
    if (question == LLM_ASK_LIST || !conf->model[0])
        return "/models";
    return arena_printf(arena, "/models/%s", encoded(arena, conf->model));
}

static const char *limit_field(const struct llm_conf *conf)
{
    const bool is_openai = !strcmp(conf->base.host, "api.openai.com");
    if (conf->max_tokens_field == LLM_MAX_COMPLETION_TOKENS ||
        (conf->max_tokens_field == LLM_FIELD_AUTO && is_openai))
        return "max_completion_tokens";
    return "max_tokens";
}

static struct bytes body_of(const struct llm_conf *conf, struct arena *arena)
{
    struct buf out = BUF_MAX(BODY_MAX_BYTES);
    const long long limit = (long long)conf->max_tokens;
    buf_add_text(&out, "{\"model\":");
    buf_add_json(&out, bytes_of(conf->model));
    buf_add_text(&out, ",\"messages\":[{\"role\":\"user\",\"content\":");
    buf_add_json(&out, bytes_of(conf->prompt));
    buf_add_text(&out, "}],\"stream\":true,");
    if (conf->kind == LLM_OLLAMA)
        buf_printf(&out, "\"options\":{\"num_predict\":%lld}}", limit);
    else if (conf->kind == LLM_ANTHROPIC)
        buf_printf(&out, "\"max_tokens\":%lld}", limit);
    else
        buf_printf(&out, "\"%s\":%lld,\"stream_options\":{\"include_usage\":true}}",
                   limit_field(conf), limit);
    const struct bytes body = {arena_strndup(arena, buf_text(&out), out.len), out.len};
    buf_finish(&out);
    return body;
}

void llm_request_make(struct run *run, enum llm_question question,
                      struct request *ret_request)
{
    const struct llm_conf *conf = run_conf(run);
    struct arena *arena = run_arena(run);
    const bool has_body = question == LLM_ASK_COMPLETION;
    *ret_request = (struct request){
        .method = has_body ? "POST" : "GET",
        .url = arena_printf(arena, "%s%s", conf->root, path_of(conf, question, arena)),
        .headers = headers_of(run, conf, has_body),
        .tls = conf->tls,
        .proxy = conf->proxy_url,
        .no_proxy = conf->no_proxy,
        .family = IP_PREFER_6,
        .version = HTTP_VERSION_AUTO,
        .reuse = FETCH_FRESH,
        .is_decoded = true,
        .max_body = LIST_MAX_BYTES,
        .max_header = 64u << 10,
        .timeout = run_left(run) + NSEC_PER_SEC}; /* the run's own deadline says more */
    if (has_body)
        ret_request->body = body_of(conf, arena);
}
