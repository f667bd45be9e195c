/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks, and what that one may: by the listener it came in at, and by the token or password it shows. Called by web.c
 * for each request, and by handlers that judge by themselves. Says no, and why; never does anything else about it.
 */
#include "collector/web_parts.h"
#include "lib/base/memory.h"
#include "lib/core/secret.h"

/* ---- tokens ---- */

static void forget_tokens(struct web *w)
{
    for (size_t i = 0; i < w->token_count; i++) {
        explicit_bzero(w->tokens[i].secret, strlen(w->tokens[i].secret));
        free(w->tokens[i].secret);
        free(w->tokens[i].name);
    }
    free(w->tokens);
    w->tokens = NULL;
    w->token_count = 0;
}

static void add_token(struct web *w, const char *name, const struct secret *secret,
                      enum token_right right)
{
    if (*secret->value)
        w->tokens[w->token_count++] =
            (struct token){memory_strdup(name), memory_strdup(secret->value), right};
}

void web_set_tokens(struct web *w, const struct web_conf *conf)
{
    forget_tokens(w);
    if (!conf)
        return;
    const struct token_conf *all = conf->tokens.items;
    w->tokens = memory_take((conf->tokens.count + 2) * sizeof(*w->tokens));
    add_token(w, "act_token", &conf->act_token, TOKEN_ACT);
    add_token(w, "events_token", &conf->events_token, TOKEN_EVENTS);
    for (size_t i = 0; i < conf->tokens.count; i++)
        add_token(w, all[i].name, &all[i].token, (enum token_right)all[i].rights);
}

bool web_has_act_token(const struct web *w)
{
    for (size_t i = 0; i < w->token_count; i++) {
        if (w->tokens[i].right == TOKEN_ACT)
            return true;
    }
    return false;
}

/* Compares with every one, so that the time tells nobody which it was. */
static const struct token *find_token(const struct web *w, const char *given)
{
    const struct token *found = NULL;
    for (size_t i = 0; i < w->token_count; i++) {
        if (secret_matches(w->tokens[i].secret, given))
            found = &w->tokens[i];
    }
    return found;
}

/* ---- who asks ---- */

const char *exchange_bearer(struct exchange *x)
{
    const char *header = exchange_header(x, MHD_HTTP_HEADER_AUTHORIZATION);
    return header && !strncasecmp(header, "Bearer ", 7) ? header + 7 : "";
}

static bool has_basic(struct exchange *x)
{
    const struct listener *l = x->listener;
    char *password = NULL;
    char *username = MHD_basic_auth_get_username_password(x->connection, &password);
    const bool ok = username && password && secret_matches(l->username, username) &&
                    secret_matches(l->password, password);
    MHD_free(username);
    if (password)
        explicit_bzero(password, strlen(password));
    MHD_free(password);
    return ok;
}

/* A page of somebody else's, open in a browser here, may not act through it: a token it does not have, but the listener's
 * own right it would (RFC 6454 §7: browsers name the origin of every POST and DELETE). */
static bool is_of_another_site(struct exchange *x)
{
    const char *origin = exchange_header(x, "Origin");
    const char *host = exchange_header(x, MHD_HTTP_HEADER_HOST);
    if (!origin)
        return false;
    const char *named = strstr(origin, "://");
    return !named || !host || strcasecmp(named + 3, host) != 0;
}

/* What the listener itself asks for: its own token, or its user and password. */
static void judge_at_listener(struct exchange *x, const char *bearer, struct caller *c)
{
    const struct listener *l = x->listener;
    if (*l->bearer && secret_matches(l->bearer, bearer))
        c->who = "token bearer_token";
    else if (*l->username && has_basic(x))
        c->who = arena_printf(x->arena, "user %s", l->username);
    const bool is_open = !*l->username && !*l->bearer && l->may_read;
    c->may_read = is_open || *c->who;
    c->may_act = c->may_read && l->may_act && !is_of_another_site(x);
}

static void judge_by_token(struct exchange *x, const char *bearer, struct caller *c)
{
    const struct token *t = find_token(x->listener->web, bearer);
    if (!t)
        return;
    c->who = arena_printf(x->arena, "token %s", t->name);
    switch (t->right) {
    case TOKEN_ACT:
        c->may_act = c->may_read = true;
        return;
    case TOKEN_READ:
        c->may_read = true;
        return;
    case TOKEN_EVENTS:
        c->may_send_events = true;
        return;
    }
}

struct caller web_caller(struct exchange *x)
{
    const char *bearer = exchange_bearer(x);
    const char *header = exchange_header(x, MHD_HTTP_HEADER_AUTHORIZATION);
    struct caller c = {.who = "",
                       .has_shown = (header && *header) || exchange_param(x, "token")};
    judge_at_listener(x, bearer, &c);
    judge_by_token(x, bearer, &c);
    return c;
}

const char *exchange_who(struct exchange *x)
{
    return *x->caller.who ? x->caller.who : exchange_peer(x);
}

/* ---- what it may ---- */

bool exchange_may_act(struct exchange *x)
{
    return x->caller.may_act;
}

bool exchange_may_send_events(struct exchange *x)
{
    const char *param = exchange_param(x, "token");
    const struct token *t = param ? find_token(x->listener->web, param) : NULL;
    if (t && t->right == TOKEN_EVENTS)
        x->caller.who = arena_printf(x->arena, "token %s", t->name);
    return x->caller.may_act || x->caller.may_send_events ||
           (t && t->right == TOKEN_EVENTS);
}

static bool is_vouched_for(struct exchange *x)
{
    if (web_client_is_vouched(x))
        return true;
    exchange_error(x, MHD_HTTP_FORBIDDEN,
                   "This listener wants a client certificate, and yours is missing "
                   "or not from its client_ca_file.");
    return false;
}

bool exchange_may_read(struct exchange *x)
{
    if (x->caller.may_read)
        return true;
    exchange_add_header(x, MHD_HTTP_HEADER_WWW_AUTHENTICATE,
                        *x->listener->username ? "Basic realm=\"healthd\"" : "Bearer");
    exchange_error(x, MHD_HTTP_UNAUTHORIZED,
                   "This listener asks for credentials: see `web: {listen: …}`.");
    return false;
}

bool web_may(struct exchange *x)
{
    const struct endpoint *endpoint = x->endpoint;
    if (!is_vouched_for(x))
        return false;
    if (endpoint->right == RIGHT_OWN)
        return true;
    if (!exchange_may_read(x))
        return false;
    if (endpoint->right == RIGHT_READ || x->caller.may_act)
        return true;
    if (x->listener->may_act && is_of_another_site(x)) {
        exchange_error(x, MHD_HTTP_FORBIDDEN,
                       "A page of another site may not act here (its Origin is not this "
                       "Host). Behind a proxy, pass the Host header on.");
        return false;
    }
    exchange_error(x, MHD_HTTP_FORBIDDEN,
                   "%s %s acts, and %s only lets you look: use the Unix socket "
                   "(healthctl does), or send `Authorization: Bearer` with a token of "
                   "`web: {tokens: [{rights: act, …}]}` or the `web: {act_token: …}`.",
                   endpoint->method, endpoint->path,
                   *x->caller.who ? x->caller.who : "this listener");
    return false;
}
