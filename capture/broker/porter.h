/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * porter: connects for a server that may open no unix sockets of its own, so that whoever takes it over
 * reaches no other service of the machine. The porter is a process that the server leaves behind when it
 * gives up that right. It connects to the sockets that it was told of at the start, and hands over the
 * connections.
 */
#ifndef ZEROVNC_BROKER_PORTER_H
#define ZEROVNC_BROKER_PORTER_H

#include <stddef.h>

enum { PORTER_PATHS = 3 };

/* The same as entrance_connect(), by the porter once there is one. -EACCES: the porter was not told of this
 * path. -ESHUTDOWN: the porter has ended. Any thread. */
int porter_connect(const char *path, int patience_s, int *fd);

/* From now on the process at the other end of this SOCK_SEQPACKET socket, which was given the same paths, is
 * asked. Takes ownership of the socket; the paths are borrowed until the program ends. To be called before
 * there are threads. */
void porter_use(int fd, const char *const *paths, size_t count);

/* In that process: answers until the other end is closed. */
void porter_serve(int fd, const char *const *paths, size_t count);

#endif
