/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one certificate says, as text in the forms that blackbox_exporter's labels have: dashboards and silences compare them. Pure; called by tls_peer.c.
 */
#include <arpa/inet.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/buf.h"
#include "lib/core/resolve.h"
#include "lib/core/tls_impl.h"

#define NAME_MAX_BYTES 8192
#define NAMES_MAX_BYTES 65536

struct name_type {
    int nid;
    const char *word;
    bool is_single; /* the last one counts */
};

/* In the order of the text. */
static const struct name_type name_types[] = {
    {NID_serialNumber, "SERIALNUMBER", true},
    {NID_commonName, "CN", true},
    {NID_organizationalUnitName, "OU", false},
    {NID_organizationName, "O", false},
    {NID_postalCode, "POSTALCODE", false},
    {NID_streetAddress, "STREET", false},
    {NID_localityName, "L", false},
    {NID_stateOrProvinceName, "ST", false},
    {NID_countryName, "C", false},
};

static bool is_known_type(int nid)
{
    for (size_t i = 0; i < ARRAY_LEN(name_types); i++) {
        if (name_types[i].nid == nid)
            return true;
    }
    return false;
}

/* RFC 2253 §2.4. */
static void add_escaped(struct buf *out, struct bytes value)
{
    for (size_t i = 0; i < value.len; i++) {
        const char c = value.ptr[i];
        const bool is_edge = i == 0 || i + 1 == value.len;
        if (strchr(",+\"\\<>;", c) || (c == ' ' && is_edge) || (c == '#' && i == 0))
            buf_add_byte(out, '\\');
        buf_add_byte(out, c);
    }
}

/* X.680's PrintableString, without '*' and '&'. */
static bool is_printable(struct bytes value)
{
    for (size_t i = 0; i < value.len; i++) {
        const char c = value.ptr[i];
        const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || (c && strchr(" '()+,-./:=?", c));
        if (!fits)
            return false;
    }
    return true;
}

/* OID=#hex of the value's DER, whatever string type the certificate has it in. */
static void add_other(struct buf *out, const ASN1_OBJECT *type, struct bytes value)
{
    char oid[128];
    OBJ_obj2txt(oid, sizeof(oid), type, 1);
    buf_printf(out, "%s=#%s", oid, is_printable(value) ? "13" : "0c");
    if (value.len < 0x80)
        buf_printf(out, "%02zx", value.len);
    else if (value.len < 0x100)
        buf_printf(out, "81%02zx", value.len);
    else
        buf_printf(out, "82%04zx", value.len & 0xffff);
    for (size_t i = 0; i < value.len; i++)
        buf_printf(out, "%02x", (unsigned char)value.ptr[i]);
}

/* One attribute's value; calls with utf8 NULL free nothing. */
static bool entry_value(const X509_NAME_ENTRY *entry, unsigned char **ret_utf8,
                        struct bytes *ret_value)
{
    *ret_utf8 = NULL;
    const int len = ASN1_STRING_to_UTF8(ret_utf8, X509_NAME_ENTRY_get_data(entry));
    if (len < 0)
        return false;
    *ret_value = (struct bytes){(const char *)*ret_utf8, (size_t)len};
    return true;
}

static void add_known(struct buf *out, const X509_NAME *name,
                      const struct name_type *type)
{
    const int count = X509_NAME_entry_count(name);
    bool is_first = true;
    int single = -1;
    for (int i = 0; type->is_single && i < count; i++) {
        if (OBJ_obj2nid(X509_NAME_ENTRY_get_object(X509_NAME_get_entry(name, i))) ==
            type->nid)
            single = i;
    }
    for (int i = 0; i < count; i++) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
        unsigned char *utf8;
        struct bytes value;
        if (OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry)) != type->nid ||
            (type->is_single && i != single) || !entry_value(entry, &utf8, &value))
            continue;
        if (value.len > 0 || !type->is_single) {
            if (!is_first)
                buf_add_byte(out, '+');
            else if (out->len > 0)
                buf_add_byte(out, ',');
            buf_printf(out, "%s=", type->word);
            add_escaped(out, value);
            is_first = false;
        }
        OPENSSL_free(utf8);
    }
}

