/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See dns_message.h. Taking a message apart: header, question and sections; what is in a record is dns_data.c's. Every
 * length is the peer's word and is held against what is there.
 */
#include "lib/core/dns_message.h"

#include <string.h>
#include <strings.h>

#include "lib/core/dns_impl.h"

#define HEADER_BYTES 12
#define LABEL_MAX 63
#define NAME_MAX_BYTES 255
#define POINTERS_MAX 64

/* ---- reading bytes ---- */

bool dns_take(struct dns_reader *r, size_t n, struct bytes *ret_taken)
{
    if (n > r->end - r->at)
        return false;
    *ret_taken = bytes_slice(r->whole, r->at, r->at + n);
    r->at += n;
    return true;
}

bool dns_take_u8(struct dns_reader *r, unsigned *ret_number)
{
    struct bytes b;

    if (!dns_take(r, 1, &b))
        return false;
    *ret_number = (unsigned char)b.ptr[0];
    return true;
}

bool dns_take_u16(struct dns_reader *r, unsigned *ret_number)
{
    unsigned high, low;

    if (!dns_take_u8(r, &high) || !dns_take_u8(r, &low))
        return false;
    *ret_number = high << 8 | low;
    return true;
}

bool dns_take_u32(struct dns_reader *r, uint32_t *ret_number)
{
    unsigned high, low;

    if (!dns_take_u16(r, &high) || !dns_take_u16(r, &low))
        return false;
    *ret_number = (uint32_t)high << 16 | low;
    return true;
}

/* ---- names ---- */

/* As zone files write a label: what would mean something else there gets a backslash (RFC 1035 §5.1). */
static void label_print(struct bytes label, struct buf *out)
{
    for (size_t i = 0; i < label.len; i++) {
        const unsigned char c = (unsigned char)label.ptr[i];
        if (c < ' ' || c > '~') {
            buf_printf(out, "\\%03u", c);
            continue;
        }
        if (strchr(".'@;()\"\\ ", c))
            buf_add_byte(out, '\\');
        buf_add_byte(out, (char)c);
    }
    buf_add_byte(out, '.');
}

/* One label, or a pointer (RFC 1035 §4.1.4). False when it is neither, or not there. */
static bool name_step(struct dns_reader *walk, struct bytes *ret_label,
                      size_t *ret_pointer)
{
    unsigned len, low;

    *ret_pointer = 0;
    *ret_label = (struct bytes){0};
    if (!dns_take_u8(walk, &len))
        return false;
    if ((len & 0xc0) == 0xc0) {
        if (!dns_take_u8(walk, &low))
            return false;
        *ret_pointer = (len & 0x3f) << 8 | low;
        return *ret_pointer >= HEADER_BYTES && *ret_pointer < walk->whole.len;
    }
    return len <= LABEL_MAX && dns_take(walk, len, ret_label);
}

bool dns_take_name(struct dns_reader *r, struct buf *out)
{
    struct dns_reader walk = *r;
    struct bytes label;
    size_t pointer, total = 0, jumps = 0;

    for (;;) {
        const bool is_own = jumps == 0;
        if (!name_step(&walk, &label, &pointer))
            return false;
        if (is_own)
            r->at = walk.at;
        if (pointer) {
            if (++jumps > POINTERS_MAX)
                return false;
            walk.at = pointer;
            walk.end = walk.whole.len;
            continue;
        }
        total += label.len + 1;
        if (total > NAME_MAX_BYTES)
            return false;
        if (!label.len)
            break;
        label_print(label, out);
    }
    if (total == 1)
        buf_add_byte(out, '.');
    return true;
}

const char *dns_take_name_text(struct dns_reader *r, struct arena *arena)
{
    struct buf text = BUF_MAX(DNS_NAME_SIZE);
    const bool ok = dns_take_name(r, &text);
    const char *name = ok ? arena_strdup(arena, buf_text(&text)) : NULL;

    buf_finish(&text);
    return name;
}

static size_t without_dot(const char *name)
{
    const size_t len = strlen(name);

    return len && name[len - 1] == '.' ? len - 1 : len;
}

bool dns_name_equal(const char *a, const char *b)
{
    const size_t len = without_dot(a);

    return len == without_dot(b) && !strncasecmp(a, b, len);
}

/* ---- writing ---- */

/* One byte of a name as written: c, \c or \DDD. */
static bool take_written(struct bytes *rest, unsigned char *ret_byte, bool *ret_is_dot)
{
    uint64_t code;

    *ret_is_dot = rest->ptr[0] == '.';
    if (rest->ptr[0] != '\\') {
        *ret_byte = (unsigned char)rest->ptr[0];
        *rest = bytes_slice(*rest, 1, rest->len);
        return true;
    }
    if (rest->len >= 4 && bytes_to_u64(bytes_slice(*rest, 1, 4), &code) && code <= 255) {
        *ret_byte = (unsigned char)code;
        *rest = bytes_slice(*rest, 4, rest->len);
        return true;
    }
    if (rest->len < 2)
        return false;
    *ret_byte = (unsigned char)rest->ptr[1];
    *rest = bytes_slice(*rest, 2, rest->len);
    return true;
}

static bool bad_name(const char *name, const char *why, struct err *e)
{
    return err_set(e, "'%.80s' is no domain name: %s", name, why);
}

