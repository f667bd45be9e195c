/* SPDX-License-Identifier: Apache-2.0 */
/* Echo requests as bytes, and which packets are the reply to one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/base/attr.h"
#include "probes/icmp.h"

static void requests_have_a_right_checksum(void **state UNUSED)
{
    static const struct {
        struct icmp_echo echo;
        size_t len;
        unsigned char kind;
    } cases[] = {
        {{.family = 4, .id = 0x1234, .sequence = 1}, 36, 8},
        {{.family = 4, .id = 0xffff, .sequence = 0xffff, .payload = 1}, 9, 8},
        {{.family = 4, .payload = 100}, 108, 8},
        {{.family = 4, .payload = ICMP_MAX_PAYLOAD}, 65515, 8},
        {{.family = 6, .id = 7, .sequence = 9}, 36, 128},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct buf out = BUF_MAX(ICMP_MAX_PACKET);
        uint32_t sum = 0;
        icmp_request(&cases[i].echo, &out);
        assert_int_equal(out.len, cases[i].len);
        assert_int_equal((unsigned char)out.ptr[0], cases[i].kind);
        for (size_t k = 0; k < out.len; k++)
            sum += (uint32_t)(unsigned char)out.ptr[k] << (k % 2 ? 0 : 8);
        while (sum >> 16)
            sum = (sum & 0xffff) + (sum >> 16);
        assert_int_equal(sum, 0xffff);
        buf_finish(&out);
    }
}

/* The request with another first byte is its reply; then something is wrong with it. */
static void only_the_reply_is_one(void **state UNUSED)
{
    static const struct {
        int family;
        bool is_raw;
        int ip_header; /* bytes put before it; its length field says 20 */
        size_t at;     /* of the byte that is changed; 0: none */
        size_t cut;    /* bytes left out at the end */
        bool expected;
    } cases[] = {
        {4, false, 0, 0, 0, true},   {6, false, 0, 0, 0, true},
        {6, true, 0, 0, 0, true},    {4, true, 20, 0, 0, true},
        {4, true, 0, 0, 0, false},  /* no IP header */
        {4, true, 12, 0, 0, false}, /* not all of it */
        {4, false, 0, 1, 0, false}, /* a code */
        {4, false, 0, 4, 0, true},  /* an id of the kernel's */
        {6, true, 0, 4, 0, false},   {4, true, 20, 24, 0, false},
        {4, false, 0, 6, 0, false}, /* a sequence number far away */
        {4, false, 0, 20, 0, false}, {4, false, 0, 0, 1, false},
        {4, false, 0, 0, 36, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct icmp_echo echo = {
            .family = cases[i].family, .id = 0x0102, .sequence = 0x0003};
        struct buf request = BUF_MAX(100), packet = BUF_MAX(200);
        uint16_t sequence = 0;
        icmp_request(&echo, &request);
        request.ptr[0] = (char)(echo.family == 4 ? 0 : 129);
        for (int k = 0; k < cases[i].ip_header; k++)
            buf_add_byte(&packet, k ? 0 : 0x45);
        buf_add(&packet, request.ptr, request.len - cases[i].cut);
        if (cases[i].at)
            packet.ptr[cases[i].at] ^= 0x40;
        const bool found =
            icmp_is_reply(&echo, cases[i].is_raw, buf_bytes(&packet), 0xfffe, &sequence);
        if (found != cases[i].expected)
            fail_msg("case %zu", i);
        assert_int_equal(sequence, found ? 3 : 0);
        buf_finish(&request);
        buf_finish(&packet);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_have_a_right_checksum),
        cmocka_unit_test(only_the_reply_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
