/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replays the transcripts beside it: whole, then byte by byte, then cut at every offset, once by a close and
 * once by the deadline. Reports as TAP. A talk probe without a transcript is a failure.
 *
 * A transcript is a list of stories, each a title after "---", a configuration, and after "===" its lines:
 *   > text    the probe says this          < text    the peer says this       (\r \n \t \\ \xNN are escapes)
 *   ? text    the probe says something with this in it; the rest is not compared
 *   x digits  the peer says these bytes, in hexadecimal
 *   * open REASON      TLS from the first byte was agreed on; REASON why the peer is not trusted, or "verified"
 *   * starttls REASON  the probe asks for TLS here, and gets it
 *   * resume           the probe asks for a computation here, which is done
 *   * eof, * expire    the peer closes; the deadline comes
 *   ! up               the answer; or "! down REASON sentence", the whole sentence or up to a ~
 *   . name value, . name{label="value"} value
 *                      a sample with these labels, sorted by name, and no others
 *   - name             no sample is called so
 *   = expression       holds in the end
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/memory.h"
#include "lib/core/expr.h"
#include "lib/core/runner.h"
#include "lib/core/talk.h"
#include "probes/registry.h"
#include "tests/dialogue/conf.h"

#define FOLDER "tests/dialogue"
#define STORY_MAX_LINES 200
#define LINE_KINDS "><?x*!.-="
#define SAID_MAX (1u << 20)

struct line {
    char kind;
    int number;
    const char *text; /* without kind and space */
    struct bytes raw; /* > and <: unescaped */
};

struct story {
    const char *file, *title;
    const struct probe_type *type;
    const void *conf;
    struct line lines[STORY_MAX_LINES];
    size_t count, heard_bytes;
    bool is_unreadable;
};

enum pace { PACE_WHOLE, PACE_BYTES, PACE_CUT };

struct play {
    const struct story *story;
    struct arena *arena;
    struct talk_script *script;
    struct buf said;
    enum talk last;
    size_t left; /* PACE_CUT: bytes until the cut */
    bool failed;
};

struct totals {
    int count, failed;
    const struct probe_type *seen[64];
    size_t seen_count;
};

static void fail(struct play *p, const struct line *line, const char *what,
                 const char *got)
{
    if (!p->failed)
        printf("# %s:%d: %s\n#   expected %s\n#   got      %s\n", p->story->file,
               line->number, what, line->text, got);
    p->failed = true;
}

static int hex(char c)
{
    const char *digits = "0123456789abcdef", *at = strchr(digits, c);
    return c && at ? (int)(at - digits) : 0;
}

static struct bytes unescape(struct arena *arena, const char *text)
{
    char *out = arena_alloc(arena, strlen(text) + 1);
    size_t len = 0;

    for (const char *at = text; *at; at++) {
        if (*at != '\\') {
            out[len++] = *at;
            continue;
        }
        at++;
        if (*at == 'x' && at[1] && at[2]) {
            out[len++] = (char)(hex(at[1]) * 16 + hex(at[2]));
            at += 2;
        } else {
            out[len++] = *at == 'n' ? '\n' : *at == 'r' ? '\r' : *at == 't' ? '\t' : *at;
        }
    }
    return (struct bytes){out, len};
}

static struct bytes unhex(struct arena *arena, const char *text)
{
    char *out = arena_alloc(arena, strlen(text) / 2 + 1);
    size_t len = 0;

    for (const char *at = text; at[0] && at[1]; at++) {
        if (*at != ' ')
            out[len++] = (char)(hex(at[0]) * 16 + hex(at[1]));
        at += *at != ' ';
    }
    return (struct bytes){out, len};
}

static const char *escaped(struct play *p, struct bytes raw)
{
    struct buf out = BUF_MAX(SAID_MAX);

    buf_add_json(&out, raw);
    return arena_keep(p->arena, &out);
}

