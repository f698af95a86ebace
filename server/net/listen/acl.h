/* SPDX-License-Identifier: GPL-2.0-or-later */
/* acl: lets a group in through an access control list, acl(5). */
#ifndef ZEROVNC_LISTEN_ACL_H
#define ZEROVNC_LISTEN_ACL_H

#include <sys/types.h>

/* Lets the members of the group, and nobody else, read and write a file of this user's. Returns 0 or -errno;
 * -EOPNOTSUPP if the file system has no access control lists. */
int listen_acl_let_group_in(const char *path, gid_t group);

#endif
