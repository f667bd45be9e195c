/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One service of a compose file: its short and its long forms, env_file and `extends`. Called by compose.c. Reads no
 * file but those that these two name.
 */
#include <string.h>

#include "healthctl/compose.h"

enum { EXTENDS_MAX = 8, ENV_FILES_MAX = 16 };

/* A scalar with its variables filled in; "" for anything else. */
static const char *text_of(const struct compose_reading *r, const struct node *n)
{
    return n && n->kind == NODE_SCALAR ? compose_expand(r->arena, &r->variables, n->text)
                                       : "";
}

/* Items of a list, keys of a mapping, or one scalar alone. */
static struct texts names_of(const struct compose_reading *r, const struct node *n)
{
    if (!n || n->kind == NODE_NULL)
        return (struct texts){0};
    const char **items = arena_alloc(r->arena, (n->count + 2) * sizeof(*items));
    size_t count = 0;
    if (n->kind == NODE_SCALAR)
        items[count++] = text_of(r, n);
    for (const struct node *x = n->first; x; x = x->next) {
        const char *name = n->kind == NODE_MAP ? x->key : text_of(r, x);
        if (*name)
            items[count++] = name;
    }
    return (struct texts){items, count};
}

static const char *joined(const struct compose_reading *r, const struct node *n)
{
    if (!n || n->kind != NODE_LIST)
        return text_of(r, n);
    struct buf text = BUF_MAX(16 << 10);
    for (const struct node *x = n->first; x; x = x->next)
        buf_printf(&text, "%s%s", text.len ? " " : "", text_of(r, x));
    return arena_keep(r->arena, &text);
}

/* ---- ports ---- */

/* The first of a range: "3000-3005". 0: it is no port. */
static int port_of(struct bytes text)
{
    struct bytes first = {0};
    uint64_t number = 0;
    bytes_token(&text, '-', &first);
    return bytes_to_u64(bytes_trim(first), &number) && number <= 65535 ? (int)number : 0;
}

static bool is_udp(struct bytes *text)
{
    const ptrdiff_t slash = bytes_find_byte(*text, '/');
    if (slash < 0)
        return false;
    const struct bytes protocol = bytes_slice(*text, (size_t)slash + 1, text->len);
    *text = bytes_slice(*text, 0, (size_t)slash);
    return !bytes_is(protocol, "tcp");
}

static ptrdiff_t last_colon(struct bytes text)
{
    size_t i = text.len;
    while (i > 0 && text.ptr[i - 1] != ':')
        i--;
    return (ptrdiff_t)i - 1;
}

/* [[ADDRESS:]PUBLISHED:]TARGET[/PROTOCOL] */
static bool short_port(const struct compose_reading *r, const char *said,
                       struct compose_port *ret)
{
    struct bytes text = bytes_of(said);
    struct bytes address = {0}, published = {0};
    if (is_udp(&text))
        return false;
    ptrdiff_t colon = last_colon(text);
    if (colon >= 0) {
        published = bytes_slice(text, 0, (size_t)colon);
        text = bytes_slice(text, (size_t)colon + 1, text.len);
        colon = last_colon(published);
    }
    if (published.len && colon >= 0) {
        address = bytes_slice(published, 0, (size_t)colon);
        published = bytes_slice(published, (size_t)colon + 1, published.len);
    }
    *ret = (struct compose_port){
        .address = arena_strndup(r->arena, address.ptr ? address.ptr : "", address.len),
        .published =
            arena_strndup(r->arena, published.ptr ? published.ptr : "", published.len),
        .target = port_of(text),
        .is_published = true,
    };
    return ret->target > 0;
}

static bool long_port(const struct compose_reading *r, const struct node *n,
                      struct compose_port *ret)
{
    const char *protocol = text_of(r, node_get(n, "protocol"));
    *ret = (struct compose_port){
        .address = text_of(r, node_get(n, "host_ip")),
        .published = text_of(r, node_get(n, "published")),
        .target = port_of(bytes_of(text_of(r, node_get(n, "target")))),
        .is_published = true,
    };
    return ret->target > 0 && strcmp(protocol, "udp") != 0;
}