static enum reason reason_of(const char *word)
{
    for (int i = 0; i < REASON_COUNT; i++) {
        if (!strcmp(reason_word((enum reason)i), word))
            return (enum reason)i;
    }
    return REASON_NONE;
}

static const struct tls_peer *make_peer(struct play *p, const struct line *line,
                                        const char *word)
{
    struct tls_cert *leaf = arena_alloc(p->arena, sizeof(*leaf));
    struct tls_peer *peer = arena_alloc(p->arena, sizeof(*peer));
    const bool verified = !strcmp(word, "verified");

    if (!verified && reason_of(word) == REASON_NONE)
        fail(p, line, "no such reason", word);
    *leaf = (struct tls_cert){.subject = "CN=peer",
                              .issuer = "CN=authority",
                              .names = "peer.example",
                              .addresses = "",
                              .serial = "01",
                              .fingerprint = "00"};
    *peer =
        (struct tls_peer){.chain = leaf,
                          .chain_count = 1,
                          .version = "TLS 1.3",
                          .verified = verified,
                          .cipher = "TLS_AES_128_GCM_SHA256",
                          .reason = verified ? REASON_NONE : reason_of(word),
                          .why = verified ? "" : "the certificate CN=peer is not good"};
    return peer;
}

static void feed(struct play *p, enum talk_event event, struct bytes in)
{
    p->last = talk_script_feed(p->script, event, in, &p->said);
}

static void do_event(struct play *p, const struct line *line, bool is_checked)
{
    const char *argument = strchr(line->text, ' ');
    argument = argument ? argument + 1 : "";

    if (!strncmp(line->text, "open", 4)) {
        run_set_peer(talk_script_run(p->script), make_peer(p, line, argument));
    } else if (!strncmp(line->text, "starttls", 8)) {
        if (is_checked && p->last != TALK_STARTTLS)
            fail(p, line, "the probe did not ask for TLS", "something else");
        run_set_peer(talk_script_run(p->script), make_peer(p, line, argument));
        feed(p, TALK_RESUMED, (struct bytes){0});
    } else if (!strcmp(line->text, "resume")) {
        if (is_checked && p->last != TALK_OFFLOAD)
            fail(p, line, "the probe did not ask for a computation", "something else");
        feed(p, TALK_RESUMED, (struct bytes){0});
    } else if (!strcmp(line->text, "eof")) {
        feed(p, TALK_EOF, (struct bytes){0});
    } else if (!strcmp(line->text, "expire")) {
        talk_script_expire(p->script);
    } else {
        fail(p, line, "no such event", "a line that cannot be read");
    }
}

static void check_said(struct play *p, const struct line *line)
{
    const struct bytes got = bytes_slice(buf_bytes(&p->said), 0, line->raw.len);

    if (!bytes_equal(got, line->raw))
        fail(p, line, "the probe says something else", escaped(p, buf_bytes(&p->said)));
    else
        buf_consume(&p->said, line->raw.len);
}

static void check_mentioned(struct play *p, const struct line *line)
{
    if (bytes_find(buf_bytes(&p->said), line->raw) < 0)
        fail(p, line, "the probe does not say this", escaped(p, buf_bytes(&p->said)));
    buf_clear(&p->said);
}

static void check_silent(struct play *p, const struct line *line)
{
    if (p->said.len)
        fail(p, line, "the probe says more before", escaped(p, buf_bytes(&p->said)));
}

static void check_verdict(struct play *p, const struct line *line)
{
    const struct verdict *v = talk_script_verdict(p->script);
    const char *got = "no answer";

    if (v)
        got = v->health == HEALTH_UP
                  ? "up"
                  : arena_printf(p->arena, "%s %s %s", health_name(v->health),
                                 reason_word(v->reason), v->detail);
    const size_t len = strcspn(line->text, "~");
    if (line->text[len] ? strncmp(got, line->text, len) : strcmp(got, line->text))
        fail(p, line, "another answer", got);
}

