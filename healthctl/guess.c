/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From an image's name, ports and a healthcheck's command to the probe that fits, or to why none does; the images it
 * knows by name are guess_image.c's. Called by init and coverage. Reads no file, asks nobody.
 */
#include "healthctl/guess.h"

#include <string.h>

/* ---- images ---- */

static struct bytes image_name(const char *image)
{
    struct bytes name = bytes_of(image);
    const ptrdiff_t digest = bytes_find_byte(name, '@');
    if (digest >= 0)
        name = bytes_slice(name, 0, (size_t)digest);
    const char *slash = strrchr(image, '/');
    if (slash && (size_t)(slash - image) < name.len)
        name = bytes_slice(name, (size_t)(slash - image) + 1, name.len);
    return name;
}

struct bytes image_word(const char *image)
{
    const struct bytes name = image_name(image);
    const ptrdiff_t colon = bytes_find_byte(name, ':');
    return colon < 0 ? name : bytes_slice(name, 0, (size_t)colon);
}

bool image_is_pinned(const char *image)
{
    const struct bytes name = image_name(image);
    const ptrdiff_t colon = bytes_find_byte(name, ':');
    if (strchr(image, '@'))
        return true;
    return colon >= 0 &&
           !bytes_is(bytes_slice(name, (size_t)colon + 1, name.len), "latest");
}

/* ---- words in names ---- */

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* As a word of its own: "mcp" in "docs-mcp" and "mcp2", not in "tmcpx". */
static bool has_word(struct bytes text, const char *word)
{
    const size_t len = strlen(word);
    for (size_t i = 0; i + len <= text.len; i++) {
        const bool begins = !i || !is_letter(text.ptr[i - 1]);
        const bool ends = i + len == text.len || !is_letter(text.ptr[i + len]);
        if (begins && ends && bytes_is_nocase(bytes_slice(text, i, i + len), word))
            return true;
    }
    return false;
}

static bool is_called(const struct compose_member *s, const char *word)
{
    return has_word(bytes_of(s->name), word) || has_word(image_word(s->image), word);
}

/* ---- ports ---- */

static bool is_loopback(const char *address)
{
    return !strncmp(address, "127.", 4) || !strcmp(address, "localhost") ||
           !strcmp(address, "::1") || !strcmp(address, "[::1]");
}

static bool is_everybody(const char *address)
{
    return !*address || !strcmp(address, "0.0.0.0") || !strcmp(address, "::") ||
           !strcmp(address, "[::]");
}

const struct compose_port *guess_open_port(const struct guess *g)
{
    const struct compose_ports *ports = &g->service->ports;
    for (size_t i = 0; i < ports->count; i++) {
        const struct compose_port *p = &ports->items[i];
        if (p->is_published && is_everybody(p->address) && !is_loopback(p->address))
            return p;
    }
    return NULL;
}

const char *guess_open_words(struct arena *arena, const struct guess *g)
{
    const struct compose_port *open = g->is_database ? guess_open_port(g) : NULL;
    if (!open)
        return NULL;
    const char *port =
        *open->published ? open->published : arena_printf(arena, "%d", open->target);
    return arena_printf(arena,
                        "port %s is published to everybody who reaches this machine; "
                        "\"127.0.0.1:%s:%d\" keeps it here",
                        port, port, open->target);
}

static int port_of_text(const char *text)
{
    uint64_t number;
    return text && bytes_to_u64(bytes_of(text), &number) && number > 0 && number < 65536
               ? (int)number
               : 0;
}

/* What it says itself, else the first port that it shows. */
static int port_said(const struct compose_member *s)
{
    static const char *const names[] = {"PORT", "HTTP_PORT", "SERVER_PORT", "APP_PORT"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const int port = port_of_text(compose_environment(s, names[i]));
        if (port)
            return port;
    }
    return s->ports.count ? s->ports.items[0].target : 0;
}

/* Ports on which no HTTP is spoken. */
static bool speaks_otherwise(int port)
{
    static const int ports[] = {
        21,   22,   25,   53,   110,  143,  389,  465,   587,   636,   993,   995,  1025,
        1433, 1521, 1883, 2181, 3306, 3307, 4222, 5432,  5433,  5671,  5672,  6379, 6380,
        6432, 6543, 7687, 8883, 9042, 9092, 9229, 11211, 26379, 27017, 50051, 61616};
    for (size_t i = 0; i < ARRAY_LEN(ports); i++) {
        if (ports[i] == port)
            return true;
    }
    return false;
}

/* ---- a healthcheck's URL ---- */

static bool ends_path(char c)
{
    return !c || strchr(" \"'`|;&<>()?#\\,", c) != NULL;
}

