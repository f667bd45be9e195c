/* SPDX-License-Identifier: Apache-2.0 */
/* What befalls the disk under a running healthd, and what can be seen of it from outside: its connections and its log. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/scenario/world.h"

static const char *const holder =
    "import sqlite3, sys\n"
    "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
    "db.execute('BEGIN IMMEDIATE')\n"
    "print('held', flush=True)\n"
    "open(sys.argv[2]).read()\n";

/* No file of ours may grow, or be written at all: every commit fails. */
static bool refuse(bool refuses)
{
    struct rlimit limit;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = refuses ? 1 : limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
    return true;
}

/* Somebody else is writing to alerts.db, and does not end. */
static bool hold(struct world *w)
{
    char said[16] = "";
    const char *pipe = arena_printf(w->arena, "%s/release", w->folder);
    const char *script = arena_printf(w->arena, "%s/holder.py", w->folder);
    FILE *f = fopen(script, "we");
    if (!f || fputs(holder, f) < 0 || fclose(f) || mkfifo(pipe, 0600))
        return err_set(&w->e, "%s cannot be made", script);
    w->holder = popen(arena_printf(w->arena, "/usr/bin/python3 '%s' '%s/alerts.db' '%s'",
                                   script, world_state_path(w), pipe),
                      "re");
    return (w->holder && fgets(said, sizeof(said), w->holder) &&
            !strncmp(said, "held", 4)) ||
           err_set(&w->e, "alerts.db is not held");
}

void disk_release(struct world *w)
{
    if (!w->holder)
        return;
    const char *pipe = arena_printf(w->arena, "%s/release", w->folder);
    const int fd = open(pipe, O_WRONLY | O_CLOEXEC);
    if (fd >= 0)
        close(fd);
    pclose(w->holder);
    w->holder = NULL;
    unlink(pipe);
}

static bool is_database(int folder, const char *fd)
{
    char target[512];
    const ssize_t len = readlinkat(folder, fd, target, sizeof(target) - 1);
    static const char name[] = "/alerts.db";
    const size_t size = sizeof(name) - 1;
    return len >= (ssize_t)size && !memcmp(target + len - (ssize_t)size, name, size);
}

/* connections: how often alerts.db is open */
static bool show_connections(struct world *w)
{
    int count = 0;
    DIR *d = opendir("/proc/self/fd");
    for (const struct dirent *x; d && (x = readdir(d));)
        count += is_database(dirfd(d), x->d_name);
    if (d)
        closedir(d);
    world_say(w, "connections %d", count);
    return true;
}

static int count_in(struct bytes in, const char *text)
{
    const size_t len = strlen(text);
    int count = 0;
    for (const char *at; len && (at = memmem(in.ptr, in.len, text, len)); count++) {
        in.len -= (size_t)(at - in.ptr) + len;
        in.ptr = at + len;
    }
    return count;
}

static int count_in_file(const char *path, const char *text)
{
    struct buf all = BUF_MAX(64 << 20);
    FILE *f = fopen(path, "re");
    for (size_t n = 1; f && n > 0;) {
        char *room = buf_room(&all, 1 << 16);
        n = room ? fread(room, 1, 1 << 16, f) : 0;
        buf_grew(&all, n);
    }
    if (f)
        fclose(f);
    const int count = count_in(buf_bytes(&all), text);
    buf_finish(&all);
    return count;
}

/* said TEXT: how often it stands in healthd's log · stored TEXT: whether it stands in alerts.db */
static bool show_text(struct world *w, const char *what, const char *text)
{
    const char *path = arena_printf(w->arena, "%s/alerts.db", world_state_path(w));
    int count = count_in(buf_bytes(&w->log), text);
    if (!strcmp(what, "stored"))
        count = count_in_file(path, text) +
                    count_in_file(arena_printf(w->arena, "%s-wal", path), text) >
                0;
    world_say(w, "%s %s %d", what, text, count);
    return true;
}

/* disk refuses|busy|ok · connections · said TEXT · stored TEXT */
bool disk_play(struct world *w, const struct step *s, bool *ret_ok)
{
    const char *what = s->words[0], *how = s->count > 1 ? s->words[1] : "";
    if (!strcmp(what, "connections")) {
        *ret_ok = show_connections(w);
    } else if (!strcmp(what, "said") || !strcmp(what, "stored")) {
        *ret_ok = show_text(w, what, how);
    } else if (!strcmp(what, "disk")) {
        if (!strcmp(how, "ok"))
            disk_release(w);
        *ret_ok = !strcmp(how, "busy") ? hold(w) : refuse(strcmp(how, "ok") != 0);
    } else {
        return false;
    }
    return true;
}
