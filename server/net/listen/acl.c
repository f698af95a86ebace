/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/listen/acl.h"

#include <endian.h>
#include <errno.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdint.h>
#include <sys/xattr.h>

enum { READ_AND_WRITE = ACL_READ | ACL_WRITE };
static const unsigned no_id = (unsigned)ACL_UNDEFINED_ID; /* the kernel's -1, in a field without a sign */

static struct posix_acl_xattr_entry entry(unsigned tag, unsigned permissions, unsigned id) {
	return (struct posix_acl_xattr_entry){.e_tag = htole16((uint16_t)tag),
		.e_perm = htole16((uint16_t)permissions),
		.e_id = htole32(id)};
}

int listen_acl_let_group_in(const char *path, gid_t group) {
	struct {
		struct posix_acl_xattr_header header;
		struct posix_acl_xattr_entry entries[5];
	} list = {
		.header.a_version = htole32(POSIX_ACL_XATTR_VERSION),
		.entries = {entry(ACL_USER_OBJ, READ_AND_WRITE, no_id), entry(ACL_GROUP_OBJ, 0, no_id),
			entry(ACL_GROUP, READ_AND_WRITE, group), entry(ACL_MASK, READ_AND_WRITE, no_id),
			entry(ACL_OTHER, 0, no_id)},
	};
	return lsetxattr(path, "system.posix_acl_access", &list, sizeof list, 0) ? -errno : 0;
}
