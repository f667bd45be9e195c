/* SPDX-License-Identifier: Apache-2.0 */
/* See alert_key.h. Called by the book for each element of a rule's result, and by rule tests. */
#include "alerts/alert_key.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/core/digest.h"

enum { KEY_TEXT_MAX = 1 << 20 };

/* Each text as a label, sorted; empty ones too, since they remove what is below. */
static struct labels render(struct rule_texts texts,
                            const struct annotation_data *element, struct arena *arena)
{
    struct label *items = arena_alloc(arena, (texts.count + 1) * sizeof(*items));
    for (size_t i = 0; i < texts.count; i++)
        items[i] = (struct label){
            texts.items[i].name, annotation_render(texts.items[i].value, element, arena)};
    labels_sort(items, texts.count);
    return (struct labels){items, texts.count};
}

static const char *clean_text(const char *text, struct arena *arena)
{
    char *copy = arena_alloc(arena, 3 * strlen(text) + 1);
    size_t len = 0;
    for (struct bytes rest = bytes_of(text); rest.len;) {
        const size_t step = bytes_utf8(rest);
        memcpy(&copy[len], step ? rest.ptr : "\xEF\xBF\xBD", step ? step : 3);
        len += step ? step : 3;
        rest = bytes_slice(rest, step ? step : 1, rest.len);
    }
    return copy;
}

struct labels alert_labels_clean(struct labels l, struct arena *arena)
{
    bool is_clean = true;
    for (size_t i = 0; i < l.count; i++)
        is_clean = is_clean && bytes_is_utf8(bytes_of(l.items[i].value));
    if (is_clean)
        return l;
    struct label *items = arena_alloc(arena, l.count * sizeof(*items));
    for (size_t i = 0; i < l.count; i++)
        items[i] = (struct label){l.items[i].name, clean_text(l.items[i].value, arena)};
    return (struct labels){items, l.count};
}

struct labels alert_labels(const struct rule *r, const struct annotation_data *element,
                           struct arena *arena)
{
    const struct label name = {"alertname", r->name};
    const struct labels own = labels_without(arena, element->labels, "__name__");
    const struct labels over = render(r->labels, element, arena);
    return labels_merge(arena, labels_merge(arena, own, over), (struct labels){&name, 1});
}

/* A path is of this healthd: where people reach it. */
static const char *absolute_url(const char *url, const char *external_url,
                                struct arena *arena)
{
    const size_t len = external_url ? strlen(external_url) : 0;
    if (url[0] != '/' || !len)
        return url;
    const bool ends_in_slash = external_url[len - 1] == '/';
    return arena_printf(arena, "%.*s%s", (int)(len - ends_in_slash), external_url, url);
}

struct labels alert_annotations(const struct rule *r,
                                const struct annotation_data *element,
                                struct arena *arena)
{
    const struct labels own =
        labels_merge(arena, (struct labels){0}, render(r->annotations, element, arena));
    const char *url = labels_get(own, "runbook_url");
    if (!url)
        return own;
    const struct label runbook = {"runbook_url",
                                  absolute_url(url, element->external_url, arena)};
    return labels_merge(arena, own, (struct labels){&runbook, 1});
}

uint64_t alert_fingerprint(struct labels l)
{
    struct buf text = BUF_MAX(KEY_TEXT_MAX);
    for (size_t i = 0; i < l.count; i++) {
        buf_add_text(&text, l.items[i].name);
        buf_add_byte(&text, '\xff');
        buf_add_text(&text, l.items[i].value);
        buf_add_byte(&text, '\xff');
    }
    const uint64_t hash = bytes_hash64(buf_bytes(&text));
    buf_finish(&text);
    return hash;
}

void alert_key(const char *rule_id, struct labels l, char ret_key[ALERT_KEY_SIZE])
{
    struct buf text = BUF_MAX(KEY_TEXT_MAX);
    char digest[DIGEST_TEXT_SIZE];
    buf_add_text(&text, rule_id);
    buf_add_byte(&text, '\0');
    for (size_t i = 0; i < l.count; i++) {
        buf_add(&text, l.items[i].name, strlen(l.items[i].name) + 1);
        buf_add(&text, l.items[i].value, strlen(l.items[i].value) + 1);
    }
    digest_bytes(buf_bytes(&text), digest);
    memcpy(ret_key, digest, ALERT_KEY_SIZE - 1);
    ret_key[ALERT_KEY_SIZE - 1] = '\0';
    buf_finish(&text);
}

int alert_labels_order(struct labels a, struct labels b)
{
    for (size_t i = 0; i < a.count && i < b.count; i++) {
        int order = strcmp(a.items[i].name, b.items[i].name);
        order = order ? order : strcmp(a.items[i].value, b.items[i].value);
        if (order)
            return order;
    }
    return (a.count > b.count) - (a.count < b.count);
}