static void read_ports(const struct compose_reading *r, const struct node *list,
                       bool is_published, struct compose_ports *ports)
{
    if (!list || list->kind != NODE_LIST)
        return;
    struct compose_port *items =
        arena_alloc(r->arena, (ports->count + list->count + 1) * sizeof(*items));
    if (ports->count)
        memcpy(items, ports->items, ports->count * sizeof(*items));
    ports->items = items;
    for (const struct node *n = list->first; n; n = n->next) {
        struct compose_port port = {0};
        const bool is_known = n->kind == NODE_MAP ? long_port(r, n, &port)
                                                  : short_port(r, text_of(r, n), &port);
        if (!is_known)
            continue;
        port.is_published = is_published;
        port.at = n->at;
        items[ports->count++] = port;
    }
}

/* ---- environment ---- */

static void set_variable(const struct compose_reading *r, struct compose_member *s,
                         const char *name, const char *value)
{
    compose_pair_set(r->arena, &s->environment, name,
                     compose_is_secret(name) ? "" : value);
}

static void read_environment(const struct compose_reading *r, const struct node *n,
                             struct compose_member *s)
{
    for (const struct node *x = n ? n->first : NULL; x; x = x->next) {
        if (n->kind == NODE_MAP) {
            set_variable(r, s, x->key, text_of(r, x));
            continue;
        }
        const char *said = text_of(r, x);
        const char *equals = strchr(said, '=');
        const char *name =
            equals ? arena_strndup(r->arena, said, (size_t)(equals - said)) : said;
        if (*name)
            set_variable(r, s, name, equals ? equals + 1 : "");
    }
}

static void read_env_file(const struct compose_reading *r, const struct node *n,
                          struct compose_member *s)
{
    const struct node *said = n->kind == NODE_MAP ? node_get(n, "path") : n;
    const char *name = text_of(r, said);
    if (!*name || !r->folder)
        return;
    const char *path =
        *name == '/' ? name : arena_printf(r->arena, "%s/%s", r->folder, name);
    struct buf text = BUF_MAX(COMPOSE_ENV_MAX);
    struct pairs pairs = {0};
    if (compose_env_read(path, &text))
        compose_env_parse(r->arena, buf_bytes(&text), &pairs);
    else if (strcmp(text_of(r, node_get(n, "required")), "false") != 0)
        diag_note(r->diag, said->at,
                  "env_file %s cannot be read; what it says of '%s' is not known", name,
                  s->name);
    for (size_t i = 0; i < pairs.count; i++)
        set_variable(r, s, pairs.items[i].key, pairs.items[i].value);
    buf_finish(&text);
}

static void read_env_files(const struct compose_reading *r, const struct node *n,
                           struct compose_member *s)
{
    if (n && n->kind == NODE_LIST) {
        size_t left = ENV_FILES_MAX;
        for (const struct node *x = n->first; x && left > 0; x = x->next, left--)
            read_env_file(r, x, s);
    } else if (n) {
        read_env_file(r, n, s);
    }
}

/* ---- the rest ---- */

static void read_healthcheck(const struct compose_reading *r, const struct node *n,
                             struct compose_member *s)
{
    if (!n)
        return;
    const char *test = joined(r, node_get(n, "test"));
    const struct bytes said = bytes_of(test);
    s->healthcheck_is_off =
        !strcmp(text_of(r, node_get(n, "disable")), "true") || !strcmp(test, "NONE");
    if (bytes_starts(said, "CMD-SHELL "))
        test += strlen("CMD-SHELL ");
    else if (bytes_starts(said, "CMD "))
        test += strlen("CMD ");
    s->healthcheck = s->healthcheck_is_off ? "" : test;
}

/* "db:database" is the service db. */
static struct texts without_alias(const struct compose_reading *r, struct texts links)
{
    const char **items = arena_alloc(r->arena, (links.count + 1) * sizeof(*items));
    for (size_t i = 0; i < links.count; i++)
        items[i] = arena_strndup(r->arena, links.items[i], strcspn(links.items[i], ":"));
    return (struct texts){items, links.count};
}

static bool has_text(const char *const *items, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(items[i], text))
            return true;
    }
    return false;
}

