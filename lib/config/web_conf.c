/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is right and wrong with `web:`: listeners, tokens, the address in notices. Called by generation.c while it loads;
 * opens nothing.
 */
#include <string.h>

#include "lib/config/alerting_load.h"
#include "lib/config/load.h"
#include "lib/core/url.h"

static bool rights_are_valid(const char *rights)
{
    return !*rights || !strcmp(rights, "none") || !strcmp(rights, "read") ||
           !strcmp(rights, "act");
}

static bool mode_is_octal(int64_t mode)
{
    return mode % 10 < 8 && mode / 10 % 10 < 8 && mode / 100 < 8;
}

static void check_listen(struct loader *l, const struct listen_conf *c,
                         const struct node *at)
{
    const struct place place = at->at;
    const bool is_unix = !strncmp(c->address, "unix:", 5);
    const char *colon = strrchr(c->address, ':');
    uint64_t port;
    if (is_unix && c->address[5] != '/')
        diag_error(l->diag, place, "'%s' needs an absolute path: unix:/path", c->address);
    if (!is_unix && (!colon || !bytes_to_u64(bytes_of(colon + 1), &port) || port > 65535))
        diag_error(l->diag, place,
                   "'%s' is no address to listen on: write host:port, :port or "
                   "unix:/path",
                   c->address);
    if (!*c->cert_file != !*c->key_file)
        diag_error(l->diag, place, "'cert_file' and 'key_file' go together");
    if (*c->client_ca_file && !*c->cert_file)
        diag_error(l->diag, place, "'client_ca_file' needs 'cert_file' and 'key_file'");
    if (!*c->username != !*c->password.value)
        diag_error(l->diag, place, "'username' and 'password' go together");
    if (!rights_are_valid(c->rights))
        diag_error(l->diag, place, "'rights' is '%s'; it must be none, read or act",
                   c->rights);
    if (!mode_is_octal(c->socket_mode))
        diag_error(l->diag, place, "'socket_mode' must be octal digits, such as 660");
}

static void default_listeners(struct loader *l)
{
    struct listen_conf *items = arena_alloc(l->arena, 2 * sizeof(*items));
    struct err e;
    for (int i = 0; i < 2; i++)
        opt_defaults(listen_opts, &items[i], l->arena);
    const struct opt *address = opt_find(listen_opts, "address");
    (void)opt_set(address, &items[0], "127.0.0.1:9990", l->arena, &e);
    (void)opt_set(address, &items[1],
                  arena_printf(l->arena, "unix:%s/healthd.sock", l->g->state_path),
                  l->arena, &e);
    l->g->web.listen = (struct sections){.items = items, .count = 2};
}

/* Who receives a notice may open it: nothing but a web address gets there. */
static void check_external_url(struct loader *l, const char *text,
                               const struct node *node)
{
    const bool is_web = !strncmp(text, "https://", 8) || !strncmp(text, "http://", 7);
    struct url url;
    struct err e = {0};
    if (!*text)
        return;
    if (!url_parse(l->arena, text, &url, &e) || !is_web)
        diag_error(l->diag, conf_place(node, "external_url"),
                   "external_url '%.200s' is not a web address such as "
                   "https://health.example.com%s%s",
                   text, *e.text ? ": " : "", e.text);
}

/* ---- tokens ---- */

static const char *token_fault(const struct sections *tokens, size_t index)
{
    const struct token_conf *all = tokens->items, *c = &all[index];
    if (!*c->name)
        return "it needs a 'name'";
    if (!strcmp(c->name, "act_token") || !strcmp(c->name, "events_token"))
        return "that name is taken by the option of `web:`";
    if (!*c->token.value)
        return "its 'token' is empty";
    for (size_t i = 0; i < index; i++) {
        if (!strcmp(all[i].name, c->name))
            return "an earlier one has the same name";
        if (!strcmp(all[i].token.value, c->token.value))
            return "an earlier one has the same secret: give each its own";
    }
    return NULL;
}

static void check_tokens(struct loader *l, const struct sections *tokens)
{
    const struct token_conf *all = tokens->items;
    for (size_t i = 0; i < tokens->count; i++) {
        const char *fault = token_fault(tokens, i);
        if (fault)
            diag_error(l->diag, tokens->nodes[i]->at, "token '%.100s': %s", all[i].name,
                       fault);
    }
}

/* ---- all of it ---- */

static void check_listeners(struct loader *l, const struct sections *listen)
{
    const struct listen_conf *items = listen->items;
    for (size_t i = 0; i < listen->count; i++)
        check_listen(l, &items[i], listen->nodes[i]);
}

void web_load(struct loader *l, const struct top_conf *top, const struct node *web)
{
    const struct node *list = node_get(web, "listen");
    l->g->web = top->web;
    if (!list || list->kind == NODE_NULL)
        default_listeners(l);
    else
        check_listeners(l, &top->web.listen);
    check_tokens(l, &top->web.tokens);
    check_external_url(l, top->web.external_url, web);
}