/* http://localhost:3000/health of `curl -f http://localhost:3000/health || exit 1`, without what follows a "?": it may be
 * a token. */
static bool read_healthcheck(struct arena *arena, const struct compose_member *s,
                             int *port, const char **path)
{
    const char *url = strstr(s->healthcheck, "http://");
    if (!url)
        return false;
    url += strlen("http://");
    size_t host = *url == '[' ? strcspn(url, "]/ ") : strcspn(url, ":/ ");
    host += url[host] == ']';
    while (host > 0 && ends_path(url[host - 1]))
        host--;
    const char *name = arena_strndup(arena, url, host);
    if (!is_loopback(name) && !is_everybody(name) && strcmp(name, s->name) != 0)
        return false; /* it asks somebody else */
    const bool has_port = url[host] == ':';
    const char *digits = url + host + has_port;
    const size_t length = strspn(digits, "0123456789");
    const int said = has_port ? port_of_text(arena_strndup(arena, digits, length)) : 80;
    if (!said)
        return false;
    const char *slash = has_port ? digits + length : digits;
    size_t len = 0;
    while (*slash == '/' && !ends_path(slash[len]))
        len++;
    *port = said;
    *path = len ? arena_strndup(arena, slash, len) : "/";
    return true;
}

/* ---- what it is ---- */

static struct guess apart(struct guess g, const char *why)
{
    g.kind = GUESS_APART;
    g.why = why;
    return g;
}

static struct guess known(struct arena *arena, struct guess g,
                          const struct known_image *image)
{
    g.kind = image->kind;
    g.port = image->port;
    g.path = image->kind == GUESS_APART ? "" : image->path;
    g.why = image->kind == GUESS_APART ? image->path : "its image";
    g.is_database = image->is_database;
    g.has_data = image->has_data;
    g.is_sure = true;
    if (g.kind == GUESS_TCP && !g.is_database && port_said(g.service))
        g.port = port_said(g.service);
    const bool may_speak_http =
        g.kind == GUESS_HTTP || (g.kind == GUESS_TCP && !g.is_database);
    if (may_speak_http && read_healthcheck(arena, g.service, &g.port, &g.path)) {
        g.kind = GUESS_HTTP;
        g.why = "its healthcheck";
    }
    return g;
}

static struct guess own_program(struct arena *arena, struct guess g)
{
    const struct compose_member *s = g.service;
    g.port = port_said(s);
    g.path = "/";
    g.why = "its port: name the page that says that it is well";
    g.kind = !g.port                    ? GUESS_CONTAINER
             : speaks_otherwise(g.port) ? GUESS_TCP
                                        : GUESS_HTTP;
    if (read_healthcheck(arena, s, &g.port, &g.path)) {
        g.kind = GUESS_HTTP;
        g.is_sure = true;
        g.why = "its healthcheck";
    }
    if (g.kind != GUESS_CONTAINER && is_called(s, "mcp")) {
        g.kind = GUESS_MCP;
        g.path = "/mcp";
        g.why = "its name: the path is what most MCP servers have";
    }
    if (g.kind == GUESS_CONTAINER)
        g.why = "it listens nowhere that the compose file tells of";
    return g;
}

static struct guess guess(struct arena *arena, const struct compose_member *s)
{
    static const char service[] = "service:";
    const struct known_image *image = known_image_find(image_word(s->image));
    struct guess g = {.service = s, .host = s->name, .path = "", .why = ""};
    if (s->is_job)
        return apart(g, "others wait for its end: it is a job");
    if (s->profiles.count)
        return apart(g, arena_printf(arena, "it runs with profile '%s' only",
                                     s->profiles.items[0]));
    if (!strncmp(s->network_mode, service, strlen(service)))
        g.host = s->network_mode + strlen(service);
    if (is_called(s, "backup") || is_called(s, "backups")) {
        g.kind = GUESS_BACKUP;
        g.why = "its name";
        return g;
    }
    if (image && (!s->is_built || image->kind == GUESS_APART))
        g = known(arena, g, image);
    else
        g = own_program(arena, g);
    if (!strcmp(s->network_mode, "host") && g.kind != GUESS_APART) {
        g.kind = GUESS_CONTAINER;
        g.why = "it is in the machine's own network, where names of services do not lead";
    }
    return g;
}

const struct guess *guess_all(struct arena *arena, const struct compose *c)
{
    struct guess *all = arena_alloc(arena, (c->count + 1) * sizeof(*all));
    for (size_t i = 0; i < c->count; i++)
        all[i] = guess(arena, &c->services[i]);
    return all;
}
