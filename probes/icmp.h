/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the icmp probe share; nobody else includes it. icmp.c moves a run; icmp_packet.c knows the bytes of an
 * echo; icmp_socket.c what the kernel lets us open, and whom it says is unreachable; icmp_emit.c what is shown of a run.
 */
#ifndef HEALTHD_PROBES_ICMP_H
#define HEALTHD_PROBES_ICMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/bytes.h"
#include "lib/base/err.h"
#include "lib/core/expr.h"
#include "lib/core/loop.h"
#include "lib/core/metric.h"
#include "lib/core/opt.h"
#include "lib/core/reason.h"
#include "lib/core/resolve.h"
#include "lib/core/run.h"

#define ICMP_HEADER_BYTES 8
#define ICMP_MAX_PAYLOAD 65507 /* with its headers in one IPv4 packet */
#define ICMP_MAX_PACKET (ICMP_MAX_PAYLOAD + ICMP_HEADER_BYTES + 60)
#define ICMP_MAX_COUNT 100

struct icmp_echo {
    int family; /* 4 or 6 */
    uint16_t id, sequence;
    size_t payload; /* bytes; 0: the text alone */
};

/* A whole request, behind no IP header. */
void icmp_request(const struct icmp_echo *echo, struct buf *out);
/* Whether a packet is the reply to such a request. is_raw: it comes as from a raw socket, with an IPv4 header, and with the
 * id that was sent; else the kernel has its own ids. ret_sequence: which one of those up to echo->sequence it answers. */
bool icmp_is_reply(const struct icmp_echo *echo, bool is_raw, struct bytes packet,
                   uint16_t first, uint16_t *ret_sequence);

struct icmp_how {
    const struct address *to;
    const char *source; /* "" for any */
    int64_t ttl;        /* 0: the system's */
    bool dont_fragment;
};

struct icmp_socket {
    int fd;
    bool is_raw;
};
enum icmp_opened { ICMP_OPENED, ICMP_NOT_ALLOWED, ICMP_NO_ROUTE, ICMP_FAILED };
/* An unprivileged ping socket, else a raw one, connected to the target. */
enum icmp_opened icmp_open(const struct icmp_how *how, struct icmp_socket *ret_socket,
                           struct err *e);
/* One packet from the target. 0: there is none now. -1: ret_reason and e tell what the network says. */
ptrdiff_t icmp_receive(const struct icmp_socket *s, const struct address *from,
                       char *into, size_t size, int *ret_ttl, enum reason *ret_reason,
                       struct err *e);

struct icmp_conf {
    const char *address, *source;
    int64_t payload_size, ttl, count;
    nsec packet_interval;
    bool dont_fragment, fallback;
    int family; /* enum ip_family: prefer 4 or 6 */
};

struct icmp_state {
    struct query *query;
    struct icmp_socket socket;
    struct watch *watch; /* NULL: no socket is open */
    struct timer *timer;
    struct address to;
    struct icmp_echo echo; /* the last that was sent */
    uint16_t first;
    int64_t sent, received;
    struct mono sent_at[ICMP_MAX_COUNT];
    bool got[ICMP_MAX_COUNT];
    nsec rtt, setup; /* rtt: of all that came, together */
    struct mono setup_since;
    char *packet; /* ICMP_MAX_PACKET bytes to receive into */
    int ttl;      /* of the last reply; -1: not told */
};

/* icmp_options.c */
extern const struct opt icmp_opts[];
bool icmp_validate(void *conf, struct arena *arena, struct err *e);

/* icmp_emit.c */
extern const struct metric *const icmp_metrics[];
extern const struct var icmp_vars[];
void icmp_report(struct run *run);

#endif
