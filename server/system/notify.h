/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notify: tells the service manager about the server, by the protocol of sd_notify(3): datagrams to the
 * socket that NOTIFY_SOCKET names. If no manager asked for them, nothing is sent, and that is no error. Any
 * thread.
 */
#ifndef ZEROVNC_NOTIFY_H
#define ZEROVNC_NOTIFY_H

#include <stdint.h>

/* Opens the socket to the manager, if there is one, for good. To be called before there are threads, and
 * before the server gives up what that takes. */
void notify_prepare(void);

/* Sends assignments such as "READY=1", one a line. 0, or -errno if the socket could not be opened or cannot
 * be written to. */
int notify_send(const char *assignments);

/* Sends one line for people, which `systemctl status` shows. Characters that are not printable are escaped. 0
 * or -errno as above. */
int notify_status(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Says that the settings are being read again. READY=1 ends that. Results as above. */
int notify_reloading(void);

/* Returns within how many milliseconds the manager wants the next WATCHDOG=1 of this process. 0: it wants
 * none. */
uint64_t notify_watchdog_ms(void);

#endif