/* As a line of a page. */
static const char *sample_text(struct arena *arena, const struct sample *s)
{
    struct pair pairs[2 * METRIC_MAX_LABELS];
    struct buf out = BUF_MAX(SAID_MAX);
    struct labels labels = {0};
    struct err e;
    size_t count = 0;

    for (size_t i = 0; s->values && s->metric->labels[i]; i++)
        pairs[count++] =
            (struct pair){s->metric->labels[i], s->values[i] ? s->values[i] : ""};
    for (size_t i = 0; i < s->extra.count && count < ARRAY_LEN(pairs); i++)
        pairs[count++] = (struct pair){s->extra.items[i].name, s->extra.items[i].value};
    if (labels_from_pairs(arena, &(struct pairs){pairs, count}, &labels, &e))
        labels_print(labels, &out);
    const char *text = arena_printf(arena, out.len ? "%s{%s} %g" : "%s%s %g",
                                    s->metric->name, buf_text(&out), s->value);
    buf_finish(&out);
    return text;
}

/* The samples called so, each on a line of its own; ret_has: one of them is `text`. */
static const char *samples_called(struct play *p, struct bytes name, const char *text,
                                  bool *ret_has)
{
    const struct batch *batch = talk_script_batch(p->script);
    const char *all = "";

    *ret_has = false;
    for (const struct batch_group *g = batch ? batch->first : NULL; g; g = g->next) {
        for (const struct sample *s = g->first; s; s = s->next) {
            if (!bytes_is(name, s->metric->name))
                continue;
            const char *one = sample_text(p->arena, s);
            *ret_has = *ret_has || !strcmp(one, text);
            all = arena_printf(p->arena, "%s\n#            %s", all, one);
        }
    }
    return all;
}

static void check_sample(struct play *p, const struct line *line)
{
    const struct bytes name = {line->text, strcspn(line->text, "{ ")};
    bool has;
    const char *all = samples_called(p, name, line->text, &has);

    if (!has)
        fail(p, line, "no such sample", all[0] ? all : "none of that name");
}

static void check_no_sample(struct play *p, const struct line *line)
{
    bool has;
    const char *all = samples_called(p, bytes_of(line->text), "", &has);

    if (all[0])
        fail(p, line, "no sample may be called so", all);
}

static void check_expression(struct play *p, const struct line *line)
{
    const struct var *const vars[] = {p->story->type->vars ? p->story->type->vars
                                                           : runner_vars,
                                      runner_vars, tls_vars, NULL};
    const char *detail = "";
    struct err e = {0};
    const struct expr *x = expr_compile(p->arena, line->text, vars, &e);

    if (!x)
        fail(p, line, "it does not compile", e.text);
    else if (expr_judge(x, talk_script_run(p->script), wall_read(), p->arena, &detail) !=
             EXPR_HOLDS)
        fail(p, line, "it does not hold", detail);
}

static void hear(struct play *p, const struct line *line, enum pace pace)
{
    struct bytes rest = line->raw, one;

    if (pace == PACE_WHOLE) {
        feed(p, TALK_DATA, rest);
    } else if (pace == PACE_BYTES) {
        while (bytes_take(&rest, 1, &one))
            feed(p, TALK_DATA, one);
    } else {
        rest = bytes_slice(rest, 0, p->left);
        p->left -= rest.len;
        feed(p, TALK_DATA, rest);
    }
}

static void do_line(struct play *p, const struct line *line, enum pace pace)
{
    const bool is_checked = pace != PACE_CUT;

    switch (line->kind) {
    case '<':
        if (is_checked)
            check_silent(p, line);
        hear(p, line, pace);
        break;
    case '*':
        do_event(p, line, is_checked);
        break;
    case '?':
        if (is_checked)
            check_mentioned(p, line);
        else
            buf_clear(&p->said);
        break;
    case '>':
        if (is_checked)
            check_said(p, line);
        break;
    case '!':
        if (is_checked)
            check_silent(p, line);
        if (is_checked)
            check_verdict(p, line);
        break;
    case '.':
        if (is_checked)
            check_sample(p, line);
        break;
    case '-':
        if (is_checked)
            check_no_sample(p, line);
        break;
    case '=':
        if (is_checked)
            check_expression(p, line);
        break;
    }
}

