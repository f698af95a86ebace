/* SPDX-License-Identifier: GPL-2.0-or-later */
/* thread: threads that never receive a signal. Signals are for the main thread. */
#ifndef ZEROVNC_THREAD_H
#define ZEROVNC_THREAD_H

#include <pthread.h>

/* Starts a thread with every signal blocked. If `attributes` is NULL, it is joinable and has the usual stack.
 * 0 or -errno. */
int thread_start(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *data), void *data);

#endif
