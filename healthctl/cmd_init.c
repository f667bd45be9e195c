/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `healthctl init`: from a compose file to a configuration, a smoke flow and the services that run healthd. Writes new
 * files only; the texts are init_*.c's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "healthctl/command.h"
#include "healthctl/config_file.h"
#include "healthctl/init.h"
#include "healthctl/writer.h"

enum { FILES_MAX = 8, TEXT_MAX = 1 << 20, URL_MAX = 2000 };

struct output { /* one file that is written */
    const char *path;
    struct bytes text;
    mode_t mode;
};
struct outputs {
    const char *folder;
    struct output items[FILES_MAX];
    size_t count;
};

/* ---- the URL of the dead man's switch ---- */

static bool is_url(const char *text)
{
    const bool is_web = !strncmp(text, "https://", 8) || !strncmp(text, "http://", 7);
    return is_web && !strpbrk(text, " \t\"'\\");
}

/* "": there is none. NULL: what was given is no URL, and that was said. */
static const char *deadman_url(struct invocation *in)
{
    const char *given = invocation_flag(in, "deadman");
    char line[URL_MAX] = "";
    if (!given && isatty(STDIN_FILENO) && isatty(STDERR_FILENO)) {
        fputs("URL that somebody else misses when it is not asked every minute, of "
              "healthchecks.io or the like (empty: none yet): ",
              stderr);
        if (!fgets(line, sizeof(line), stdin))
            line[0] = 0;
        line[strcspn(line, "\r\n")] = 0;
        given = arena_strdup(in->arena, line);
    }
    if (!given || !*given || is_url(given))
        return given ? given : "";
    complain(in, CODE_USAGE, "the URL of the dead man's switch begins with https://");
    return NULL;
}

/* ---- files ---- */

static void add_output(struct invocation *in, struct outputs *o, const char *name,
                       struct bytes text, mode_t mode)
{
    o->items[o->count++] =
        (struct output){arena_printf(in->arena, "%s/%s", o->folder, name), text, mode};
}

static void add_made(const struct init_plan *p, struct invocation *in, struct outputs *o,
                     const char *name,
                     void (*make)(const struct init_plan *, struct buf *))
{
    struct buf text = BUF_MAX(TEXT_MAX);
    make(p, &text);
    add_output(
        in, o, name,
        (struct bytes){arena_strndup(in->arena, buf_text(&text), text.len), text.len},
        0644);
    buf_finish(&text);
}

/* False, and said, when one is there: what people have changed is never written over. */
static bool nothing_is_there(struct invocation *in, const struct outputs *o)
{
    bool ok = true;
    for (size_t i = 0; i < o->count; i++) {
        if (access(o->items[i].path, F_OK))
            continue;
        complain(in, CODE_USAGE, "%s is there already", o->items[i].path);
        ok = false;
    }
    if (!ok)
        complain(in, CODE_USAGE,
                 "nothing was written: --out DIR writes elsewhere, --force over it");
    return ok;
}

static bool make_folder(struct invocation *in, const char *path, mode_t mode)
{
    if (!mkdir(path, mode) || errno == EEXIST)
        return true;
    complain(in, CODE_UNKNOWN, "%s cannot be made: %s", path, strerror(errno));
    return false;
}

static bool write_file(struct invocation *in, const struct output *x)
{
    const int how = invocation_flag(in, "force") ? O_TRUNC : O_EXCL;
    const int fd = open(x->path, O_WRONLY | O_CREAT | O_CLOEXEC | how, x->mode);
    size_t done = 0;
    while (fd >= 0 && done < x->text.len) {
        const ssize_t put = write(fd, x->text.ptr + done, x->text.len - done);
        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            break;
        done += (size_t)put;
    }
    const int error = errno;
    const bool closed = fd >= 0 && !close(fd);
    if (closed && done == x->text.len)
        return true;
    complain(in, CODE_UNKNOWN, "%s cannot be written: %s", x->path, strerror(error));
    return false;
}

