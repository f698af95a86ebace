/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resize: `zerovnc resize` gives the monitor that zerovnc has made another size (capture/monitor). */
#ifndef ZEROVNC_RESIZE_H
#define ZEROVNC_RESIZE_H

/* `size` is "1600x900". Or it is "-": standard input is a connection of server/session/resizer, which gets
 * the answer. Returns the exit status. */
int resize_run(const char *size);

#endif
