/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reader line by line: sections, steps and what is expected of them, with the line's number in each fault. Called by
 * the scenario tests. Plays nothing: world.c does.
 */
#include "tests/scenario/story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/units.h"

#define FILE_MAX (1u << 20)
#define STEPS_MAX 2000
/* 2026-01-05, a Monday. */
#define USUAL_START "2026-01-05T10:00:00Z"

enum section { SECTION_NONE, SECTION_CONFIG, SECTION_STORY, SECTION_EXPECT };

struct reading {
    struct arena *arena;
    struct story_file *file;
    struct story *story; /* under way */
    struct step *steps;  /* of it */
    enum section section;
    size_t config;   /* which one */
    struct buf text; /* of the section under way */
    int line;
    struct err *e;
};

static bool read_file(const char *path, struct buf *out, struct err *e)
{
    FILE *file = fopen(path, "re");
    char block[4096];
    size_t len;
    if (!file)
        return err_set(e, "%s cannot be opened", path);
    while ((len = fread(block, 1, sizeof(block), file)) > 0)
        buf_add(out, block, len);
    fclose(file);
    return !out->overflow || err_set(e, "%s is too large", path);
}

static struct bytes kept(struct reading *r)
{
    const struct bytes copy = {arena_strndup(r->arena, buf_text(&r->text), r->text.len),
                               r->text.len};
    buf_clear(&r->text);
    return copy;
}

static void end_section(struct reading *r)
{
    struct story *s = r->story;
    if (r->section == SECTION_CONFIG)
        s->configs[r->config].text = kept(r);
    else if (r->section == SECTION_EXPECT)
        s->expected = kept(r);
    buf_clear(&r->text);
}

static bool take_word(struct reading *r, struct bytes *line, const char **ret)
{
    *line = bytes_trim(*line);
    if (line->len == 0)
        return false;
    struct bytes word;
    if (line->ptr[0] == '"') {
        *line = bytes_slice(*line, 1, line->len);
        bytes_token(line, '"', &word);
    } else {
        bytes_token(line, ' ', &word);
    }
    *ret = arena_strndup(r->arena, word.ptr, word.len);
    return true;
}

static bool read_step(struct reading *r, struct bytes line)
{
    struct story *s = r->story;
    struct step *step = &r->steps[s->step_count];
    const char *at;
    if (!r->steps)
        return err_set(r->e, "line %d: a story belongs to a tale", r->line);
    if (s->step_count == STEPS_MAX)
        return err_set(r->e, "line %d: too many steps", r->line);
    if (!take_word(r, &line, &at) || !duration_parse(bytes_of(at), &step->at, r->e))
        return err_wrap(r->e, "line %d", r->line);
    if (s->step_count > 0 && step->at < r->steps[s->step_count - 1].at)
        return err_set(r->e, "line %d: steps come in the order of their times", r->line);
    step->line = r->line;
    while (step->count < STORY_MAX_WORDS &&
           take_word(r, &line, &step->words[step->count]))
        step->count++;
    s->step_count++;
    return step->count > 0 || err_set(r->e, "line %d: what happens then?", r->line);
}

/* A tale's own configuration takes the place of the common one. */
static bool begin_config(struct reading *r, struct bytes name)
{
    struct story *s = r->story;
    size_t at = 0;
    while (at < s->config_count && !bytes_is(name, s->configs[at].name))
        at++;
    if (at == STORY_MAX_CONFIGS)
        return err_set(r->e, "line %d: too many configurations", r->line);
    if (at == s->config_count)
        s->config_count++;
    s->configs[at].name = arena_strndup(r->arena, name.ptr, name.len);
    r->config = at;
    r->section = SECTION_CONFIG;
    return true;
}

static bool begin_tale(struct reading *r, struct bytes title)
{
    struct story_file *f = r->file;
    if (f->count == STORIES_MAX)
        return err_set(r->e, "line %d: too many tales", r->line);
    r->story = &f->stories[f->count++];
    *r->story = f->common;
    r->story->title = arena_strndup(r->arena, title.ptr, title.len);
    r->story->line = r->line;
    r->steps = arena_alloc(r->arena, STEPS_MAX * sizeof(*r->steps));
    r->story->steps = r->steps;
    r->section = SECTION_NONE;
    return true;
}

static bool begin_section(struct reading *r, struct bytes line)
{
    struct bytes word;
    end_section(r);
    bytes_token(&line, ' ', &word);
    const struct bytes rest = bytes_trim(line);
    if (bytes_is(word, "tale"))
        return begin_tale(r, rest);
    if (bytes_is(word, "config"))
        return begin_config(r, rest);
    if (bytes_is(word, "start"))
        return wall_parse(rest, &r->story->start) ||
               err_set(r->e, "line %d: no time", r->line);
    r->section = bytes_is(word, "story")    ? SECTION_STORY
                 : bytes_is(word, "expect") ? SECTION_EXPECT
                                            : SECTION_NONE;
    return r->section != SECTION_NONE ||
           err_set(r->e, "line %d: expected tale, start, config, story or expect",
                   r->line);
}

static bool read_line(struct reading *r, struct bytes line)
{
    const struct bytes trimmed = bytes_trim(line);
    if (r->section == SECTION_CONFIG && (trimmed.len == 0 || line.ptr[0] == ' ')) {
        buf_add_bytes(&r->text, bytes_slice(line, 4, line.len));
        buf_add_byte(&r->text, '\n');
        return true;
    }
    if (trimmed.len == 0 || trimmed.ptr[0] == '#')
        return true;
    if (line.ptr[0] != ' ')
        return begin_section(r, trimmed);
    if (r->section == SECTION_STORY)
        return read_step(r, trimmed);
    buf_add_bytes(&r->text, trimmed);
    buf_add_byte(&r->text, '\n');
    return true;
}

bool story_read(struct arena *arena, const char *path, struct story_file *ret,
                struct err *e)
{
    struct buf text = BUF_MAX(FILE_MAX);
    struct bytes line;
    struct reading r = {.arena = arena,
                        .file = ret,
                        .story = &ret->common,
                        .text = BUF_MAX(FILE_MAX),
                        .e = e};
    *ret = (struct story_file){.common = {.path = path, .title = ""}};
    wall_parse(bytes_of(USUAL_START), &ret->common.start);
    bool ok = read_file(path, &text, e);
    struct bytes rest = buf_bytes(&text);
    while (ok && bytes_line(&rest, &line)) {
        r.line++;
        ok = read_line(&r, line);
    }
    if (ok)
        end_section(&r);
    buf_finish(&r.text);
    buf_finish(&text);
    return ok && (ret->count > 0 || err_set(e, "no tale"));
}

const struct bytes *story_config(const struct story *s, const char *name)
{
    for (size_t i = 0; i < s->config_count; i++) {
        if (!strcmp(s->configs[i].name, name))
            return &s->configs[i].text;
    }
    return NULL;
}