static bool write_all(struct invocation *in, const struct init_plan *p,
                      const struct outputs *o)
{
    bool ok = make_folder(in, o->folder, 0755) &&
              make_folder(in, arena_printf(in->arena, "%s/healthd", o->folder), 0755);
    if (p->has_deadman)
        ok =
            ok && make_folder(in, arena_printf(in->arena, "%s/secrets", o->folder), 0700);
    for (size_t i = 0; ok && i < o->count; i++)
        ok = write_file(in, &o->items[i]);
    return ok;
}

/* ---- what is said ---- */

static void warn(struct invocation *in, const struct guess *g, const char *text)
{
    write_begin(in->out, NULL, NULL);
    write_field(in->out, "service", NULL, cell_text(g->service->name));
    write_field(in->out, "text", NULL, cell_text(text));
    write_say(in->out, TONE_WARN, "%s: %s", g->service->name, text);
    write_end(in->out);
}

static void warn_of(struct invocation *in, const struct guess *g)
{
    const struct compose_member *s = g->service;
    const char *open = guess_open_words(in->arena, g);
    if (open)
        warn(in, g, open);
    if (!strcmp(s->name, "healthd") || !strcmp(s->name, "healthd-docker-proxy"))
        warn(
            in, g,
            "it is in the compose file already, and healthd.compose.yml would change it");
    if (*s->image && !s->is_built && !image_is_pinned(s->image))
        warn(
            in, g,
            arena_printf(in->arena,
                         "%s has no tag but latest: the next pull may be another program",
                         s->image));
    if (g->kind == GUESS_HTTP && !g->is_sure)
        warn(in, g,
             arena_printf(in->arena,
                          "it has no healthcheck with a URL: any answer at / is taken "
                          "for well, until you name its page in healthd.yml"));
}

static void say_warnings(struct invocation *in, const struct init_plan *p)
{
    write_list(in->out, "warnings");
    for (size_t i = 0; i < p->compose->count; i++)
        warn_of(in, &p->guesses[i]);
    write_end(in->out);
    if (!p->has_deadman)
        write_say(in->out, TONE_WARN,
                  "nobody tells when this machine itself is gone: --deadman URL, or "
                  "the line `deadman` in healthd.yml");
}

/* Compose reads the paths of a second file from the folder of the first one. */
static void say_start(struct invocation *in, const struct init_plan *p,
                      const struct outputs *o)
{
    const char *slash = strrchr(p->compose->path, '/');
    const char *beside = slash ? arena_strndup(in->arena, p->compose->path,
                                               (size_t)(slash - p->compose->path))
                               : ".";
    struct stat here, there;
    const bool is_beside = !stat(beside, &here) && !stat(o->folder, &there) &&
                           here.st_dev == there.st_dev && here.st_ino == there.st_ino;
    write_say(in->out, TONE_PLAIN,
              "\nThen: healthctl validate --without-secrets %s/healthd/healthd.yml",
              o->folder);
    if (!is_beside)
        write_say(in->out, TONE_PLAIN,
                  "      put healthd/, secrets/ and healthd.compose.yml beside %s: "
                  "Compose looks for them there",
                  p->compose->path);
    write_say(in->out, TONE_PLAIN,
              "      docker compose -f %s -f %s/healthd.compose.yml up -d",
              p->compose->path, beside);
}

static void say_next(struct invocation *in, const struct init_plan *p,
                     const struct outputs *o)
{
    write_say(in->out, TONE_PLAIN, "\nSecrets to put into %s/secrets:", o->folder);
    write_list(in->out, "secrets");
    for (size_t i = 0; i < p->secret_count; i++) {
        const struct init_secret *s = &p->secrets[i];
        if (!strcmp(s->name, "deadman_url"))
            continue;
        write_begin(in->out, NULL, NULL);
        write_field(in->out, "name", NULL, cell_text(s->name));
        write_field(in->out, "what", NULL, cell_text(s->what));
        write_say(in->out, TONE_PLAIN, "  %s: %s", s->name, s->what);
        write_end(in->out);
    }
    write_end(in->out);
    say_start(in, p, o);
}

