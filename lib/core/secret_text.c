/* SPDX-License-Identifier: Apache-2.0 */
/* See secret_text.h. Word by word, for what may be a URL; then by names, for what stands behind a "=". */
#include "lib/core/secret_text.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "lib/base/attr.h"
#include "lib/base/hex.h"

enum { DECODED_MAX_BYTES = 1024 };

struct finder {
    void (*found)(void *ctx, struct bytes password);
    void *ctx;
};

static bool is_one_of(char c, const char *set)
{
    return c && strchr(set, c);
}

/* The start of text up to the first of stops. */
static struct bytes before(struct bytes text, const char *stops)
{
    size_t len = 0;
    while (len < text.len && !is_one_of(text.ptr[len], stops))
        len++;
    return bytes_slice(text, 0, len);
}

static void tell(const struct finder *f, struct bytes password)
{
    char meant[DECODED_MAX_BYTES];
    size_t len = 0;
    f->found(f->ctx, password);
    for (size_t i = 0; i < password.len && len < sizeof(meant); i++) {
        if (password.ptr[i] == '\\' && i + 1 < password.len)
            i++;
        char c = password.ptr[i];
        if (hex_percent(password, i, &c))
            i += 2;
        meant[len++] = c;
    }
    if (len != password.len)
        f->found(f->ctx, (struct bytes){meant, len});
}

static ptrdiff_t last_at_sign(struct bytes text)
{
    ptrdiff_t at = (ptrdiff_t)text.len - 1;
    while (at >= 0 && text.ptr[at] != '@')
        at--;
    return at;
}

/* host:8080, and what is no password then, but a path. */
static bool ends_in_port(struct bytes authority)
{
    size_t len = authority.len;
    while (len > 0 && authority.ptr[len - 1] >= '0' && authority.ptr[len - 1] <= '9')
        len--;
    return len > 0 && authority.ptr[len - 1] == ':';
}

/* Colon and "@" of what carries no password: an image's tag and digest, an address to write to. */
static bool is_innocent(struct bytes who, struct bytes behind)
{
    static const char *const addresses[] = {"mailto:", "acct:", "sip:", "sips:", "xmpp:"};
    for (size_t i = 0; i < ARRAY_LEN(addresses); i++) {
        if (bytes_starts(who, addresses[i]))
            return true;
    }
    return bytes_starts(behind, "sha256:") || bytes_starts(behind, "sha512:");
}

/* authority and what follows it: user:password@host/path. */
static void find_in_authority(const struct finder *f, struct bytes text)
{
    const struct bytes strict = before(text, "/?#");
    const bool is_strict = last_at_sign(strict) >= 0;
    const ptrdiff_t at = last_at_sign(is_strict ? strict : text);
    if (at < 0 || (!is_strict && ends_in_port(strict)))
        return;
    const struct bytes who = bytes_slice(text, 0, (size_t)at);
    const ptrdiff_t colon = bytes_find_byte(who, ':');
    if (colon >= 0 && !is_innocent(who, bytes_slice(text, (size_t)at + 1, text.len)))
        tell(f, bytes_slice(who, (size_t)colon + 1, who.len));
}

static void find_in_word(const struct finder *f, struct bytes word)
{
    const struct bytes mark = bytes_of("://");
    ptrdiff_t scheme = bytes_find(word, mark);
    if (scheme < 0)
        find_in_authority(f, word);
    while (scheme >= 0) {
        word = bytes_slice(word, (size_t)scheme + mark.len, word.len);
        find_in_authority(f, word);
        scheme = bytes_find(word, mark);
    }
}

/* The last word of text, as far as a name goes, is one for what must not be seen. */
static bool ends_in_secret_name(struct bytes text)
{
    static const char *const names[] = {"password", "passwd", "passphrase", "secret",
                                        "token"};
    while (text.len && is_one_of(text.ptr[text.len - 1], " \t"))
        text.len--;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const size_t len = strlen(names[i]);
        if (text.len >= len &&
            bytes_is_nocase(bytes_slice(text, text.len - len, text.len), names[i]))
            return true;
    }
    return false;
}

/* Behind the "=": 'in quotes', or up to what ends it. */
static struct bytes value_of(struct bytes text)
{
    size_t from = 0, to;
    while (from < text.len && is_one_of(text.ptr[from], " \t"))
        from++;
    if (from == text.len || !is_one_of(text.ptr[from], "'\""))
        return before(bytes_slice(text, from, text.len), " \t\r\n&#;,\"'");
    const char quote = text.ptr[from++];
    for (to = from; to < text.len && text.ptr[to] != quote; to++)
        to += text.ptr[to] == '\\';
    return bytes_slice(text, from, to < text.len ? to : text.len);
}

void secret_text_each(struct bytes text, void (*found)(void *ctx, struct bytes password),
                      void *ctx)
{
    const struct finder f = {found, ctx};
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '=' && ends_in_secret_name(bytes_slice(text, 0, i)))
            tell(&f, value_of(bytes_slice(text, i + 1, text.len)));
    }
    for (struct bytes rest = text; rest.len;) {
        const struct bytes word = before(rest, " \t\r\n\"'<>");
        find_in_word(&f, word);
        rest = bytes_slice(rest, word.len + 1, rest.len);
    }
}
