/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The options of the websocket probe besides those of every dialogue, and what is checked of them together. Read once a
 * generation (or per /probe request, for the URL). Never asks anything.
 */
#include <string.h>
#include <strings.h>

#include "lib/core/node.h"
#include "probes/websocket.h"

#define OPT_STRUCT struct websocket_step
static const struct opt step_opts[] = {
    OPT_ROW_REGEX("expect", expect, OPT_NONE,
                  "Messages are read until one matches this; \"\" waits for any."),
    OPT_ROW_TEXT("send", send, OPT_NONE,
                 "This is sent then; ${1} is the first group of `expect`.",
                 .flags = OPT_LATE),
    {0},
};
#undef OPT_STRUCT

#define OPT_STRUCT struct websocket_conf
const struct opt websocket_opts[] = {
    OPT_ROW_TEXT("url", url, NULL, "What to ask: ws://host:port/path, or wss:// for TLS.",
                 .flags = OPT_SHORTHAND),
    OPT_ROW_TEXT("send", send, "", "A text that is sent once the connection is made."),
    OPT_ROW_NODE("json", json, "The same, written as YAML and sent as JSON."),
    OPT_ROW_REGEX("answer", answer, OPT_NONE,
                  "The message that is waited for: others are passed over. When left "
                  "out it is the first one after `send` or `json`."),
    OPT_ROW_SECTIONS("query_response", query_response, struct websocket_step, step_opts,
                     "Steps of a longer exchange, in order, instead of those three."),
    OPT_ROW_TEXTS("subprotocols", subprotocols, OPT_NONE,
                  "Offered to the server, which has to choose one of them."),
    OPT_ROW_TEXT("origin", origin, "",
                 "The Origin header, which servers for browsers may insist on."),
    OPT_ROW_PAIRS("headers", headers, OPT_NONE,
                  "More headers of the request. `Host` also decides the TLS name."),
    HTTP_AUTH_ROWS,
    OPT_ROW_BOOL("ping", ping, "true",
                 "Send a ping after that, and measure how long its pong takes."),
    OPT_ROW_BOOL("close_wait", close_wait, "true",
                 "Wait for the server's close frame after ours; false hangs up."),
    OPT_ROW_SIZE("max_message", max_message, "1MiB", 1, 16u << 20,
                 "A message larger than this is a failure."),
    OPT_ROW_TEXT("key", key, "", "Sec-WebSocket-Key instead of a random one, for tests.",
                 .flags = OPT_HIDDEN),
    {0}};
#undef OPT_STRUCT

/* libcurl's parser knows no ws: to it they are what they run over. */
static const char *as_http(struct arena *arena, const char *text)
{
    if (!strncasecmp(text, "ws://", 5))
        return arena_printf(arena, "http://%s", text + 5);
    if (!strncasecmp(text, "wss://", 6))
        return arena_printf(arena, "https://%s", text + 6);
    return text;
}

static bool read_url(struct websocket_conf *conf, struct arena *arena, struct err *e)
{
    if (!url_parse(arena, as_http(arena, conf->url), &conf->at, e))
        return err_wrap(e, "url");
    if (!url_is_http(&conf->at))
        return err_set(e, "url: the scheme is %s; this probe asks over ws and wss",
                       conf->at.scheme);
    return true;
}

static bool read_question(struct websocket_conf *conf, struct arena *arena, struct err *e)
{
    struct buf text = BUF_MAX(WEBSOCKET_MAX_SENT);

    conf->question = conf->send[0] ? conf->send : NULL;
    if (conf->question && conf->json)
        return err_set(e, "send and json are two ways to say one thing: keep one");
    if (conf->query_response.count && (conf->question || conf->json || conf->answer))
        return err_set(e, "query_response has the steps that send, json and answer are "
                          "one of: write them there");
    if (!conf->json)
        return true;
    node_json(conf->json, &text);
    conf->question = arena_strdup(arena, buf_text(&text));
    const bool fits = !text.overflow;
    buf_finish(&text);
    return fits || err_set(e, "json: the message is larger than 256 KiB");
}

static bool check_steps(const struct websocket_conf *conf, struct err *e)
{
    const struct websocket_step *steps = conf->query_response.items;

    for (size_t i = 0; i < conf->query_response.count; i++) {
        if (!steps[i].expect && !(steps[i].send && steps[i].send[0]))
            return err_set(
                e, "query_response, step %zu does nothing: give `expect` or `send`",
                i + 1);
    }
    return true;
}

static bool is_token(const char *text)
{
    static const char *const token_chars =
        "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
        "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

    return text[0] && !text[strspn(text, token_chars)];
}

/* What the handshake itself is made of. */
static bool is_ours(const char *name)
{
    static const char *const ours[] = {"Upgrade", "Connection", "Content-Length",
                                       "Transfer-Encoding", NULL};
    const char *const *at = ours;

    while (*at && strcasecmp(*at, name) != 0)
        at++;
    return *at || !strncasecmp(name, "Sec-WebSocket-", strlen("Sec-WebSocket-"));
}

static bool check_headers(const struct websocket_conf *conf, struct err *e)
{
    for (size_t i = 0; i < conf->headers.count; i++) {
        const struct pair *h = &conf->headers.items[i];
        if (!is_token(h->key) || strpbrk(h->value, "\r\n"))
            return err_set(
                e, "the header '%.60s' has a character that headers cannot have", h->key);
        if (is_ours(h->key))
            return err_set(e, "headers: %.60s is part of the handshake: leave it out",
                           h->key);
    }
    for (size_t i = 0; i < conf->subprotocols.count; i++) {
        if (!is_token(conf->subprotocols.items[i]))
            return err_set(e, "subprotocols: '%.60s' is no name of one",
                           conf->subprotocols.items[i]);
    }
    return !strpbrk(conf->origin, "\r\n") || err_set(e, "origin: it has a line break");
}

bool websocket_validate(void *the_conf, struct arena *arena, struct err *e)
{
    struct websocket_conf *conf = the_conf;

    if (http_auth_ways(&conf->auth) > 1)
        return err_set(e, "basic_auth, authorization and bearer_token exclude each "
                          "other: keep one");
    return read_url(conf, arena, e) && read_question(conf, arena, e) &&
           check_steps(conf, e) && check_headers(conf, e) &&
           http_auth_validate(&conf->auth, e);
}

size_t websocket_step_count(const struct websocket_conf *conf)
{
    if (conf->query_response.count)
        return conf->query_response.count;
    return (conf->question != NULL) + (conf->question || conf->answer);
}

/* `send` and `answer` are a step that says and one that hears. */
struct websocket_step websocket_step_at(const struct websocket_conf *conf, size_t at)
{
    if (conf->query_response.count)
        return ((const struct websocket_step *)conf->query_response.items)[at];
    if (conf->question && at == 0)
        return (struct websocket_step){.send = conf->question};
    return (struct websocket_step){.expect = conf->answer};
}
