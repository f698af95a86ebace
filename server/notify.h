/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * notify: what the service manager is told, by the protocol of sd_notify(3): datagrams to the socket that
 * NOTIFY_SOCKET names. Where no manager asked for it nothing is sent, and that is no error. Any thread.
 */
#ifndef ZEROVNC_NOTIFY_H
#define ZEROVNC_NOTIFY_H

#include <stdint.h>

/* Sends assignments, one a line: "READY=1". 0, or -errno: the socket cannot be written to. */
int notify_send(const char *assignments);

/* One line for people, for `systemctl status`; what is not printable in it is escaped. Errors as above. */
int notify_status(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Within how many milliseconds the manager wants to hear WATCHDOG=1 of this process again; 0: it does not. */
uint64_t notify_watchdog_ms(void);

#endif
