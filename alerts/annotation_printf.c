/* SPDX-License-Identifier: Apache-2.0 */
/*
 * printf of templates: Go's verbs for floats, texts and values. Its format is read when the template is compiled, so
 * that nothing is left to go wrong when an alert fires. Called by annotation_functions.c.
 */
#include <math.h>
#include <string.h>

#include "alerts/annotation_tree.h"

enum { WIDTH_MAX = 64, PRECISION_MAX = 30 };

struct spec { /* %-8.2f */
    bool is_left, has_plus, has_zeros;
    int width, precision; /* precision -1: not written */
    char verb;
};

static int read_number(struct bytes *in, int most)
{
    int n = 0;
    while (in->len && in->ptr[0] >= '0' && in->ptr[0] <= '9') {
        n = n * 10 + (in->ptr[0] - '0');
        if (n > most)
            return -1;
        *in = bytes_slice(*in, 1, in->len);
    }
    return n;
}

static char take_byte(struct bytes *in)
{
    const char c = in->len ? in->ptr[0] : '\0';
    *in = bytes_slice(*in, 1, in->len);
    return c;
}

/* After the %. False when it is none that is known. */
static bool read_spec(struct bytes *in, struct spec *ret)
{
    struct spec s = {.precision = -1};
    for (; in->len && strchr("-+0", in->ptr[0]); take_byte(in)) {
        s.is_left |= in->ptr[0] == '-';
        s.has_plus |= in->ptr[0] == '+';
        s.has_zeros |= in->ptr[0] == '0';
    }
    s.width = read_number(in, WIDTH_MAX);
    if (in->len && in->ptr[0] == '.') {
        take_byte(in);
        s.precision = read_number(in, PRECISION_MAX);
        if (s.precision < 0)
            return false;
    }
    s.verb = take_byte(in);
    *ret = s;
    return s.width >= 0 && s.verb && strchr("fFeEgGdsvq%", s.verb);
}

static void add_decimal(struct buf *out, const struct spec *s, double v)
{
    const int precision = s->precision < 0 ? 6 : s->precision;
    switch (s->verb) {
    case 'e':
        buf_printf(out, "%.*e", precision, v);
        break;
    case 'E':
        buf_printf(out, "%.*E", precision, v);
        break;
    case 'd':
        buf_printf(out, "%.0f", v);
        break;
    default:
        buf_printf(out, "%.*f", precision, v);
        break;
    }
}

static void add_number(struct buf *out, const struct spec *s, double v)
{
    const bool is_shortest = s->verb == 'v' || s->verb == 's' || s->verb == 'q' ||
                             ((s->verb == 'g' || s->verb == 'G') && s->precision < 0);
    if (s->has_plus && !signbit(v) && !isnan(v) && !isinf(v))
        buf_add_byte(out, '+');
    if (is_shortest || !isfinite(v))
        buf_add_double(out, v);
    else if (s->verb == 'g' || s->verb == 'G')
        buf_printf(out, "%.*g", s->precision, v);
    else
        add_decimal(out, s, v);
}

static struct bytes first_characters(struct bytes b, int count)
{
    size_t len = 0;
    for (int i = 0; i < count && len < b.len; i++) {
        const size_t step = bytes_utf8(bytes_slice(b, len, b.len));
        len += step ? step : 1;
    }
    return bytes_slice(b, 0, len);
}

static void add_text(struct buf *out, const struct spec *s, const struct worth *w)
{
    struct buf text = BUF_MAX(ANNOTATION_MAX_RENDERED);
    worth_print(w, &text);
    const struct bytes shown = s->precision < 0
                                   ? buf_bytes(&text)
                                   : first_characters(buf_bytes(&text), s->precision);
    if (s->verb == 'q')
        buf_add_json(out, shown);
    else
        buf_add_bytes(out, shown);
    buf_finish(&text);
}

static size_t characters(struct bytes b)
{
    size_t count = 0;
    for (size_t i = 0; i < b.len; i++)
        count += ((unsigned char)b.ptr[i] & 0xC0) != 0x80;
    return count;
}

static void add_padded(struct buf *out, const struct spec *s, struct bytes text,
                       bool is_number)
{
    const size_t have = characters(text);
    const size_t pad = (size_t)s->width > have ? (size_t)s->width - have : 0;
    const bool has_zeros = s->has_zeros && is_number && !s->is_left;
    const bool has_sign = text.len && (text.ptr[0] == '-' || text.ptr[0] == '+');
    if (has_zeros && has_sign)
        buf_add_byte(out, take_byte(&text));
    for (size_t i = 0; i < pad && !s->is_left; i++)
        buf_add_byte(out, has_zeros ? '0' : ' ');
    buf_add_bytes(out, text);
    for (size_t i = 0; i < pad && s->is_left; i++)
        buf_add_byte(out, ' ');
}

static void add_spec(struct buf *out, const struct spec *s, const struct worth *w)
{
    struct buf text = BUF_MAX(ANNOTATION_MAX_RENDERED);
    double number = 0;
    const bool wants_number = strchr("fFeEgGd", s->verb) != NULL;
    const bool is_number =
        wants_number ? worth_to_number(w, &number) : w->kind == WORTH_NUMBER;
    if (is_number)
        add_number(&text, s, wants_number ? number : w->number);
    else
        add_text(&text, s, w);
    add_padded(out, s, buf_bytes(&text), is_number && isfinite(number));
    buf_finish(&text);
}

/* The length without half a character at the end, which a text that was cut may have. */
static size_t whole_length(struct bytes text)
{
    size_t start = text.len;
    while (start > 0 && ((unsigned char)text.ptr[start - 1] & 0xC0) == 0x80)
        start--;
    start -= start > 0;
    return bytes_utf8(bytes_slice(text, start, text.len)) ? text.len : start;
}

static struct worth call_printf(const struct worth *args, size_t count,
                                struct arena *arena)
{
    struct buf out = BUF_MAX(ANNOTATION_MAX_RENDERED);
    struct bytes in = bytes_of(args[0].text);
    size_t used = 1;
    while (in.len) {
        struct spec s;
        const char c = take_byte(&in);
        if (c != '%')
            buf_add_byte(&out, c);
        else if (read_spec(&in, &s) && s.verb == '%')
            buf_add_byte(&out, '%');
        else if (used < count)
            add_spec(&out, &s, &args[used++]);
    }
    const size_t len = out.overflow ? whole_length(buf_bytes(&out)) : out.len;
    const struct worth w = worth_of_text(arena_strndup(arena, buf_text(&out), len));
    buf_finish(&out);
    return w;
}

static const char *refuse_format(const struct term *const *args, size_t count)
{
    size_t wanted = 1;
    if (args[0]->kind != TERM_TEXT)
        return "printf needs its format as a text in quotes";
    struct bytes in = bytes_of(args[0]->text);
    while (in.len) {
        struct spec s;
        if (take_byte(&in) != '%')
            continue;
        if (!read_spec(&in, &s))
            return "printf knows %f %e %g %d %s %v %q, with a width and a precision";
        wanted += s.verb != '%';
    }
    return wanted == count ? NULL : "printf has not as many values as its format takes";
}

const struct annotation_function annotation_printf = {"printf", 1, TERM_MAX_ARGS,
                                                      call_printf, refuse_format};
