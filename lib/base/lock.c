/* SPDX-License-Identifier: Apache-2.0 */
/* Priority inheritance of POSIX mutexes, for whoever shares a lock with the loop. Nothing else of locking. */
#include "lib/base/lock.h"

void lock_init(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attr;

    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
    pthread_mutex_init(lock, &attr);
    pthread_mutexattr_destroy(&attr);
}
