/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Locks that the loop's thread shares with others.
 */
#ifndef HEALTHD_BASE_LOCK_H
#define HEALTHD_BASE_LOCK_H

#include <pthread.h>

/* A mutex whose holder runs with the priority of whoever waits for it: a loop that was put above everything else would
 * otherwise wait until a thread that nobody lets run gives it back. To be ended by pthread_mutex_destroy. */
void lock_init(pthread_mutex_t *lock);

#endif
