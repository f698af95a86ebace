/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server/net/listen/unix.h"

#include <errno.h>
#include <grp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "server/folder.h"
#include "server/net/listen/acl.h"
#include "server/socket_file.h"

#define NO_GROUP ((gid_t)-1) /* chown(2) leaves the group as it is */

enum { OWNER_ONLY = 0600, OWNER_AND_GROUP = 0660 };

/* `given`: set if the mode was written there. */
static int parse_unix(const char *what, struct sockaddr_un *address, mode_t *mode, bool *given) {
	const char *comma = strstr(what, ",mode=");
	size_t length = comma ? (size_t)(comma - what) : strlen(what);
	if (!length)
		return -EINVAL;
	if (length >= sizeof address->sun_path)
		return -ENAMETOOLONG;
	address->sun_family = AF_UNIX;
	memcpy(address->sun_path, what, length);
	*given = comma;
	if (!comma)
		return 0;
	char *end;
	unsigned long value = strtoul(comma + 6, &end, 8);
	if (end == comma + 6 || *end || value > 0777)
		return -EINVAL;
	*mode = (mode_t)value;
	return 0;
}

/* Creates the socket for its owner alone until chmod(): nobody else may connect before that. */
static int bind_unix(int fd, const struct sockaddr_un *address) {
	mode_t mask = umask(0177);
	int error = bind(fd, (const struct sockaddr *)address, sizeof *address) ? -errno : 0;
	umask(mask);
	return error;
}

/* Gives a bound socket to its group, and opens it to everybody that its mode lets in. A process that may not
 * chown(), such as root under our unit, may still let a group in by an access control list. */
static int open_up(const char *path, gid_t group, mode_t mode) {
	struct stat status;
	if (group == NO_GROUP || (lstat(path, &status) == 0 && status.st_gid == group) ||
		lchown(path, (uid_t)-1, group) == 0)
		return chmod(path, mode) ? -errno : 0;
	return listen_acl_let_group_in(path, group) ? -EPERM : 0;
}

static int listen_unix(
	const struct sockaddr_un *address, gid_t group, mode_t mode, struct listener_sockets *sockets) {
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	int error = bind_unix(fd, address);
	bool bound = !error;
	if (!error)
		error = open_up(address->sun_path, group, mode);
	if (!error && listen(fd, LISTEN_BACKLOG))
		error = -errno;
	struct listener_socket *socket = error ? NULL : listener_add(sockets, fd);
	if (!error && !socket)
		error = -ENOMEM;
	if (error) {
		close(fd);
		if (bound)
			unlink(address->sun_path);
		return error;
	}
	strcpy(socket->path, address->sun_path);
	return 0;
}

static int explain_syntax(int error, const char *what, struct reason *reason) {
	if (error == -ENAMETOOLONG)
		return reason_set(reason, error,
			"give a shorter path with --listen: %s is too long for a socket", what + 5);
	return error ? reason_set(reason, error, "--listen=%s: expected unix:PATH[,mode=0600]", what) : 0;
}

int listen_unix_check(const char *what, struct reason *reason) {
	struct sockaddr_un address = {0};
	mode_t mode = OWNER_ONLY;
	bool given;
	return explain_syntax(parse_unix(what + 5, &address, &mode, &given), what, reason);
}

int listen_unix_open(const char *what, struct listener_sockets *sockets, struct reason *reason) {
	struct sockaddr_un address = {0};
	mode_t mode = OWNER_ONLY;
	bool given;
	int error = explain_syntax(parse_unix(what + 5, &address, &mode, &given), what, reason);
	if (error)
		return error;
	bool grouped = sockets->grouped && !given;
	if (!given)
		mode = grouped ? OWNER_AND_GROUP : OWNER_ONLY;
	socket_file_clear(address.sun_path); /* if the file stays, bind() reports that */
	error = listen_unix(&address, grouped ? sockets->group : NO_GROUP, mode, sockets);
	if (error == -EPERM && grouped)
		return reason_set(reason, error,
			"cannot give %s to the group of --socket-group (number %u): that takes root, a member of the group, or access control lists and a group with a number in this user namespace; for the systemd unit, SupplementaryGroups= with the group (systemctl edit zerovnc)",
			what + 5, (unsigned)sockets->group);
	return error ? listener_explain(error, what, reason) : 0;
}

int listen_unix_set_group(struct listener_sockets *sockets, const char *name, struct reason *reason) {
	struct group entry, *found = NULL;
	char *end, room[64 << 10]; /* has room for the names of all members */
	int error = getgrnam_r(name, &entry, room, sizeof room, &found);
	errno = 0;
	unsigned long number = strtoul(name, &end, 10);
	bool is_number = !errno && !*end && name[0] >= '0' && name[0] <= '9' && number < UINT32_MAX;
	if (!found && error && !is_number)
		return reason_set(reason, -error, "--socket-group: '%s' cannot be looked up: %s", name,
			strerror(error));
	if (!found && !is_number)
		return reason_set(reason, -EINVAL,
			"--socket-group: this machine has no group '%s' (groupadd makes one)", name);
	sockets->grouped = true;
	sockets->group = found ? found->gr_gid : (gid_t)number;
	return 0;
}

/* --- the default unix socket --- */

int listen_unix_open_default(struct listener_sockets *sockets, struct reason *reason) {
	char folder[FOLDER_PATH], what[sizeof folder + 16];
	int made = folder_make_runtime(folder, sizeof folder, reason);
	if (made < 0)
		return made;
	snprintf(what, sizeof what, "unix:%s/vnc.sock", folder);
	int error = listen_unix_open(what, sockets, reason);
	if (!error)
		sockets->list[sockets->count - 1].folder_made = made;
	else if (made)
		rmdir(folder);
	return error;
}
