/* SPDX-License-Identifier: Apache-2.0 */
/* The words of DNS: record types, classes and answer codes, as IANA lists them. Called by whoever writes or reads one. */
#include <string.h>

#include "lib/base/attr.h"
#include "lib/core/dns_message.h"

struct word {
    const char *name;
    int number;
};

static const struct word types[] = {
    {"A", 1},           {"NS", 2},          {"MD", 3},        {"MF", 4},
    {"CNAME", 5},       {"SOA", 6},         {"MB", 7},        {"MG", 8},
    {"MR", 9},          {"NULL", 10},       {"PTR", 12},      {"HINFO", 13},
    {"MINFO", 14},      {"MX", 15},         {"TXT", 16},      {"RP", 17},
    {"AFSDB", 18},      {"X25", 19},        {"ISDN", 20},     {"RT", 21},
    {"SIG", 24},        {"KEY", 25},        {"PX", 26},       {"GPOS", 27},
    {"AAAA", 28},       {"LOC", 29},        {"NXT", 30},      {"EID", 31},
    {"NIMLOC", 32},     {"SRV", 33},        {"NAPTR", 35},    {"KX", 36},
    {"CERT", 37},       {"DNAME", 39},      {"OPT", 41},      {"APL", 42},
    {"DS", 43},         {"SSHFP", 44},      {"IPSECKEY", 45}, {"RRSIG", 46},
    {"NSEC", 47},       {"DNSKEY", 48},     {"DHCID", 49},    {"NSEC3", 50},
    {"NSEC3PARAM", 51}, {"TLSA", 52},       {"SMIMEA", 53},   {"HIP", 55},
    {"NINFO", 56},      {"RKEY", 57},       {"TALINK", 58},   {"CDS", 59},
    {"CDNSKEY", 60},    {"OPENPGPKEY", 61}, {"CSYNC", 62},    {"ZONEMD", 63},
    {"SVCB", 64},       {"HTTPS", 65},      {"SPF", 99},      {"NID", 104},
    {"L32", 105},       {"L64", 106},       {"LP", 107},      {"EUI48", 108},
    {"EUI64", 109},     {"TKEY", 249},      {"TSIG", 250},    {"IXFR", 251},
    {"AXFR", 252},      {"MAILB", 253},     {"MAILA", 254},   {"ANY", 255},
    {"URI", 256},       {"CAA", 257},       {"AVC", 258},     {"TA", 32768},
    {"DLV", 32769},
};

static const struct word classes[] = {
    {"IN", 1}, {"CS", 2}, {"CH", 3}, {"HS", 4}, {"NONE", 254}, {"ANY", 255},
};

static const struct word rcodes[] = {
    {"NOERROR", 0}, {"FORMERR", 1},   {"SERVFAIL", 2},   {"NXDOMAIN", 3},
    {"NOTIMP", 4},  {"REFUSED", 5},   {"YXDOMAIN", 6},   {"YXRRSET", 7},
    {"NXRRSET", 8}, {"NOTAUTH", 9},   {"NOTZONE", 10},   {"BADSIG", 16},
    {"BADKEY", 17}, {"BADTIME", 18},  {"BADMODE", 19},   {"BADNAME", 20},
    {"BADALG", 21}, {"BADTRUNC", 22}, {"BADCOOKIE", 23},
};

static bool find(const struct word *words, size_t count, const char *name,
                 int *ret_number)
{
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(words[i].name, name)) {
            *ret_number = words[i].number;
            return true;
        }
    }
    return false;
}

static const char *name_of(const struct word *words, size_t count, int number,
                           const char *other, struct arena *arena)
{
    for (size_t i = 0; i < count; i++) {
        if (words[i].number == number)
            return words[i].name;
    }
    return arena_printf(arena, "%s%d", other, number);
}

/* RFC 3597: TYPE65280, CLASS7. */
static bool find_numbered(const char *word, const char *prefix, int *ret_number)
{
    const struct bytes all = bytes_of(word);
    uint64_t number;

    if (!bytes_starts(all, prefix) ||
        !bytes_to_u64(bytes_slice(all, strlen(prefix), all.len), &number) ||
        number > UINT16_MAX)
        return false;
    *ret_number = (int)number;
    return true;
}

bool dns_type_find(const char *word, uint16_t *ret_type)
{
    int number;

    if (!find(types, ARRAY_LEN(types), word, &number) &&
        !find_numbered(word, "TYPE", &number))
        return false;
    *ret_type = (uint16_t)number;
    return true;
}

bool dns_class_find(const char *word, uint16_t *ret_class)
{
    int number;

    if (!find(classes, ARRAY_LEN(classes), word, &number) &&
        !find_numbered(word, "CLASS", &number))
        return false;
    *ret_class = (uint16_t)number;
    return true;
}

bool dns_rcode_find(const char *word, int *ret_rcode)
{
    return find(rcodes, ARRAY_LEN(rcodes), word, ret_rcode);
}

const char *dns_type_name(uint16_t type, struct arena *arena)
{
    return name_of(types, ARRAY_LEN(types), type, "TYPE", arena);
}

const char *dns_class_name(uint16_t class, struct arena *arena)
{
    return name_of(classes, ARRAY_LEN(classes), class, "CLASS", arena);
}

const char *dns_rcode_name(int rcode, struct arena *arena)
{
    return name_of(rcodes, ARRAY_LEN(rcodes), rcode, "RCODE", arena);
}