/* Cut off, by a close or the deadline, a dialogue has an answer too, and never "we could not ask". */
static void check_cut(struct play *p, const struct line *line, size_t at, bool by_close)
{
    if (by_close)
        feed(p, TALK_EOF, (struct bytes){0});
    else
        talk_script_expire(p->script);
    const struct verdict *v = talk_script_verdict(p->script);
    const char *where = arena_printf(p->arena, "cut after %zu bytes by %s", at,
                                     by_close ? "a close" : "the deadline");
    if (!v)
        fail(p, line, where, "no answer");
    else if (v->health == HEALTH_UNKNOWN ||
             (v->health != HEALTH_UP && (!v->reason || !v->detail[0])))
        fail(p, line, where,
             arena_printf(p->arena, "%s %s \"%s\"", health_name(v->health),
                          reason_word(v->reason), v->detail));
}

static bool play(const struct story *story, enum pace pace, size_t cut, bool by_close)
{
    struct frame frame = {0};
    struct play p = {
        .story = story, .arena = arena_create(0), .said = BUF_MAX(SAID_MAX), .left = cut};
    const struct line *line = story->lines;
    const struct line *end = line + story->count;

    p.script = talk_script_create(&frame, story->type, story->conf);
    while (line < end && line->kind == '*' && !strncmp(line->text, "open", 4))
        do_line(&p, line++, pace);
    feed(&p, TALK_OPEN, (struct bytes){0});
    for (; line < end; line++) {
        const bool is_cut =
            pace == PACE_CUT && line->kind == '<' && p.left < line->raw.len;
        do_line(&p, line, pace);
        if (is_cut)
            break;
    }
    if (pace == PACE_CUT)
        check_cut(&p, line < end ? line : end - 1, cut, by_close);
    talk_script_destroy(p.script);
    buf_finish(&p.said);
    arena_destroy(p.arena);
    return !p.failed;
}

static void report(struct totals *t, const struct story *story, const char *how,
                   bool passed)
{
    t->count++;
    t->failed += !passed;
    printf("%sok %d - %s: %s, %s\n", passed ? "" : "not ", t->count,
           strrchr(story->file, '/') + 1, story->title, how);
}

static bool is_seen(const struct totals *t, const struct probe_type *type)
{
    for (size_t i = 0; i < t->seen_count; i++) {
        if (t->seen[i] == type)
            return true;
    }
    return false;
}

static void tell(struct totals *t, const struct story *story)
{
    bool passed = true;

    report(t, story, "whole", play(story, PACE_WHOLE, 0, false));
    report(t, story, "byte by byte", play(story, PACE_BYTES, 0, false));
    for (size_t at = 0; at <= story->heard_bytes; at++)
        passed =
            play(story, PACE_CUT, at, true) && play(story, PACE_CUT, at, false) && passed;
    report(t, story, "cut at every offset", passed);
    if (!is_seen(t, story->type) && t->seen_count < ARRAY_LEN(t->seen))
        t->seen[t->seen_count++] = story->type;
}

static void add_line(struct arena *arena, struct story *story, struct bytes text,
                     int number)
{
    if (!text.len || text.ptr[0] == '#')
        return;
    if (story->count == STORY_MAX_LINES || !strchr(LINE_KINDS, text.ptr[0])) {
        story->is_unreadable = true;
        printf("# %s:%d: %s\n", story->file, number,
               story->count == STORY_MAX_LINES ? "one line too many"
                                               : "no such kind of line");
        return;
    }
    struct line *line = &story->lines[story->count++];
    *line = (struct line){.kind = text.ptr[0], .number = number};
    line->text = arena_strndup(arena, text.ptr + (text.len > 1 ? 2 : 1),
                               text.len > 1 ? text.len - 2 : 0);
    if (line->kind == '<' || line->kind == '>' || line->kind == '?')
        line->raw = unescape(arena, line->text);
    if (line->kind == 'x') {
        line->raw = unhex(arena, line->text);
        line->kind = '<';
    }
    if (line->kind == '<')
        story->heard_bytes += line->raw.len;
}

