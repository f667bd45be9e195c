/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every run may lean on: the loop and the things made once beside it. Made by collector/daemon.c (or
 * healthctl/frame_setup.c, or a test), lent to everybody, ends last.
 */
#ifndef HEALTHD_CORE_FRAME_H
#define HEALTHD_CORE_FRAME_H

struct loop;
struct pool;
struct resolver;
struct tls;
struct fetcher;
struct secrets;
struct budgets;

struct frame {
    struct loop *loop;
    struct pool *pool;
    struct resolver *resolver;
    struct tls *tls;
    struct fetcher *fetcher;
    struct secrets *secrets;
    struct budgets *budgets; /* NULL: nothing that costs may be used */
};

#endif