/* Both, each once. */
static void add_texts(const struct compose_reading *r, struct texts *to,
                      struct texts more)
{
    const char **items =
        arena_alloc(r->arena, (to->count + more.count + 1) * sizeof(*items));
    size_t count = 0;
    for (size_t i = 0; i < to->count + more.count; i++) {
        const char *text = i < to->count ? to->items[i] : more.items[i - to->count];
        if (!has_text(items, count, text))
            items[count++] = text;
    }
    *to = (struct texts){items, count};
}

/* What node says, over what s has. */
static void read_keys(const struct compose_reading *r, const struct node *node,
                      struct compose_member *s)
{
    const struct node *networks = node_get(node, "networks");
    if (node_get(node, "image"))
        s->image = text_of(r, node_get(node, "image"));
    if (node_get(node, "command"))
        s->command = joined(r, node_get(node, "command"));
    if (node_get(node, "network_mode"))
        s->network_mode = text_of(r, node_get(node, "network_mode"));
    if (node_get(node, "container_name"))
        s->container = text_of(r, node_get(node, "container_name"));
    if (networks)
        s->networks = names_of(r, networks);
    s->is_built |= node_get(node, "build") != NULL;
    add_texts(r, &s->profiles, names_of(r, node_get(node, "profiles")));
    add_texts(r, &s->depends_on, names_of(r, node_get(node, "depends_on")));
    add_texts(r, &s->depends_on, without_alias(r, names_of(r, node_get(node, "links"))));
    read_env_files(r, node_get(node, "env_file"), s);
    read_environment(r, node_get(node, "environment"), s);
    read_ports(r, node_get(node, "ports"), true, &s->ports);
    read_ports(r, node_get(node, "expose"), false, &s->ports);
    read_healthcheck(r, node_get(node, "healthcheck"), s);
}

/* ---- extends ---- */

struct link { /* of a chain of services, each of which extends the next */
    const struct node *node;
    const struct compose_reading *reading; /* of the file that it stands in */
};

/* NULL: it cannot be read, and that was said. */
static const struct compose_reading *other_file(const struct compose_reading *r,
                                                const struct node *file)
{
    const char *name = text_of(r, file);
    const char *path =
        *name == '/' ? name : arena_printf(r->arena, "%s/%s", r->folder, name);
    const struct node *root = node_load(r->arena, path, r->diag);
    if (!root)
        return NULL;
    struct compose_reading *other = arena_memdup(r->arena, r, sizeof(*r));
    other->folder = compose_folder(r->arena, path);
    other->services = node_get(root, "services");
    return other;
}

/* False after reporting. A node that is NULL ends the chain. */
static bool base_of(struct link of, struct link *ret)
{
    const struct node *extends = node_get(of.node, "extends");
    const struct node *file = extends ? node_get(extends, "file") : NULL;
    *ret = (struct link){NULL, of.reading};
    if (!extends)
        return true;
    if (file && !of.reading->folder) {
        diag_warning(of.reading->diag, extends->at,
                     "what '%s' takes from another file is not read", of.node->key);
        return true;
    }
    if (file && !(ret->reading = other_file(of.reading, file)))
        return false;
    const struct node *named =
        extends->kind == NODE_MAP ? node_get(extends, "service") : extends;
    const char *name = text_of(of.reading, named);
    ret->node = ret->reading->services ? node_get(ret->reading->services, name) : NULL;
    return ret->node ||
           diag_error(of.reading->diag, extends->at,
                      "'%s' extends '%s', which is not there", of.node->key, name);
}

bool compose_member_read(const struct compose_reading *r, const struct node *node,
                         struct compose_member *ret)
{
    *ret = (struct compose_member){
        .name = node->key,
        .at = node->key_at,
        .image = "",
        .container = "",
        .command = "",
        .network_mode = "",
        .healthcheck = "",
    };
    if (node->kind != NODE_MAP)
        return diag_error(r->diag, node->at, "service '%s' is %s, not a mapping",
                          node->key, node_kind_name(node->kind));
    struct link chain[EXTENDS_MAX], at = {node, r};
    size_t count = 0;
    while (at.node) {
        if (count == EXTENDS_MAX)
            return diag_error(r->diag, node->at,
                              "service '%s' extends too many, or itself", node->key);
        chain[count++] = at;
        if (!base_of(at, &at))
            return false;
    }
    while (count-- > 0)
        read_keys(chain[count].reading, chain[count].node, ret);
    return true;
}