/* From the line after a title to the next title. */
static void tell_story(struct totals *t, const char *file, struct bytes title,
                       struct bytes text, int number)
{
    struct arena *arena = arena_create(0);
    struct story *story = arena_alloc(arena, sizeof(*story));
    const ptrdiff_t lines_at = bytes_find(text, bytes_of("\n===\n"));
    struct bytes rest, line;

    story->file = file;
    story->title = arena_strndup(arena, title.ptr, title.len);
    const struct bytes yaml =
        bytes_slice(text, 0, lines_at < 0 ? 0 : (size_t)lines_at + 1);
    story->conf =
        dialogue_conf(arena, arena_strndup(arena, yaml.ptr, yaml.len), &story->type);
    for (size_t i = 0; i < yaml.len; i++)
        number += yaml.ptr[i] == '\n';
    rest = bytes_slice(text, yaml.len + strlen("===\n"), text.len);
    while (bytes_line(&rest, &line))
        add_line(arena, story, line, ++number);
    if (story->conf && story->count && !story->is_unreadable)
        tell(t, story);
    else
        report(t, story, "its configuration and lines can be read", false);
    arena_destroy(arena);
}

static void tell_file(struct totals *t, const char *path, struct bytes text)
{
    struct bytes line, title = {0}, body = {0};
    int number = 0, title_number = 0;

    while (bytes_line(&text, &line)) {
        number++;
        if (bytes_starts(line, "---")) {
            if (title.len)
                tell_story(t, path, title, body, title_number);
            title = bytes_trim(bytes_slice(line, 3, line.len));
            title_number = number + 1;
            body = (struct bytes){text.ptr, 0};
        } else {
            body.len = body.ptr ? (size_t)(text.ptr - body.ptr) : 0;
        }
    }
    if (title.len)
        tell_story(t, path, title, body, title_number);
}

static void tell_path(struct totals *t, const char *path)
{
    struct buf text = BUF_MAX(SAID_MAX);
    FILE *file = fopen(path, "rb");

    if (file) {
        char *room = buf_room(&text, SAID_MAX - 1);
        buf_grew(&text, fread(room, 1, SAID_MAX - 1, file));
        fclose(file);
    }
    tell_file(t, path, buf_bytes(&text));
    buf_finish(&text);
}

/* redis.txt, redis_more.txt: of a type that this build has not, because its library is missing. */
static bool is_left_out(const char *name)
{
    for (const char *const *type = probe_types_left_out; *type; type += 2) {
        const size_t len = strlen(*type);
        if (!strncmp(name, *type, len) && (name[len] == '.' || name[len] == '_'))
            return true;
    }
    return false;
}

static bool is_transcript(const char *name)
{
    return bytes_ends(bytes_of(name), ".txt") && !is_left_out(name);
}

static void tell_all(struct totals *t)
{
    struct dirent **entries;
    const int count = scandir(FOLDER, &entries, NULL, alphasort);

    for (int i = 0; i < count; i++) {
        char path[512];
        snprintf(path, sizeof(path), FOLDER "/%s", entries[i]->d_name);
        if (is_transcript(entries[i]->d_name))
            tell_path(t, path);
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
}

int main(void)
{
    struct totals t = {0};

    tell_all(&t);
    for (const struct probe_type *const *type = probe_types; *type; type++) {
        if (!(*type)->talk)
            continue;
        t.count++;
        t.failed += !is_seen(&t, *type);
        printf("%sok %d - %s has a transcript\n", is_seen(&t, *type) ? "" : "not ",
               t.count, (*type)->name);
    }
    printf("1..%d\n", t.count);
    return t.failed ? 1 : 0;
}
