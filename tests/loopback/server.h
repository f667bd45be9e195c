/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A peer of one connection for the loopback tests: listens on 127.0.0.1 (a port of the kernel's choice) or on a
 * path, accepts once on a thread, and then does what the test says with the descriptor.
 */
#ifndef HEALTHD_TESTS_LOOPBACK_SERVER_H
#define HEALTHD_TESTS_LOOPBACK_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct server {
    int listener, port;
    pthread_t thread;
    bool is_running;
    void (*serve)(struct server *s, int fd); /* closes fd */
    void *ctx;
};

static inline void *server_body(void *arg)
{
    struct server *s = arg;
    const int fd = accept(s->listener, NULL, NULL);
    if (fd >= 0)
        s->serve(s, fd);
    return NULL;
}

/* serve NULL: listens, and never accepts. */
static inline void server_start(struct server *s, void (*serve)(struct server *s, int fd))
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);
    s->serve = serve;
    s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(s->listener, (struct sockaddr *)&at, len) != 0 ||
        listen(s->listener, 16) != 0)
        abort();
    getsockname(s->listener, (struct sockaddr *)&at, &len);
    s->port = ntohs(at.sin_port);
    s->is_running = serve != NULL;
    if (serve && pthread_create(&s->thread, NULL, server_body, s) != 0)
        abort();
}

static inline void server_start_unix(struct server *s, const char *path,
                                     void (*serve)(struct server *s, int fd))
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
    s->serve = serve;
    s->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(s->listener, (struct sockaddr *)&at, sizeof(at)) != 0 ||
        listen(s->listener, 16) != 0)
        abort();
    s->is_running = serve != NULL;
    if (serve && pthread_create(&s->thread, NULL, server_body, s) != 0)
        abort();
}

static inline void server_stop(struct server *s)
{
    shutdown(s->listener, SHUT_RDWR); /* an accept that waits returns */
    if (s->is_running)
        pthread_join(s->thread, NULL);
    close(s->listener);
}

/* Waits until the other side closed. */
static inline void server_wait_end(int fd)
{
    char bytes[4096];
    while (read(fd, bytes, sizeof(bytes)) > 0)
        ;
    close(fd);
}

#endif