const char *tls_name_format(const X509_NAME *name, struct arena *arena)
{
    struct buf out = BUF_MAX(NAME_MAX_BYTES);
    for (size_t i = 0; i < ARRAY_LEN(name_types); i++)
        add_known(&out, name, &name_types[i]);
    for (int i = X509_NAME_entry_count(name) - 1; i >= 0; i--) {
        const X509_NAME_ENTRY *entry = X509_NAME_get_entry(name, i);
        const ASN1_OBJECT *type = X509_NAME_ENTRY_get_object(entry);
        unsigned char *utf8;
        struct bytes value;
        if (is_known_type(OBJ_obj2nid(type)) || !entry_value(entry, &utf8, &value))
            continue;
        if (out.len > 0)
            buf_add_byte(&out, ',');
        add_other(&out, type, value);
        OPENSSL_free(utf8);
    }
    const char *text = arena_strndup(arena, buf_text(&out), out.len);
    buf_finish(&out);
    return text;
}

struct wall tls_time_read(const ASN1_TIME *time)
{
    struct tm tm;
    if (!time || ASN1_TIME_to_tm(time, &tm) != 1)
        return (struct wall){0};
    const struct civil c = {.year = tm.tm_year + 1900,
                            .month = tm.tm_mon + 1,
                            .day = tm.tm_mday,
                            .hour = tm.tm_hour,
                            .minute = tm.tm_min,
                            .second = tm.tm_sec};
    return wall_from_civil(&c);
}

static void add_ip(struct buf *out, const ASN1_OCTET_STRING *ip)
{
    const unsigned char *raw = ASN1_STRING_get0_data(ip);
    const int len = ASN1_STRING_length(ip);
    char text[INET6_ADDRSTRLEN];
    if ((len != 4 && len != 16) ||
        !inet_ntop(len == 4 ? AF_INET : AF_INET6, raw, text, sizeof(text)))
        return;
    if (out->len > 0)
        buf_add_byte(out, ',');
    buf_add_text(out, text);
}

static void read_alternatives(X509 *x, struct arena *arena, struct tls_cert *cert)
{
    struct buf names = BUF_MAX(NAMES_MAX_BYTES), addresses = BUF_MAX(NAMES_MAX_BYTES);
    GENERAL_NAMES *all = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(all); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(all, i);
        if (name->type == GEN_DNS) {
            if (names.len > 0)
                buf_add_byte(&names, ',');
            buf_add(&names, ASN1_STRING_get0_data(name->d.dNSName),
                    (size_t)ASN1_STRING_length(name->d.dNSName));
        } else if (name->type == GEN_IPADD) {
            add_ip(&addresses, name->d.iPAddress);
        }
    }
    GENERAL_NAMES_free(all);
    cert->names = arena_strndup(arena, buf_text(&names), names.len);
    cert->addresses = arena_strndup(arena, buf_text(&addresses), addresses.len);
    buf_finish(&names);
    buf_finish(&addresses);
}

static const char *hex(struct arena *arena, const unsigned char *raw, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    char *text = arena_alloc(arena, 2 * len + 1);
    for (size_t i = 0; i < len; i++) {
        text[2 * i] = digits[raw[i] >> 4];
        text[2 * i + 1] = digits[raw[i] & 15];
    }
    return text;
}

/* The number's bytes, so an even count of digits and no sign. */
static const char *serial_format(X509 *x, struct arena *arena)
{
    const ASN1_INTEGER *serial = X509_get0_serialNumber(x);
    const unsigned char *raw = ASN1_STRING_get0_data(serial);
    size_t len = (size_t)ASN1_STRING_length(serial);
    while (len > 0 && raw[0] == 0) {
        raw++;
        len--;
    }
    return hex(arena, raw, len);
}

void tls_cert_read(X509 *x, struct arena *arena, struct tls_cert *ret_cert)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    *ret_cert = (struct tls_cert){
        .subject = tls_name_format(X509_get_subject_name(x), arena),
        .issuer = tls_name_format(X509_get_issuer_name(x), arena),
        .serial = serial_format(x, arena),
        .not_before = tls_time_read(X509_get0_notBefore(x)),
        .not_after = tls_time_read(X509_get0_notAfter(x)),
        .is_ca = (X509_get_extension_flags(x) & EXFLAG_CA) != 0,
    };
    X509_digest(x, EVP_sha256(), digest, &len);
    ret_cert->fingerprint = hex(arena, digest, len);
    read_alternatives(x, arena, ret_cert);
}