static void say_files(struct invocation *in, const struct outputs *o)
{
    write_list(in->out, "files");
    for (size_t i = 0; i < o->count; i++) {
        write_begin(in->out, NULL, NULL);
        write_field(in->out, "path", NULL, cell_text(o->items[i].path));
        write_say(in->out, TONE_GOOD, "%s is written", o->items[i].path);
        write_end(in->out);
    }
    write_end(in->out);
}

/* ---- the command ---- */

static const char *folder_of(struct invocation *in, const char *path)
{
    const char *out = invocation_flag(in, "out");
    const char *slash = strrchr(path, '/');
    if (out)
        return *out ? out : ".";
    return slash ? arena_strndup(in->arena, path, (size_t)(slash - path)) : ".";
}

static int write_plan(struct invocation *in, const struct init_plan *p, const char *url)
{
    struct outputs o = {.folder = folder_of(in, p->compose->path)};
    add_made(p, in, &o, "healthd/healthd.yml", init_config);
    add_made(p, in, &o, "healthd/smoke.yml", init_smoke);
    add_made(p, in, &o, "healthd.compose.yml", init_block);
    for (const struct init_file *f = init_files; f->name; f++)
        add_output(in, &o,
                   strcmp(f->name, "nginx") ? "healthd/docker-proxy.conf"
                                            : "healthd/docker-proxy-nginx.conf",
                   f->text, 0644);
    if (p->has_deadman)
        add_output(in, &o, "secrets/deadman_url", bytes_of(url), 0644);
    if (!invocation_flag(in, "force") && !nothing_is_there(in, &o))
        return CODE_USAGE;
    if (!write_all(in, p, &o))
        return CODE_UNKNOWN;
    say_files(in, &o);
    say_warnings(in, p);
    say_next(in, p, &o);
    return CODE_PASS;
}

static int run(struct invocation *in)
{
    struct diag *d = diag_create(in->arena);
    const struct compose *c = compose_load(in->arena, in->operands[0], d);
    if (diag_first(d))
        config_faults(in, d);
    if (!c)
        return CODE_USAGE;
    const char *url = deadman_url(in);
    if (!url)
        return CODE_USAGE;
    struct init_plan *p = arena_alloc(in->arena, sizeof(*p));
    p->arena = in->arena;
    p->compose = c;
    p->guesses = guess_all(in->arena, c);
    p->has_deadman = *url != 0;
    init_secrets(p);
    return write_plan(in, p, url);
}

static const struct flag flags[] = {
    {.name = "out",
     .operand = "DIR",
     .completes = COMPLETES_FILES,
     .doc = "Where to write (default: the compose file's folder)."},
    {.name = "deadman",
     .operand = "URL",
     .doc = "URL of a service that tells you when it is not asked every minute; without "
            "it you are asked for one, at a terminal."},
    {.name = "force", .doc = "Write over files that are there."},
    {0}};

const struct command command_init = {
    .name = "init",
    .group = GROUP_WRITING,
    .run = run,
    .summary = "Write a configuration for a compose file",
    .operands = "FILE",
    .least = 1,
    .most = 1,
    .completes = COMPLETES_FILES,
    .flags = flags,
    .doc =
        "Reads a compose file and writes healthd/healthd.yml (a probe a service, by its "
        "image, ports and healthcheck; containers; the machine), healthd/smoke.yml, and "
        "healthd.compose.yml, which runs healthd beside the stack. They are commented, "
        "and yours from then on. Passwords are not copied: healthd gets its own, from "
        "files in secrets/.\n\n"
        "It warns of databases that are published to everybody, and of images without "
        "a tag. A file that is there already is not written over.",
    .examples = (const struct example[]){{"healthctl init docker-compose.yml",
                                          "Beside the compose file"},
                                         {"healthctl init compose.yaml --out /srv/shop "
                                          "--deadman https://hc-ping.com/UUID",
                                          "Elsewhere, and with the dead man's switch"},
                                         {0}},
};
