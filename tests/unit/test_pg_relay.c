/* SPDX-License-Identifier: Apache-2.0 */
/* What stands between a server and libpq: how much passes at once, both ways, and how an end is told. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/core/pg_impl.h"

#define PORTION_MAX (32 << 10)

struct parties {
    struct pg_relay relay;
    int server; /* the server's end */
    int libpq;  /* what libpq reads and writes */
};

static void connect_by_tcp(int pair[2])
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof(at);
    const int listener = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(bind(listener, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len), 0);
    pair[0] = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(pair[0], (struct sockaddr *)&at, sizeof(at)), 0);
    pair[1] = accept(listener, NULL, NULL);
    close(listener);
    for (int i = 0; i < 2; i++)
        assert_int_equal(fcntl(pair[i], F_SETFL, O_NONBLOCK), 0);
}

static struct parties meet(void)
{
    struct parties p = {.relay = {0}};
    int pair[2];

    connect_by_tcp(pair);
    p.server = pair[0];
    p.libpq = pair[1];
    assert_true(pg_relay_begin(&p.relay, p.libpq));
    return p;
}

static void part(struct parties *p)
{
    close(p->libpq);
    pg_relay_end(&p->relay);
    if (p->server >= 0)
        close(p->server);
}

/* As much as the kernel takes. */
static size_t pour(int fd)
{
    static char much[1 << 20];
    size_t sum = 0;
    ssize_t sent;

    while ((sent = send(fd, much, sizeof(much), MSG_NOSIGNAL)) > 0)
        sum += (size_t)sent;
    return sum;
}

static void a_server_that_pours_is_read_in_portions(void **state)
{
    struct parties p = meet();
    static char read[PORTION_MAX * 2];

    (void)state;
    assert_true(pour(p.server) > PORTION_MAX * 2);
    for (int i = 0; i < 3; i++) {
        const size_t taken = pg_relay_take(&p.relay);
        assert_in_range(taken, 1, PORTION_MAX);
        assert_int_equal(pg_relay_untaken(&p.relay, p.libpq), taken);
        /* libpq finds no more than that, however fast the server is. */
        pour(p.server);
        assert_int_equal(recv(p.libpq, read, sizeof(read), 0), taken);
        assert_int_equal(recv(p.libpq, read, sizeof(read), 0), -1);
        assert_int_equal(errno, EAGAIN);
        assert_int_equal(pg_relay_untaken(&p.relay, p.libpq), 0);
    }
    part(&p);
}

static void what_libpq_writes_is_sent_when_there_is_room(void **state)
{
    struct parties p = meet();
    static char read[1 << 20];
    ssize_t got;
    size_t received = 0;

    (void)state;
    const size_t in_the_way = pour(p.relay.server);
    assert_int_equal(send(p.libpq, "question", 8, 0), 8);
    assert_false(pg_relay_send(&p.relay));
    while (received < in_the_way) {
        got = recv(p.server, read, sizeof(read), 0);
        received += got > 0 ? (size_t)got : 0;
    }
    while (!pg_relay_send(&p.relay))
        continue;
    while ((got = recv(p.server, read, sizeof(read), 0)) < 0)
        continue;
    assert_int_equal(got, 8);
    assert_memory_equal(read, "question", 8);
    part(&p);
}

static void a_goodbye_is_sent_at_the_end(void **state)
{
    struct parties p = meet();
    char read[8];
    ssize_t got;

    (void)state;
    assert_int_equal(send(p.libpq, "X", 1, 0), 1);
    close(p.libpq);
    pg_relay_end(&p.relay);
    pg_relay_end(&p.relay); /* once is enough */
    while ((got = recv(p.server, read, sizeof(read), 0)) < 0)
        continue;
    assert_int_equal(got, 1);
    assert_int_equal(read[0], 'X');
    assert_int_equal(recv(p.server, read, sizeof(read), 0), 0);
    close(p.server);
}

static void an_end_comes_after_what_was_said(void **state)
{
    static const struct {
        struct linger linger;
        int failed;
    } ends[] = {{{0}, 0}, {{.l_onoff = 1}, ECONNRESET}};
    char read[16];

    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        struct parties p = meet();
        assert_int_equal(send(p.server, "last words", 10, 0), 10);
        assert_int_equal(pg_relay_take(&p.relay), 10);
        setsockopt(p.server, SOL_SOCKET, SO_LINGER, &ends[i].linger,
                   sizeof(ends[i].linger));
        close(p.server);
        p.server = -1;
        assert_int_equal(pg_relay_take(&p.relay), 0);
        assert_int_equal(p.relay.failed, ends[i].failed);
        assert_int_equal(recv(p.libpq, read, sizeof(read), 0), 10);
        assert_int_equal(recv(p.libpq, read, sizeof(read), 0), 0);
        part(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_server_that_pours_is_read_in_portions),
        cmocka_unit_test(what_libpq_writes_is_sent_when_there_is_room),
        cmocka_unit_test(a_goodbye_is_sent_at_the_end),
        cmocka_unit_test(an_end_comes_after_what_was_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