static bool name_write(struct buf *out, const char *name, struct err *e)
{
    struct bytes rest = bytes_of(strcmp(name, ".") ? name : "");
    unsigned char label[LABEL_MAX], byte;
    size_t len = 0, total = 1;
    bool is_dot;

    while (rest.len) {
        if (!take_written(&rest, &byte, &is_dot))
            return bad_name(name, "it ends with a backslash", e);
        if (!is_dot) {
            if (len == LABEL_MAX)
                return bad_name(name, "a part is longer than 63 bytes", e);
            label[len++] = byte;
        }
        if (!is_dot && rest.len)
            continue;
        if (!len)
            return bad_name(name, "a part is empty", e);
        total += len + 1;
        buf_add_byte(out, (char)len);
        buf_add(out, label, len);
        len = 0;
    }
    buf_add_byte(out, 0);
    return total <= NAME_MAX_BYTES || bad_name(name, "it is longer than 255 bytes", e);
}

static void add_u16(struct buf *out, unsigned number)
{
    buf_add_byte(out, (char)(number >> 8));
    buf_add_byte(out, (char)(number & 0xff));
}

bool dns_query_write(struct buf *out, uint16_t id, bool wants_recursion,
                     const struct dns_question *question, struct err *e)
{
    const unsigned counts[] = {1, 0, 0, 0};

    add_u16(out, id);
    add_u16(out, wants_recursion ? 0x0100 : 0);
    for (size_t i = 0; i < ARRAY_LEN(counts); i++)
        add_u16(out, counts[i]);
    if (!name_write(out, question->name, e))
        return false;
    add_u16(out, question->type);
    add_u16(out, question->class);
    return true;
}

/* ---- messages ---- */

static bool broken(const struct dns_reader *r, const char *what, struct err *e)
{
    return err_set(e, "%s does not fit into the %zu bytes that came (at byte %zu)", what,
                   r->whole.len, r->at);
}

static void flags_read(unsigned flags, struct dns_message *m)
{
    m->is_response = flags & 0x8000;
    m->is_authoritative = flags & 0x0400;
    m->is_truncated = flags & 0x0200;
    m->is_recursive = flags & 0x0080;
    m->rcode = (int)(flags & 0x000f);
}

static bool question_read(struct dns_reader *r, struct arena *arena,
                          struct dns_question *ret_question)
{
    unsigned type, class;
    const char *name = dns_take_name_text(r, arena);

    if (!name || !dns_take_u16(r, &type) || !dns_take_u16(r, &class))
        return false;
    *ret_question = (struct dns_question){name, (uint16_t)type, (uint16_t) class};
    return true;
}

/* EDNS (RFC 6891) in a record of its own kind, as dig and the Go library print it. */
static const char *opt_text(const struct dns_record *record, struct arena *arena)
{
    return arena_printf(
        arena, "\n;; OPT PSEUDOSECTION:\n; EDNS: version %u; flags:%s; udp: %u",
        record->ttl >> 16 & 0xff, record->ttl & 0x8000 ? " do" : "", record->class);
}

static void record_text(struct dns_record *record, struct arena *arena)
{
    if (record->type == DNS_OPT)
        record->text = opt_text(record, arena);
    else
        record->text = arena_printf(arena, "%s\t%u\t%s\t%s\t%s", record->name,
                                    record->ttl, dns_class_name(record->class, arena),
                                    dns_type_name(record->type, arena), record->data);
}

static bool record_read(struct dns_reader *r, struct arena *arena,
                        struct dns_record *ret_record)
{
    struct dns_record record = {.name = dns_take_name_text(r, arena)};
    unsigned type, class, len;

    if (!record.name || !dns_take_u16(r, &type) || !dns_take_u16(r, &class) ||
        !dns_take_u32(r, &record.ttl) || !dns_take_u16(r, &len) || len > r->end - r->at)
        return false;
    record.type = (uint16_t)type;
    record.class = (uint16_t) class;
    struct dns_reader data = *r;
    data.end = r->at + len;
    r->at = data.end;
    if (!dns_data_read(&data, &record, arena))
        return false;
    record_text(&record, arena);
    *ret_record = record;
    return true;
}

static bool section_read(struct dns_reader *r, struct arena *arena, size_t count,
                         const struct dns_record **ret_records)
{
    struct dns_record *records = arena_alloc(arena, (count + 1) * sizeof(*records));

    for (size_t i = 0; i < count; i++) {
        if (!record_read(r, arena, &records[i]))
            return false;
    }
    *ret_records = records;
    return true;
}

bool dns_message_read(struct arena *arena, struct bytes message,
                      struct dns_message *ret_message, struct err *e)
{
    static const char *const names[] = {"an answer", "an authority record",
                                        "an additional record"};
    struct dns_reader r = {.whole = message, .end = message.len};
    struct dns_message m = {.question.name = ""};
    unsigned id, flags, questions, counts[DNS_SECTION_COUNT], total = 0;

    if (!dns_take_u16(&r, &id) || !dns_take_u16(&r, &flags) ||
        !dns_take_u16(&r, &questions))
        return broken(&r, "the header", e);
    for (int i = 0; i < DNS_SECTION_COUNT; i++) {
        if (!dns_take_u16(&r, &counts[i]))
            return broken(&r, "the header", e);
        total += counts[i];
    }
    if (questions > 1 || total > DNS_MAX_RECORDS)
        return err_set(e, "it has %u questions and %u records: at most 1 and %d are read",
                       questions, total, DNS_MAX_RECORDS);
    m.id = (uint16_t)id;
    flags_read(flags, &m);
    if (questions && !question_read(&r, arena, &m.question))
        return broken(&r, "the question", e);
    for (int i = 0; i < DNS_SECTION_COUNT; i++) {
        m.counts[i] = counts[i];
        if (!section_read(&r, arena, counts[i], &m.records[i]))
            return broken(&r, names[i], e);
    }
    *ret_message = m;
    return true;
}
